package dev.pixie.cli;

import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** How a verb sums up what it did: in a line of words wherever it goes, or as a JSON object where that is asked for. */
final class SummaryOutput {
    @Option(names = "--json", description = "Print the report as JSON.")
    private boolean json;

    boolean isJson() {
        return json;
    }

    void print(Console console, Supplier<String> asJson, Supplier<String> asText) {
        console.result(json ? asJson.get() : asText.get());
    }
}
