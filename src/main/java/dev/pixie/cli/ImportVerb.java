package dev.pixie.cli;

import dev.pixie.ImportOptions;
import dev.pixie.ImportReport;
import dev.pixie.Pixie;
import dev.pixie.python.PythonEnvironment;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = {
            "Takes the rows of a table into a collection: CSV, TSV, JSON, NDJSON, Parquet, or a query on a SQLite database.",
            "",
            "Unless they are named, the columns are guessed: id; image, path or file; text, title, caption or name; all"
                    + " others become metadata. Paths of pictures are relative to the table. Rows that have not"
                    + " changed since the last time are left alone.",
            "",
            "What 'pixie export' wrote comes back as it was. Vectors of the same model come from folders of"
                    + " clip-retrieval and databases of llm, too."
        },
        footer = {
            "",
            "Examples:",
            "  pixie import products.csv --id sku --text description",
            "  pixie import - --format ndjson < rows.ndjson",
            "  pixie import --db shop.sqlite --sql 'SELECT sku AS id, photo AS image, title FROM product'",
            "",
            "Exit code: 0 done, 3 done but some rows failed (each is named), 130 interrupted."
        })
final class ImportVerb extends VerbWithOptions {
    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "The table, or a folder that an export or clip-retrieval made; - is standard input.")
    private @Nullable Path file;

    @Option(names = "--db", paramLabel = "FILE", description = "The SQLite database that --sql asks.")
    private @Nullable Path database;

    @Option(names = "--sql", paramLabel = "QUERY", description = "Take the rows that this query gives.")
    private @Nullable String sql;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "csv, tsv, json, ndjson or parquet. Unless given: what the file's name says.")
    private @Nullable String format;

    @Option(names = "--id", paramLabel = "COLUMN", description = "The column of ids.")
    private @Nullable String id;

    @Option(names = "--image", paramLabel = "COLUMN", description = "The column of pictures.")
    private @Nullable String image;

    @Option(names = "--text", paramLabel = "COLUMN", description = "The column of texts.")
    private @Nullable String text;

    @Option(
            names = "--metadata",
            paramLabel = "COLUMN",
            split = ",",
            description = "The columns to keep as metadata, with commas between. Unless given: all others.")
    private @Nullable List<String> metadata;

    @Option(
            names = "--encoding",
            paramLabel = "NAME",
            description = "The encoding of a text file, such as cp1252. Unless given: UTF-8.")
    private @Nullable String encoding;

    @Option(names = "--table", paramLabel = "NAME", description = "One of several collections in llm's database.")
    private @Nullable String table;

    @Option(
            names = "--model-of",
            paramLabel = "MODEL",
            description = "Which model the vectors are of that another program made, where its files do not say it.")
    private @Nullable String modelOf;

    @Option(
            names = {"--retry", "--retry-failed"},
            description = "Try rows again that failed before and, with their pictures, have not changed.")
    private boolean retry;

    @Mixin
    private CollectionOption collection = new CollectionOption();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private FramesOption frames = new FramesOption();

    @Mixin
    private ProgressOption progress = new ProgressOption();

    @Mixin
    private SummaryOutput output = new SummaryOutput();

    @Override
    int run(Console console) {
        Path source = source();
        PythonEnvironment python = python(console);
        try (GracefulStop stop = GracefulStop.install(console)) {
            ImportReport report = importTable(source, python, stop, console);
            report.warnings().forEach(warning -> console.warn(warning.message()));
            output.print(console, () -> TableJson.of(report), () -> summary(report));
            if (report.failedBefore() > 0) {
                console.note(Quantity.count(report.failedBefore(), "row")
                        + " failed before and did not change (see: pixie errors" + collection.asArgument()
                        + "; again: --retry)");
            }
            if (report.interrupted()) {
                console.note("the same command goes on from there");
                return stop.asked() ? stop.exitCode() : ExitCode.INTERRUPTED;
            }
            return report.failures().isEmpty() ? ExitCode.DONE : ExitCode.SOME_FAILED;
        }
    }

    private Path source() {
        if ((sql == null) != (database == null)) {
            throw usageError("--sql and --db belong together");
        }
        Path source = database != null ? database : file;
        if (source == null || (database != null && file != null)) {
            throw usageError("name one table: a FILE, - for standard input, or --db FILE with --sql QUERY");
        }
        return source;
    }

    private ImportReport importTable(Path source, PythonEnvironment python, GracefulStop stop, Console console) {
        try (Pixie pixie = frames.applyTo(model.applyTo(collection.builder(python)))
                        .open();
                IndexProgress shown = progress.show(console, "Indexing")) {
            return pixie.importTable(source, options().stopWhen(stop::asked), shown);
        }
    }

    private ImportOptions options() {
        ImportOptions options = ImportOptions.DEFAULT.retryFailed(retry);
        options = format == null ? options : options.format(format);
        options = id == null ? options : options.id(id);
        options = image == null ? options : options.image(image);
        options = text == null ? options : options.text(text);
        options = metadata == null
                ? options
                : options.metadata(
                        metadata.stream().filter(column -> !column.isEmpty()).toList());
        options = encoding == null ? options : options.encoding(encoding);
        options = table == null ? options : options.table(table);
        options = modelOf == null ? options : options.modelOf(modelOf);
        return sql == null ? options : options.sql(sql);
    }

    private String summary(ImportReport report) {
        return (report.interrupted() ? "stopped early: " : "")
                + "imported " + Quantity.count(report.added() + report.updated(), "row") + " into "
                + collection.name() + " (" + Quantity.count(report.added()) + " new, "
                + Quantity.count(report.updated()) + " changed), "
                + Quantity.count(report.unchanged()) + " unchanged, "
                + Quantity.count(report.failures().size()) + " failed, in " + Quantity.time(report.elapsed());
    }
}
