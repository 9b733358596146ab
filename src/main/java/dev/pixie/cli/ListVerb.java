package dev.pixie.cli;

import dev.pixie.Item;
import dev.pixie.Items;
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
            "  pixie list --where \"width > 4000 and not has gps\" --sort date:desc",
            "  pixie list --failed",
            "  pixie list | jq -r .path"
        })
final class ListVerb extends VerbWithOptions {
    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(names = "--prefix", paramLabel = "TEXT", defaultValue = "", description = "Only ids that begin with this.")
    private String prefix = "";

    @Mixin
    private WhereOption where = new WhereOption();

    @Option(
            names = "--sort",
            paramLabel = "ORDER",
            description = "In this order: " + WhereOption.ORDERS + "; unless given, by their ids.")
    private @Nullable String order;

    @Option(names = "--missing", description = "The items whose files are missing, which are left out otherwise.")
    private boolean missing;

    @Mixin
    private PageOptions page = new PageOptions();

    @Option(names = "--failed", description = "The files and rows that could not be taken in, instead of the items.")
    private boolean failed;

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        page.check(this);
        if (failed && (where.filter().isPresent() || order != null || missing)) {
            throw usageError("--failed lists files that are no items; give it without --where, --sort and --missing");
        }
        boolean asTable = console.resultsOnTerminal() && !json;
        int most = page.most(asTable);
        try (Pixie pixie = collection.openToRead(python(console))) {
            if (failed) {
                Failures.print(pixie, "", page.offset(), most, asTable, console);
            } else if (asTable) {
                printTable(pixie, most, console);
            } else {
                items(pixie).forEach(page.offset(), most, item -> console.result(ResultJson.of(item)));
            }
        }
        return ExitCode.DONE;
    }

    private Items items(Pixie pixie) {
        Items items = where.of(pixie).prefix(prefix);
        items = order == null ? items : items.sort(order);
        return missing ? items.missing() : items;
    }

    private void printTable(Pixie pixie, int most, Console console) {
        Table table =
                Table.of(List.of("id", "pixels", "text"), List.of(Table.Fit.PATH, Table.Fit.NUMBER, Table.Fit.TEXT));
        long total = items(pixie)
                .forEach(
                        page.offset(),
                        most,
                        item -> table.add(item.id(), pixels(item), item.text().orElse("")));
        table.printPage(page.offset(), total, console);
    }

    private static String pixels(Item item) {
        return item.stored()
                .filter(stored -> stored.width().isPresent() && stored.height().isPresent())
                .map(stored -> stored.width().getAsInt() + "x" + stored.height().getAsInt())
                .orElse("");
    }
}
