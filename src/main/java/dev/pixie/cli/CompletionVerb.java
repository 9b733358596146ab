package dev.pixie.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        description = "Prints the script that lets a shell complete verbs and options.",
        footer = {
            "",
            "Examples:",
            "  source <(pixie completion bash)                            (this shell only)",
            "  pixie completion bash > ~/.local/share/bash-completion/completions/pixie",
            "  echo 'source <(pixie completion zsh)' >> ~/.zshrc"
        })
final class CompletionVerb extends VerbWithOptions {
    /** The shells with completion; one script serves both, zsh through its bashcompinit. */
    enum Shell {
        BASH,
        ZSH
    }

    @Parameters(
            paramLabel = "SHELL",
            arity = "0..1",
            defaultValue = "bash",
            description = "bash or zsh. Unless given: bash.")
    private Shell shell = Shell.BASH;

    @Override
    int run(Console console) {
        if (shell == Shell.ZSH) {
            console.result("autoload -U +X compinit && compinit");
        }
        console.result(AutoComplete.bash("pixie", Grammar.ofAllVerbs()).stripTrailing());
        return ExitCode.DONE;
    }
}
