package dev.pixie.cli;

import dev.pixie.Pixie;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "remove",
        description = "Takes items out of a collection. Picture files are never touched.",
        footer = {
            "",
            "Examples:",
            "  pixie remove Pictures/2020/beach.jpg",
            "  pixie remove --prefix Pictures/2020/",
            "  pixie remove --where \"width < 200\" --yes"
        })
final class RemoveVerb extends VerbWithOptions {
    @Parameters(paramLabel = "ID", arity = "0..*", description = "Ids, as search and list print them.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--prefix", paramLabel = "TEXT", description = "All items whose ids begin with this; asks first.")
    private @Nullable String prefix;

    @Mixin
    private WhereOption where = new WhereOption();

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Override
    int run(Console console) {
        boolean many = prefix != null || where.filter().isPresent();
        if (!many && ids.isEmpty()) {
            throw usageError("nothing to remove: give ids, --where or --prefix");
        }
        if (many && !ids.isEmpty()) {
            throw usageError("give ids, or --where and --prefix, not both");
        }
        if (many && !yes && !console.canAsk()) {
            throw usageError(
                    "--where and --prefix ask before they remove, and there is no terminal to ask on: add --yes");
        }
        try (Pixie pixie = collection.openToChange(python(console))) {
            return many ? removeMany(pixie, console) : removeById(pixie, console);
        }
    }

    private int removeById(Pixie pixie, Console console) {
        List<String> known = new ArrayList<>();
        int unknown = 0;
        for (String id : new LinkedHashSet<>(ids)) {
            if (pixie.get(id).isPresent()) {
                known.add(id);
            } else {
                console.error(UnknownId.line(id, collection));
                unknown++;
            }
        }
        if (!known.isEmpty()) {
            report(pixie.remove(known), console);
        }
        return UnknownId.exitCode(unknown, known.size());
    }

    private int removeMany(Pixie pixie, Console console) {
        List<String> found = where.of(pixie)
                .withMissing()
                .prefix(prefix == null ? "" : prefix)
                .ids();
        if (found.isEmpty()) {
            String which = where.filter().isPresent()
                    ? " matches the filter"
                    : " has an id that begins with '" + TextWidth.printable(String.valueOf(prefix)) + "'";
            console.error("no item of " + collection.name() + which + "; see: pixie list" + collection.asArgument());
            return ExitCode.FAILED;
        }
        String what = Quantity.count(found.size(), "item") + ", from " + TextWidth.printable(found.get(0)) + " to "
                + TextWidth.printable(found.get(found.size() - 1));
        if (!yes && !Question.yes("Remove " + what, console)) {
            console.note("nothing removed");
            return ExitCode.FAILED;
        }
        report(pixie.remove(found), console);
        return ExitCode.DONE;
    }

    private void report(int removed, Console console) {
        console.result("removed " + Quantity.count(removed, "item") + " from " + collection.name());
    }
}
