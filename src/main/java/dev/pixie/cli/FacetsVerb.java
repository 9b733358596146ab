package dev.pixie.cli;

import dev.pixie.Facets;
import dev.pixie.Pixie;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "facets",
        description = {
            "Counts the values that items have under a name, the most frequent first.",
            "",
            "A NAME is a fact, such as camera or taken, or a key of the metadata. Each entry of a list counts; dates are"
                    + " counted by months."
        },
        footer = {"", "Examples:", "  pixie facets camera", "  pixie facets tag --where \"year >= 2020\" -k 20"})
final class FacetsVerb extends VerbWithOptions {
    private static final int SCREENFUL = 50;

    @Parameters(paramLabel = "NAME", description = "A fact or a key of the metadata.")
    private String name = "";

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private WhereOption where = new WhereOption();

    @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N.")
    private int offset;

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            description = "At most this many. Unless given: " + SCREENFUL + " on a terminal, else all.")
    private @Nullable Integer limit;

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
            Facets facets = where.of(pixie).facets(name, offset, most);
            if (asTable) {
                printTable(facets, console);
            } else {
                facets.forEach(facet -> console.result(ResultJson.of(facet)));
            }
        }
        return ExitCode.DONE;
    }

    private void printTable(Facets facets, Console console) {
        if (facets.facets().isEmpty()) {
            console.note(
                    facets.total() == 0
                            ? "no item has a value under " + TextWidth.printable(name)
                            : "nothing after the first " + Quantity.count(facets.total(), "value"));
            return;
        }
        Table table = Table.of(List.of("items", TextWidth.printable(name)), List.of(Table.Fit.NUMBER, Table.Fit.TEXT));
        facets.forEach(facet -> table.add(Quantity.count(facet.count()), String.valueOf(facet.value())));
        table.print(console);
        long rest = facets.total() - offset - facets.facets().size();
        if (rest > 0) {
            console.note(Quantity.count(rest) + " more (next: --offset "
                    + (offset + facets.facets().size()) + ")");
        }
        if (facets.without() > 0) {
            console.note(Quantity.count(facets.without(), "item") + " without");
        }
    }
}
