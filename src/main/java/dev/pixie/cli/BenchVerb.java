package dev.pixie.cli;

import dev.pixie.BenchOptions;
import dev.pixie.BenchReport;
import dev.pixie.IndexKind;
import dev.pixie.InvalidInputException;
import dev.pixie.Pixie;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        description = {
            "Measures recall against speed of every kind of index on the collection's own vectors, and draws the"
                    + " curves. Changes nothing.",
            "",
            "Each kind is built in memory, beside the others. The table shows the best settings of each; all that were"
                    + " measured are in bench.json."
        },
        footer = {"", "Examples:", "  pixie bench", "  pixie bench --kinds exact,lsh,kmeans --out curves"})
final class BenchVerb extends VerbWithOptions {
    @Mixin
    private MeasureOptions measured = new MeasureOptions();

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Where bench.png, bench.svg and bench.json go. Unless given: pixie-bench-COLLECTION.")
    private @Nullable Path out;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ReportOutput output = new ReportOutput();

    @Override
    int run(Console console) {
        List<IndexKind> wanted = wanted();
        try (Pixie pixie = collection.openToRead(python(console));
                StepProgress progress = new StepProgress(console)) {
            Path folder =
                    out != null ? out : Path.of("pixie-bench-" + pixie.path().getFileName());
            BenchReport report = pixie.bench(
                    new BenchOptions(wanted, measured.limit(), measured.queries(), Optional.of(folder)), progress);
            progress.close();
            report.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(console, () -> IndexReportJson.of(report), () -> print(report, console));
            console.note("the curves are in " + FileArgument.nameOf(folder.resolve("bench.png"))
                    + " and bench.svg, all numbers in bench.json");
        }
        return ExitCode.DONE;
    }

    private List<IndexKind> wanted() {
        try {
            return measured.kinds();
        } catch (InvalidInputException e) {
            throw usageError(ErrorLine.of(e));
        }
    }

    private static void print(BenchReport report, Console console) {
        Table table = Table.of(
                List.of(
                        "kind",
                        "built",
                        "B/vector",
                        "queries",
                        "settings",
                        "recall@" + report.limit(),
                        "queries/s",
                        "ms"),
                List.of(
                        Table.Fit.WORD,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER,
                        Table.Fit.WORD,
                        Table.Fit.WORD,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER,
                        Table.Fit.NUMBER));
        for (BenchReport.Kind kind : report.kinds()) {
            for (BenchReport.Point point : kind.points()) {
                if (point.best()) {
                    table.add(
                            kind.kind().toString(),
                            Quantity.time(kind.built()),
                            Quantity.count(Math.round(kind.bytesPerVector())),
                            point.modality().toString(),
                            IndexSettings.text(point.settings()),
                            String.format(Locale.ROOT, "%.3f", point.recall()),
                            Quantity.rate(point.queriesPerSecond()),
                            String.format(Locale.ROOT, "%.2f", point.milliseconds()));
                }
            }
        }
        if (table.size() > 0) {
            table.print(console);
        }
    }
}
