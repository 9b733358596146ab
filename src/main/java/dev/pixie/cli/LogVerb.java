package dev.pixie.cli;

import dev.pixie.LogPage;
import dev.pixie.LoggedQuery;
import dev.pixie.Pixie;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "log",
        description = {
            "Lists past queries of a collection, newest first, and how they were answered.",
            "",
            "The collection keeps the newest 10,000 queries: what was typed, and the vector that was searched by."
        },
        footer = {
            "",
            "Examples:",
            "  pixie log -k 10",
            "  pixie log --csv > queries.csv",
            "  pixie log --off --clear        (keep no queries, and forget those there are)"
        })
final class LogVerb extends VerbWithOptions {
    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private PageOptions part = new PageOptions();

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Option(names = "--csv", description = "Print comma-separated values with a header.")
    private boolean csv;

    @Option(names = "--clear", description = "Forget all past queries.")
    private boolean clear;

    @Option(names = "--on", description = "Keep queries from now on, as is done unless turned off.")
    private boolean on;

    @Option(names = "--off", description = "Keep no queries from now on; those there are stay until --clear.")
    private boolean off;

    @Override
    int run(Console console) {
        if (on || off || clear) {
            return change(console);
        }
        if (json && csv) {
            throw usageError("give --json or --csv, not both");
        }
        part.check(this);
        boolean asTable = console.resultsOnTerminal() && !json && !csv;
        int most = part.most(asTable);
        try (Pixie pixie = collection.openToRead(python(console))) {
            LogPage page = pixie.log(part.offset(), csv ? 1 : most);
            page.warnings().forEach(warning -> console.warn(warning.message()));
            if (csv) {
                console.resultAsIs(pixie.logAsCsv(part.offset(), most));
            } else if (asTable) {
                printTable(page, console);
            } else {
                page.forEach(query -> console.result(SearchJson.of(query)));
            }
            if (!page.on()) {
                console.note("the log of " + collection.name() + " is off (on again: pixie log --on"
                        + collection.asArgument() + ")");
            }
        }
        return ExitCode.DONE;
    }

    private int change(Console console) {
        if (on && off) {
            throw usageError("give --on or --off, not both");
        }
        if (json || csv || part.given()) {
            throw usageError("--clear, --on and --off list nothing; give them without --json, --csv, -k and --offset");
        }
        // who only clears needs no writer's place
        boolean writes = on || off;
        try (Pixie pixie = writes ? collection.openToChange(python(console)) : collection.openToRead(python(console))) {
            if (writes) {
                pixie.setLog(on);
                console.result("the log of " + collection.name() + " is " + (on ? "on" : "off"));
            }
            if (clear) {
                console.result("forgot " + queries(pixie.clearLog()) + " of " + collection.name());
            } else if (off) {
                long kept = pixie.log(0, 1).total();
                if (kept > 0) {
                    console.note(queries(kept) + (kept == 1 ? " stays" : " stay")
                            + " in it (to forget them: pixie log --clear" + collection.asArgument() + ")");
                }
            }
        }
        return ExitCode.DONE;
    }

    private static String queries(long number) {
        return Quantity.count(number) + (number == 1 ? " query" : " queries");
    }

    private void printTable(LogPage page, Console console) {
        if (page.queries().isEmpty()) {
            console.note(page.total() == 0 ? "nothing there" : "nothing after the first " + queries(page.total()));
            return;
        }
        Table table = Table.of(
                List.of("time", "query", "kind", "settings", "k", "ms", "recall"),
                List.of(
                        Table.Fit.WORD,
                        Table.Fit.TEXT,
                        Table.Fit.WORD,
                        Table.Fit.TEXT,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER));
        for (LoggedQuery query : page) {
            table.add(
                    query.time().truncatedTo(ChronoUnit.SECONDS).toString(),
                    words(query.terms()),
                    query.kind(),
                    ExplanationOutput.settings(query.settings()),
                    Integer.toString(query.limit()),
                    String.format(Locale.ROOT, "%.1f", query.took().toNanos() / 1e6),
                    query.recall().isPresent() ? HitOutput.recall(query.recall().getAsDouble()) : "");
        }
        table.print(console);
        if (page.hasNext()) {
            int shown = page.offset() + page.queries().size();
            console.note(Quantity.count(page.total() - shown) + " more (next: --offset " + shown + ")");
        }
    }

    /** A text as it is; several terms as they are typed. */
    private static String words(List<String> terms) {
        return terms.size() == 1
                ? terms.get(0)
                : terms.stream().map(ShellWord::quote).collect(Collectors.joining(" "));
    }
}
