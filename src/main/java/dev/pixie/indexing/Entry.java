package dev.pixie.indexing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.ByteArray;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One item on its way into a collection.
 *
 * @param id the item's id
 * @param path its picture file, as text that keeps every byte of the name
 * @param bytes the content of its picture, if it is no file
 * @param text its text
 * @param metadata its metadata
 * @param file what a walk of the folders found out about the file; null for items that a caller adds
 * @param row the row of a table that it comes from; null for items that come from elsewhere
 */
public record Entry(
        String id,
        @Nullable String path,
        @Nullable ByteArray bytes,
        @Nullable String text,
        Map<String, @Nullable Object> metadata,
        @Nullable Stat file,
        @Nullable Row row) {

    /**
     * A file at the time of the walk.
     *
     * @param size in bytes
     * @param mtimeNs time of its last change, in nanoseconds since 1970
     * @param knownHash hash of the content that was indexed last, if it was
     * @param plan the bridge's handle of the plan it belongs to, which knows contents that need no embedding
     */
    public record Stat(long size, long mtimeNs, @Nullable String knownHash, int plan) {}

    /**
     * A row of a table, whose picture Python reads.
     *
     * @param table the bridge's handle of the import
     * @param number the row, from 1
     * @param hasPicture whether it has a picture
     * @param seen what a failure of it is remembered with, as it came from Python
     */
    public record Row(int table, long number, boolean hasPicture, ObjectNode seen) {}

    /** An item that a caller adds. */
    public static Entry item(
            String id,
            @Nullable String path,
            @Nullable ByteArray bytes,
            @Nullable String text,
            Map<String, @Nullable Object> metadata) {
        return new Entry(id, path, bytes, text, metadata, null, null);
    }

    static Entry file(String id, String path, Stat file) {
        return new Entry(id, path, null, null, Map.of(), file, null);
    }

    boolean hasPicture() {
        return row != null ? row.hasPicture() : path != null || bytes != null;
    }
}
