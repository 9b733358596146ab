package dev.pixie.indexing;

import dev.pixie.python.ByteArray;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One item whose picture is being read, or was.
 *
 * @param pixels where its pixels go, a row a frame; null for an item without a picture
 * @param result what came of its picture; completed with null for an item without one
 */
record Reading(Entry entry, @Nullable ByteArray pixels, CompletableFuture<@Nullable Decoded> result) {
    static Reading nothing(Entry entry) {
        return new Reading(entry, null, CompletableFuture.completedFuture(null));
    }

    boolean isDone() {
        return result.isDone();
    }

    @Nullable
    Decoded decoded() {
        return Calls.join(result);
    }
}
