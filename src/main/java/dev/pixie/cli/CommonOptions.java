package dev.pixie.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that every verb takes. */
final class CommonOptions {
    @Option(
            names = "--python",
            paramLabel = "PATH",
            description = "The Python to run on: an interpreter or the folder of a virtual environment."
                    + " Unless given: $$PIXIE_PYTHON, else what 'pixie setup' made.")
    private @Nullable Path python;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Colours: auto, always or never. auto also obeys $$NO_COLOR.")
    private Console.Color color = Console.Color.AUTO;

    @Option(names = "--verbose", description = "Show the stack of an error.")
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    Optional<Path> python() {
        return Optional.ofNullable(python);
    }

    Console.Color color() {
        return color;
    }

    boolean verbose() {
        return verbose;
    }
}
