package dev.pixie.cli;

import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** What {@code pixie}, {@code pixie help} and {@code pixie VERB --help} print. */
final class Help {
    private static final int WIDEST = 100;

    private Help() {}

    /** Runs {@code pixie help [VERB]}. */
    static int run(String[] words, Console console) {
        if (words.length < 2) {
            print(console);
            return ExitCode.DONE;
        }
        Optional<VerbName> name = VerbName.of(words[1]);
        if (name.isEmpty()) {
            console.error("there is no verb '" + TextWidth.printable(words[1]) + "'; see: pixie help");
            return ExitCode.USAGE;
        }
        Verb verb = name.get().create();
        Grammar.of(name.get(), verb);
        print(verb, console);
        return ExitCode.DONE;
    }

    /** The page about one verb. */
    static void print(Verb verb, Console console) {
        CommandLine grammar = verb.spec().commandLine();
        grammar.setUsageHelpWidth(console.resultsOnTerminal() ? Math.min(WIDEST, console.width()) : WIDEST);
        Ansi ansi = console.resultsInColor() ? Ansi.ON : Ansi.OFF;
        console.result(grammar.getUsageMessage(ansi).stripTrailing());
    }

    /** The first page. */
    private static void print(Console console) {
        console.result(
                console.styled(Style.BOLD, "Pixie") + " finds pictures and texts by meaning, on your own machine.");
        title(console, "Try it");
        example(console, "pixie demo", "a first look, without a download");
        title(console, "Use it");
        example(console, "pixie index ~/Pictures", "once, and again when pictures were added");
        example(console, "pixie search \"a dog on a beach\"", "words for what you are looking for");
        example(console, "pixie search @holiday.jpg", "more like this picture");
        example(console, "pixie search @holiday.jpg snow --minus people", "terms add up, or are taken away");
        title(console, "Verbs");
        for (VerbName verb : VerbName.values()) {
            console.result("  " + console.styled(Style.CYAN, TextWidth.padEnd(verb.word(), 12)) + verb.summary());
        }
        console.result("");
        console.result("  pixie VERB --help tells more; pixie --version tells the version.");
    }

    private static void title(Console console, String title) {
        console.result("");
        console.result(console.styled(Style.BOLD, title));
    }

    private static void example(Console console, String command, String purpose) {
        console.result("  " + console.styled(Style.CYAN, TextWidth.padEnd(command, 48)) + purpose);
    }
}
