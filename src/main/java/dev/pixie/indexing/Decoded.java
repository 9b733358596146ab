package dev.pixie.indexing;

import org.jspecify.annotations.Nullable;

/** What came of reading one picture. */
sealed interface Decoded {
    /**
     * A picture whose pixels are ready.
     *
     * @param width in pixels, as shown
     * @param height in pixels, as shown
     * @param hash of the file's content
     * @param size of the file in bytes
     * @param mtimeNs time of the file's last change; null for a picture that is no file
     */
    record Picture(
            int width,
            int height,
            String hash,
            long size,
            @Nullable Long mtimeNs) implements Decoded {}

    /** A file with a new time but the content that the collection has already. */
    record Unchanged(long size, long mtimeNs) implements Decoded {}

    /** Why there is no picture: a reason code and a sentence. */
    record Unreadable(String code, String message) implements Decoded {}
}
