package dev.pixie.cli;

import dev.pixie.Facets;
import dev.pixie.Pixie;
import java.util.List;
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
    @Parameters(paramLabel = "NAME", description = "A fact or a key of the metadata.")
    private String name = "";

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private WhereOption where = new WhereOption();

    @Mixin
    private PageOptions page = new PageOptions();

    @Option(names = "--json", description = "Print a JSON object a line, as is done into a pipe or file.")
    private boolean json;

    @Override
    int run(Console console) {
        page.check(this);
        boolean asTable = console.resultsOnTerminal() && !json;
        int most = page.most(asTable);
        try (Pixie pixie = collection.openToRead(python(console))) {
            Facets facets = where.of(pixie).facets(name, page.offset(), most);
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
        long rest = facets.total() - page.offset() - facets.facets().size();
        if (rest > 0) {
            console.note(Quantity.count(rest) + " more (next: --offset "
                    + (page.offset() + facets.facets().size()) + ")");
        }
        if (facets.without() > 0) {
            console.note(Quantity.count(facets.without(), "item") + " without");
        }
    }
}
