package dev.pixie.cli;

import dev.pixie.InvalidInputException;
import dev.pixie.Pixie;
import dev.pixie.TuneOptions;
import dev.pixie.TuneReport;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "tune",
        description = {
            "Finds the fastest settings of a search that reach a recall, and sets those of the collection's own kind of"
                    + " index.",
            "",
            "Recall is the share of the truly nearest vectors that a search finds. It is measured on the collection's"
                    + " own vectors and on queries that were asked before: half of them choose the settings, the other half"
                    + " measures what they give."
        },
        footer = {
            "",
            "Examples:",
            "  pixie tune",
            "  pixie tune --recall 0.99 --kinds lsh",
            "  pixie tune --dry-run                     (measures, and sets nothing)"
        })
final class TuneVerb extends VerbWithOptions {
    @Option(
            names = "--recall",
            paramLabel = "R",
            defaultValue = "0.95",
            description = "The recall wanted, above 0 and up to 1. Unless given: ${DEFAULT-VALUE}.")
    private double recall;

    @Mixin
    private MeasureOptions measured = new MeasureOptions();

    @Option(names = "--dry-run", description = "Measure, and set nothing.")
    private boolean dryRun;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        TuneOptions options = options();
        try (Pixie pixie = dryRun ? collection.openToRead(python(console)) : collection.openToChange(python(console));
                StepProgress progress = new StepProgress(console)) {
            TuneReport report = pixie.tune(options, progress);
            progress.close();
            report.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(console, () -> IndexReportJson.of(report), () -> print(report, console));
        }
        return ExitCode.DONE;
    }

    private TuneOptions options() {
        try {
            return new TuneOptions(recall, measured.limit(), measured.kinds(), measured.queries(), dryRun);
        } catch (InvalidInputException e) {
            throw usageError(ErrorLine.of(e));
        }
    }

    private void print(TuneReport report, Console console) {
        Table table = Table.of(
                List.of("kind", "queries", "settings", "recall@" + report.limit(), "reached", "queries/s", "ms alone"),
                List.of(
                        Table.Fit.WORD,
                        Table.Fit.WORD,
                        Table.Fit.WORD,
                        Table.Fit.NUMBER,
                        Table.Fit.WORD,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER));
        for (TuneReport.Kind kind : report.kinds()) {
            for (TuneReport.Result result : kind.results()) {
                table.add(
                        kind.kind() + (kind.kind() == report.kind() ? " *" : ""),
                        result.queries() + " " + result.modality(),
                        IndexSettings.text(result.settings()),
                        String.format(Locale.ROOT, "%.3f", result.recall()),
                        result.reached() ? "yes" : "no",
                        Quantity.rate(result.queriesPerSecond()),
                        String.format(Locale.ROOT, "%.2f", result.milliseconds()));
            }
        }
        if (table.size() > 0) {
            table.print(console);
        }
        report.tuned()
                .ifPresentOrElse(
                        tuned -> tuned.entrySet().stream()
                                .sorted(Map.Entry.comparingByKey())
                                .forEach(each -> console.result("set for " + each.getKey() + " queries: "
                                        + IndexSettings.text(each.getValue()))),
                        () -> console.note("nothing was set"));
    }
}
