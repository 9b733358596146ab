package dev.pixie;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a table is to be read. What is not said is seen from the table: its format from the file's name, its columns
 * from theirs.
 *
 * <pre>{@code
 * var options = ImportOptions.DEFAULT.id("sku").text("description");
 * pixie.importTable(Path.of("products.csv"), options, ProgressListener.NONE);
 * }</pre>
 *
 * <p>Immutable and safe to share between threads.
 */
public final class ImportOptions {
    /** Everything is seen from the table, and nothing but an interrupt stops the run. */
    public static final ImportOptions DEFAULT = new ImportOptions(Map.of(), null, false, () -> false);

    private final Map<String, String> said;
    private final @Nullable List<String> metadata;
    private final boolean retryFailed;
    private final BooleanSupplier stop;

    private ImportOptions(
            Map<String, String> said, @Nullable List<String> metadata, boolean retryFailed, BooleanSupplier stop) {
        this.said = said;
        this.metadata = metadata;
        this.retryFailed = retryFailed;
        this.stop = stop;
    }

    private ImportOptions with(String name, String value) {
        Objects.requireNonNull(value, name);
        Map<String, String> all = new TreeMap<>(said);
        all.put(name, value);
        return new ImportOptions(all, metadata, retryFailed, stop);
    }

    /** The table's format: {@code csv}, {@code tsv}, {@code json}, {@code ndjson} or {@code parquet}. */
    public ImportOptions format(String format) {
        return with("format", format);
    }

    /** The column of ids. */
    public ImportOptions id(String column) {
        return with("id", column);
    }

    /** The column of pictures: paths relative to the table, or their bytes. */
    public ImportOptions image(String column) {
        return with("image", column);
    }

    /** The column of texts. */
    public ImportOptions text(String column) {
        return with("text", column);
    }

    /** The columns to keep as metadata, none for no metadata; all others unless this is said. */
    public ImportOptions metadata(List<String> columns) {
        return new ImportOptions(said, List.copyOf(columns), retryFailed, stop);
    }

    /** The encoding of a text file, by Python's name for it; UTF-8 unless this is said. */
    public ImportOptions encoding(String encoding) {
        return with("encoding", encoding);
    }

    /** A query: the table is what it gives on a SQLite database. */
    public ImportOptions sql(String query) {
        return with("sql", query);
    }

    /** One of several collections of the program llm in a database. */
    public ImportOptions table(String name) {
        return with("table", name);
    }

    /** The model of vectors that another program made, where its files do not say it. */
    public ImportOptions modelOf(String model) {
        return with("model_of", model);
    }

    /** Whether rows that failed before are tried again although neither they nor their pictures have changed. */
    public ImportOptions retryFailed(boolean retryFailed) {
        return new ImportOptions(said, metadata, retryFailed, stop);
    }

    /**
     * Stops the run soon after {@code stop} turns true: what is being embedded is committed, the report says
     * {@code interrupted}, and the next run goes on from there. Interrupting the calling thread does the same.
     *
     * @param stop asked often, from the calling thread
     */
    public ImportOptions stopWhen(BooleanSupplier stop) {
        return new ImportOptions(said, metadata, retryFailed, Objects.requireNonNull(stop, "stop"));
    }

    /** Whether the run should stop now. */
    boolean stopped() {
        return stop.getAsBoolean();
    }

    /** The argument of {@code import_plan} for a file, without the collection. */
    ObjectNode argument(String file) {
        ObjectNode argument =
                JsonNodeFactory.instance.objectNode().put("file", file).put("retry_failed", retryFailed);
        said.forEach(argument::put);
        if (metadata != null) {
            metadata.forEach(argument.putArray("metadata")::add);
        }
        return argument;
    }

    @Override
    public String toString() {
        return "ImportOptions" + said + (metadata == null ? "" : metadata) + (retryFailed ? "[retryFailed]" : "");
    }
}
