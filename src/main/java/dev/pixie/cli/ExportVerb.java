package dev.pixie.cli;

import dev.pixie.ExportOptions;
import dev.pixie.ExportReport;
import dev.pixie.InvalidInputException;
import dev.pixie.Modality;
import dev.pixie.Pixie;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = {
            "Writes the items of a collection, their vectors, or both to a table that 'pixie import' reads back as they"
                    + " are.",
            "",
            "The table shows one moment of the collection, also while another process changes it, and appears when it"
                    + " is complete."
        },
        footer = {
            "",
            "Examples:",
            "  pixie export photos.csv",
            "  pixie export --vectors photos.ndjson",
            "  pixie export | jq .text"
        })
final class ExportVerb extends VerbWithOptions {
    private static final String STANDARD_OUTPUT = "-";

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            defaultValue = STANDARD_OUTPUT,
            description = "The table, or the folder for npy; - or nothing is standard output.")
    private Path file = Path.of(STANDARD_OUTPUT);

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "ndjson, csv, parquet or npy (a folder of NumPy arrays). Unless given: what the file's name says,"
                            + " and ndjson on standard output.")
    private @Nullable String format;

    @Option(names = "--vectors", description = "Export the vectors as well.")
    private boolean vectors;

    @Option(names = "--no-metadata", description = "Export ids and vectors alone.")
    private boolean withoutMetadata;

    @Mixin
    private WhereOption where = new WhereOption();

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Option(names = "--json", description = "Print the report as JSON, to standard error if the table is printed.")
    private boolean json;

    @Override
    int run(Console console) {
        if (withoutMetadata && !vectors && !"npy".equals(format)) {
            throw usageError("--no-metadata leaves ids alone; add --vectors");
        }
        boolean printed = FileArgument.nameOf(file).equals(STANDARD_OUTPUT);
        try (GracefulStop stop = GracefulStop.install(console);
                Pixie pixie = collection.openToRead(python(console));
                StepProgress progress = new StepProgress(console)) {
            ExportReport report;
            try {
                report = pixie.export(file, options(), step -> {
                    if (stop.asked()) {
                        throw new CancellationException("stopped before the table was complete");
                    }
                    progress.accept(step);
                });
            } catch (InvalidInputException e) {
                if (e.code().filter("broken_pipe"::equals).isPresent()) {
                    throw new OutputLostException(new IOException(e.message(), e));
                }
                throw e;
            } catch (CancellationException e) {
                progress.close();
                console.note("nothing was exported");
                return stop.asked() ? stop.exitCode() : ExitCode.INTERRUPTED;
            }
            progress.close();
            report(report, printed, console);
        }
        return ExitCode.DONE;
    }

    private void report(ExportReport report, boolean printed, Console console) {
        String line = json ? TableJson.of(report) : summary(report);
        if (!printed) {
            console.result(line);
        } else if (json) {
            console.message(line);
        }
    }

    private ExportOptions options() {
        ExportOptions options = ExportOptions.DEFAULT.vectors(vectors).metadata(!withoutMetadata);
        var filter = where.filter();
        options = filter.isPresent() ? options.where(filter.get()) : options;
        return format == null ? options : options.format(format);
    }

    private String summary(ExportReport report) {
        long owned =
                report.vectors().values().stream().mapToLong(Long::longValue).sum();
        return "exported " + Quantity.count(report.items(), "item")
                + (owned == 0
                        ? ""
                        : " with " + Quantity.count(report.vectors().getOrDefault(Modality.IMAGE, 0L))
                                + " vectors of pictures and "
                                + Quantity.count(report.vectors().getOrDefault(Modality.TEXT, 0L)) + " of texts")
                + " of " + collection.name() + " to " + FileArgument.nameOf(file) + " in "
                + Quantity.time(report.elapsed());
    }
}
