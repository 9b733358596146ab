package dev.pixie.cli;

import dev.pixie.Item;
import dev.pixie.Pixie;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        description = "Lists the items of a collection in the order of their ids, or the files that failed.",
        footer = {
            "",
            "Examples:",
            "  pixie list --prefix Pictures/2020/",
            "  pixie list --failed",
            "  pixie list | jq -r .path"
        })
final class ListVerb extends VerbWithOptions {
    private static final int SCREENFUL = 50;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(names = "--prefix", paramLabel = "TEXT", defaultValue = "", description = "Only ids that begin with this.")
    private String prefix = "";

    @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N.")
    private int offset;

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            description = "At most this many. Unless given: " + SCREENFUL + " on a terminal, else all.")
    private @Nullable Integer limit;

    @Option(names = "--failed", description = "The files that could not be taken in, instead of the items.")
    private boolean failed;

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        if (offset < 0) {
            throw usageError("--offset is " + offset + "; it must be 0 or more");
        }
        if (limit != null && limit < 1) {
            throw usageError("--limit is " + limit + "; it must be 1 or more");
        }
        boolean asTable = console.resultsOnTerminal() && !json;
        int most = limit != null ? limit : asTable ? SCREENFUL : Integer.MAX_VALUE;
        try (Pixie pixie = collection.openToRead(python(console))) {
            if (failed) {
                Failures.print(pixie, "", offset, most, asTable, console);
            } else if (asTable) {
                printTable(pixie, most, console);
            } else {
                Items.forEach(pixie, prefix, offset, most, item -> console.result(ResultJson.of(item)));
            }
        }
        return ExitCode.DONE;
    }

    private void printTable(Pixie pixie, int most, Console console) {
        Table table =
                Table.of(List.of("id", "pixels", "text"), List.of(Table.Fit.PATH, Table.Fit.NUMBER, Table.Fit.TEXT));
        long total = Items.forEach(
                pixie,
                prefix,
                offset,
                most,
                item -> table.add(item.id(), pixels(item), item.text().orElse("")));
        table.printPage(offset, total, console);
    }

    private static String pixels(Item item) {
        return item.stored()
                .filter(stored -> stored.width().isPresent() && stored.height().isPresent())
                .map(stored -> stored.width().getAsInt() + "x" + stored.height().getAsInt())
                .orElse("");
    }
}
