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
        footer = {"", "Examples:", "  pixie remove Pictures/2020/beach.jpg", "  pixie remove --prefix Pictures/2020/"})
final class RemoveVerb extends VerbWithOptions {
    @Parameters(paramLabel = "ID", arity = "0..*", description = "Ids, as search and list print them.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--prefix", paramLabel = "TEXT", description = "All items whose ids begin with this; asks first.")
    private @Nullable String prefix;

    @Option(
            names = {"-y", "--yes"},
            description = "Do not ask.")
    private boolean yes;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Override
    int run(Console console) {
        if (prefix == null && ids.isEmpty()) {
            throw usageError("nothing to remove: give ids, or --prefix");
        }
        if (prefix != null && !ids.isEmpty()) {
            throw usageError("give ids or --prefix, not both");
        }
        if (prefix != null && !yes && !console.canAsk()) {
            throw usageError("--prefix asks before it removes, and there is no terminal to ask on: add --yes");
        }
        try (Pixie pixie = collection.openToChange(python(console))) {
            return prefix != null ? removeByPrefix(pixie, prefix, console) : removeById(pixie, console);
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

    private int removeByPrefix(Pixie pixie, String prefix, Console console) {
        List<String> found = Items.withPrefix(pixie, prefix);
        if (found.isEmpty()) {
            console.error("no item of " + collection.name() + " has an id that begins with '"
                    + TextWidth.printable(prefix) + "'; see: pixie list" + collection.asArgument());
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
