package dev.pixie.cli;

import dev.pixie.IndexKind;
import dev.pixie.InvalidInputException;
import dev.pixie.Pixie;
import dev.pixie.ReindexReport;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "reindex",
        description = {
            "Builds the index of a collection anew, of another kind or with other settings. No picture or text is"
                    + " embedded again.",
            "",
            "Without options the index is built again as it is. Searches go on meanwhile, also in other processes."
        },
        footer = {
            "",
            "Examples:",
            "  pixie reindex --kind kmeans",
            "  pixie reindex --set buckets=2048 --set seed=1",
            "  pixie reindex --set probes=none          (gives a setting its default back)"
        })
final class ReindexVerb extends VerbWithOptions {
    private static final String DEFAULT = "none";

    @Option(names = "--kind", paramLabel = "KIND", description = "The kind wanted, which starts from its defaults.")
    private @Nullable String kind;

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A setting of the kind: a whole number, or '" + DEFAULT + "' for its default. Repeatable.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private SummaryOutput output = new SummaryOutput();

    @Override
    int run(Console console) {
        Map<String, @Nullable Integer> changes = changes();
        IndexKind wanted = kind();
        try (Pixie pixie = collection.openToChange(python(console))) {
            ReindexReport report = wanted == null ? pixie.reindex(changes) : pixie.reindex(wanted, changes);
            output.print(console, () -> IndexReportJson.of(report), () -> summary(report));
        }
        return ExitCode.DONE;
    }

    private @Nullable IndexKind kind() {
        try {
            return kind == null ? null : IndexKind.of(kind);
        } catch (InvalidInputException e) {
            throw usageError(ErrorLine.of(e));
        }
    }

    private Map<String, @Nullable Integer> changes() {
        Map<String, @Nullable Integer> changes = new LinkedHashMap<>();
        settings.forEach((name, value) -> {
            try {
                changes.put(name, value.equals(DEFAULT) ? null : Integer.valueOf(value));
            } catch (NumberFormatException e) {
                throw usageError("--set " + TextWidth.printable(name + "=" + value)
                        + ": the value is a whole number or '" + DEFAULT + "'");
            }
        });
        return changes;
    }

    private String summary(ReindexReport report) {
        String settings = IndexSettings.text(report.settings());
        return "reindexed " + Quantity.count(report.vectors(), "vector") + " of " + collection.name() + " as "
                + report.kind() + (settings.isEmpty() ? "" : " (" + settings + ")") + " in "
                + Quantity.time(report.elapsed())
                + (report.kind() == report.before() ? "" : " (was " + report.before() + ")")
                + (isScanned(report) ? "; so few are all scanned exactly" : "");
    }

    private static boolean isScanned(ReindexReport report) {
        return report.kind() != IndexKind.EXACT && report.search().equals("exact scan");
    }
}
