package dev.pixie.cli;

import dev.pixie.Hit;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** How hits are printed: a table for a person, a JSON object a line for a program, or the files' names alone. */
final class HitOutput {
    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Option(names = "--paths", description = "Print the hits' files only, a line each.")
    private boolean paths;

    @Option(
            names = {"-0", "--null"},
            description = "End each file with NUL instead of a line break; implies --paths.")
    private boolean nul;

    /** Prints hits, best first; {@code offset} hits that are better were left out. */
    void print(List<Hit> hits, int offset, Console console) {
        if (nul || paths) {
            printPaths(hits, console);
        } else if (json || !console.resultsOnTerminal()) {
            hits.forEach(hit -> console.result(ResultJson.of(hit)));
        } else if (!hits.isEmpty()) {
            printTable(hits, offset, console);
        }
    }

    private void printPaths(List<Hit> hits, Console console) {
        int withoutFile = 0;
        for (Hit hit : hits) {
            if (hit.path().isEmpty()) {
                withoutFile++;
            } else if (nul) {
                console.resultEndingInNul(FileArgument.nameOf(hit.path().get()));
            } else {
                console.result(FileArgument.nameOf(hit.path().get()));
            }
        }
        if (withoutFile > 0) {
            console.note(Quantity.count(withoutFile, "hit") + " without a file left out");
        }
    }

    static void printTable(List<Hit> hits, int offset, Console console) {
        Table table = Table.of(
                List.of("", "score", "id", "text"),
                List.of(Table.Fit.NUMBER, Table.Fit.NUMBER, Table.Fit.PATH, Table.Fit.TEXT));
        int rank = offset;
        for (Hit hit : hits) {
            rank++;
            String score = String.format(Locale.ROOT, "%.4f", hit.score());
            table.add(Integer.toString(rank), score, hit.id(), hit.text().orElse(""));
        }
        table.print(console);
    }
}
