package dev.pixie.cli;

import picocli.CommandLine.Option;

/** How a verb shows how far it is with many items. */
final class ProgressOption {
    @Option(
            names = "--progress",
            paramLabel = "KIND",
            defaultValue = "auto",
            description = "Progress on standard error: auto (a bar, on a terminal), json (an object a line) or none.")
    private IndexProgress.Kind kind = IndexProgress.Kind.AUTO;

    /** Progress that is shown until it is closed; {@code label} says what is done. */
    IndexProgress show(Console console, String label) {
        return IndexProgress.of(kind, console, label);
    }
}
