package dev.pixie.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** How a report is printed: as text for a person, as one JSON object for a program. */
final class ReportOutput {
    @Option(names = "--json", description = "Print one JSON object, as is done into a pipe or file.")
    private boolean json;

    /** Prints a report as JSON where that is asked for or results go into a pipe or file, else as text. */
    void print(Console console, Supplier<String> asJson, Runnable asText) {
        if (json || !console.resultsOnTerminal()) {
            console.result(asJson.get());
        } else {
            asText.run();
        }
    }
}
