package dev.pixie.cli;

import dev.pixie.FederatedSearch.CollectionHit;
import dev.pixie.Hit;
import dev.pixie.RecallCheck;
import dev.pixie.SearchResult;
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

    /** Whether nothing but the names of files is printed. */
    boolean pathsOnly() {
        return nul || paths;
    }

    /** Prints hits, best first, and what else there is to tell; {@code offset} hits that are better were left out. */
    void print(SearchResult result, int offset, Console console) {
        if (pathsOnly()) {
            printPaths(result.hits(), console);
        } else if (json || !console.resultsOnTerminal()) {
            printJson(result, console);
        } else {
            if (!result.hits().isEmpty()) {
                printTable(result, offset, console);
            }
            result.check().ifPresent(check -> printCheck(check, console));
            result.explanation().ifPresent(explanation -> {
                console.result("");
                ExplanationOutput.print(explanation, console);
            });
        }
    }

    /** Prints hits of several collections, best first. */
    void print(List<CollectionHit> hits, int offset, Console console) {
        if (pathsOnly()) {
            printPaths(hits.stream().map(CollectionHit::hit).toList(), console);
        } else if (json || !console.resultsOnTerminal()) {
            hits.forEach(each -> console.result(SearchJson.of(each)));
        } else if (!hits.isEmpty()) {
            Table table = Table.of(
                    List.of("", "score", "collection", "id", "text"),
                    List.of(Table.Fit.NUMBER, Table.Fit.NUMBER, Table.Fit.WORD, Table.Fit.PATH, Table.Fit.TEXT));
            for (int rank = 0; rank < hits.size(); rank++) {
                Hit hit = hits.get(rank).hit();
                table.add(
                        Integer.toString(offset + rank + 1),
                        score(hit),
                        hits.get(rank).collection(),
                        hit.id(),
                        hit.text().orElse(""));
            }
            table.print(console);
        }
    }

    private static void printJson(SearchResult result, Console console) {
        for (int i = 0; i < result.hits().size(); i++) {
            Hit hit = result.hits().get(i);
            int rank = i;
            console.result(result.check()
                    .map(check -> SearchJson.of(hit, check.correct().get(rank)))
                    .orElseGet(() -> ResultJson.of(hit)));
        }
        result.explanation().ifPresent(explanation -> console.result(SearchJson.of(explanation)));
        result.check().ifPresent(check -> console.result(SearchJson.of(check)));
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

    static void printTable(SearchResult result, int offset, Console console) {
        Table table = Table.of(
                List.of("", "", "score", "id", "text"),
                List.of(Table.Fit.NUMBER, Table.Fit.WORD, Table.Fit.NUMBER, Table.Fit.PATH, Table.Fit.TEXT));
        for (int i = 0; i < result.hits().size(); i++) {
            Hit hit = result.hits().get(i);
            int rank = i;
            String mark = result.check()
                    .map(check -> mark(check.correct().get(rank), console))
                    .orElse("");
            table.add(
                    Integer.toString(offset + rank + 1),
                    mark,
                    score(hit),
                    hit.id(),
                    hit.text().orElse(""));
        }
        table.print(console);
    }

    private static void printCheck(RecallCheck check, Console console) {
        console.result("");
        console.result("recall@" + check.limit() + " " + recall(check.recall()));
        if (!check.missed().isEmpty()) {
            Table table = Table.of(
                    List.of("missed", "id", "text"), List.of(Table.Fit.NUMBER, Table.Fit.PATH, Table.Fit.TEXT));
            check.missed()
                    .forEach(hit -> table.add(score(hit), hit.id(), hit.text().orElse("")));
            table.print(console);
        }
    }

    // a terminal without colours may well be one without these characters
    private static String mark(boolean correct, Console console) {
        if (console.resultsInColor()) {
            return correct ? "✓" : "✗";
        }
        return correct ? "right" : "wrong";
    }

    private static String score(Hit hit) {
        return String.format(Locale.ROOT, "%.4f", hit.score());
    }

    /** A recall with two digits, rounded down so that 1.00 means that nothing was missed. */
    static String recall(double recall) {
        return String.format(Locale.ROOT, "%.2f", Math.floor(recall * 100 + 1e-9) / 100);
    }
}
