package dev.pixie.indexing;

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
 */
public record Entry(
        String id,
        @Nullable String path,
        @Nullable ByteArray bytes,
        @Nullable String text,
        Map<String, @Nullable Object> metadata,
        @Nullable Stat file) {

    /**
     * A file at the time of the walk.
     *
     * @param size in bytes
     * @param mtimeNs time of its last change, in nanoseconds since 1970
     * @param knownHash hash of the content that was indexed last, if it was
     * @param plan the bridge's handle of the plan it belongs to, which knows contents that need no embedding
     */
    public record Stat(long size, long mtimeNs, @Nullable String knownHash, int plan) {}

    static Entry file(String id, String path, Stat file) {
        return new Entry(id, path, null, null, Map.of(), file);
    }

    boolean hasPicture() {
        return path != null || bytes != null;
    }
}
