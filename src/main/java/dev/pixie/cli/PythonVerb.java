package dev.pixie.cli;

import dev.pixie.PythonSetupException;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.ShippedFiles;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import sun.misc.Signal;

@Command(
        name = "python",
        customSynopsis = "pixie python [ARGUMENTS...]",
        description = {
            "Runs the Python that Pixie runs on, with the package 'pixie' on its path.",
            "",
            "Every argument is Python's; the exit code is Python's, too. $$PIXIE_PYTHON names another Python."
        },
        footer = {
            "",
            "Examples:",
            "  pixie python",
            "  pixie python -c \"import pixie; print(len(pixie.open('default')))\"",
            "  pixie python -m pytest tests"
        })
final class PythonVerb extends Verb {
    @Parameters(paramLabel = "ARGUMENTS", arity = "0..*", description = "What Python is started with.")
    private List<String> arguments = new ArrayList<>();

    @Override
    int run(Console console) {
        SetupDialog.offer(Optional.empty(), console);
        // not find(): an environment that lacks a package is repaired with its own Python
        PythonEnvironment python = PythonEnvironment.locate(Optional.empty());
        List<String> command = new ArrayList<>();
        command.add(python.executable().toString());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        putOnPath(builder.environment(), ShippedFiles.pythonTree().toString());
        // Ctrl-C reaches every process of the terminal; what it means is for Python to say
        Signal.handle(new Signal("INT"), signal -> {});
        try {
            Process process = builder.start();
            Signal.handle(new Signal("TERM"), signal -> process.destroy());
            return process.waitFor();
        } catch (IOException e) {
            throw new PythonSetupException(
                    "Can't run " + python.executable() + ": " + e.getMessage(), "run: pixie doctor", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ExitCode.INTERRUPTED;
        }
    }

    private static void putOnPath(Map<String, String> environment, String folder) {
        environment.merge(
                "PYTHONPATH", folder, (old, first) -> old.isEmpty() ? first : first + File.pathSeparator + old);
    }
}
