package dev.pixie.cli;

import dev.pixie.Modality;
import dev.pixie.Pixie;
import dev.pixie.Root;
import dev.pixie.Stats;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "stats", description = "Tells what is in a collection, in numbers.")
final class StatsVerb extends VerbWithOptions {
    private static final int LABEL = 11;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private WhereOption where = new WhereOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        try (Pixie pixie = collection.openToRead(python(console))) {
            Stats stats = where.of(pixie).stats();
            output.print(console, () -> ResultJson.of(stats), () -> print(stats, console));
        }
        return ExitCode.DONE;
    }

    private static void print(Stats stats, Console console) {
        field(console, "collection", stats.name());
        field(console, "folder", FileArgument.nameOf(stats.path()));
        field(console, "items", Quantity.count(stats.items()));
        field(
                console,
                "vectors",
                Quantity.count(vectors(stats, Modality.IMAGE)) + " of pictures, "
                        + Quantity.count(vectors(stats, Modality.TEXT)) + " of texts");
        if (stats.missing() > 0) {
            field(
                    console,
                    "missing",
                    Quantity.count(stats.missing(), "item")
                            + " whose files are gone (see: pixie list --missing; for good: pixie prune)");
        }
        if (stats.deadRows() > 0) {
            long bytes = stats.deadRows() * Float.BYTES * stats.model().dimension();
            field(
                    console,
                    "removed",
                    Quantity.count(stats.deadRows(), "vector") + " of removed or changed items, "
                            + Quantity.bytes(bytes) + " (to have the room back: pixie compact)");
        }
        field(
                console,
                "failed",
                stats.failures() == 0 ? "0" : Quantity.count(stats.failures()) + " (see: pixie errors)");
        field(console, "model", stats.model().name() + " (" + stats.model().dimension() + " dimensions)");
        field(console, "index", stats.index().kind() + how(stats.index().details()));
        field(
                console,
                "on disk",
                Quantity.bytes(stats.bytes().total()) + " (vectors "
                        + Quantity.bytes(stats.bytes().vectors()) + ", items "
                        + Quantity.bytes(stats.bytes().items())
                        + ", index " + Quantity.bytes(stats.bytes().index()) + ")");
        for (Root root : stats.roots()) {
            field(console, "indexed", root.name() + " = " + FileArgument.nameOf(root.path()));
        }
        field(console, "created", stats.created().toString());
    }

    private static long vectors(Stats stats, Modality modality) {
        return stats.vectors().getOrDefault(modality, 0L);
    }

    /** How the index searches and why, once it is there to say so; before, its settings. */
    private static String how(Map<String, Object> details) {
        if (details.isEmpty()) {
            return "";
        }
        if (!(details.get("search") instanceof String search)) {
            return details.entrySet().stream()
                    .filter(detail -> !detail.getKey().equals("tuned"))
                    .map(detail -> detail.getKey() + " " + detail.getValue())
                    .collect(Collectors.joining(", ", " (", ")"));
        }
        String buckets = details.get("buckets") instanceof Number number && number.longValue() > 1
                ? ", " + Quantity.count(number.longValue()) + " buckets"
                : "";
        String because = details.get("because") instanceof String why ? ": " + why : "";
        return " (" + search + buckets + because + ")";
    }

    private static void field(Console console, String name, String value) {
        console.field(LABEL, name, value);
    }
}
