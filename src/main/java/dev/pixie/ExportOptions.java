package dev.pixie;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import java.util.Optional;

/**
 * What to export, and how.
 *
 * @param format {@code ndjson}, {@code csv}, {@code parquet} or {@code npy}; by the file's name unless given, and {@code ndjson} on
 *     standard output
 * @param vectors whether vectors are exported; always so for {@code npy}
 * @param metadata whether all else that is known of the items is exported, besides their ids
 * @param where which items; all unless given, those whose files are missing included
 */
public record ExportOptions(Optional<String> format, boolean vectors, boolean metadata, Optional<Filter> where) {
    /** All that is known of the items but their vectors, in the format that the file's name says. */
    public static final ExportOptions DEFAULT = new ExportOptions(Optional.empty(), false, true, Optional.empty());

    public ExportOptions {
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(where, "where");
    }

    /** These options for this format. */
    public ExportOptions format(String format) {
        return new ExportOptions(Optional.of(format), vectors, metadata, where);
    }

    /** These options with vectors, or without. */
    public ExportOptions vectors(boolean vectors) {
        return new ExportOptions(format, vectors, metadata, where);
    }

    /** These options with metadata, or without. */
    public ExportOptions metadata(boolean metadata) {
        return new ExportOptions(format, vectors, metadata, where);
    }

    /** These options for the items that this matches. */
    public ExportOptions where(Filter filter) {
        return new ExportOptions(format, vectors, metadata, Optional.of(filter));
    }

    /** The argument of {@code collection_export} for a table, without the collection. */
    ObjectNode argument(String table) {
        ObjectNode argument = JsonNodeFactory.instance
                .objectNode()
                .put("path", table)
                .put("format", format.orElse(null))
                .put("vectors", vectors)
                .put("metadata", metadata);
        argument.set("where", where.map(Filter::json).orElse(null));
        return argument;
    }
}
