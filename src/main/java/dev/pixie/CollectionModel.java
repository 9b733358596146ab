package dev.pixie;

import dev.pixie.python.EmbedQueue;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The model of an open collection: opened when the first text or picture needs it, and checked against the
 * collection's fingerprint before the first of its vectors is used. Thread-safe.
 */
final class CollectionModel {
    private final Supplier<EmbedQueue> opener;
    private final CollectionBridge collection;
    private @Nullable CompletableFuture<EmbedQueue> opened;

    /**
     * The model of a collection that was there.
     *
     * @param opener opens it, without loading any weights
     */
    CollectionModel(Supplier<EmbedQueue> opener, CollectionBridge collection) {
        this.opener = opener;
        this.collection = collection;
    }

    /** The model, ready for use; never blocks. An attempt that failed is made again by the next call. */
    synchronized CompletableFuture<EmbedQueue> embedder() {
        if (opened == null || opened.isCompletedExceptionally()) {
            opened = CompletableFuture.supplyAsync(this::open);
        }
        return opened.copy();
    }

    private EmbedQueue open() {
        EmbedQueue embedder = opener.get();
        try {
            collection.bind(embedder.facts().handle());
            return embedder;
        } catch (RuntimeException | Error e) {
            embedder.close(Duration.ZERO);
            throw e;
        }
    }

    /** Fails what still waits for the model. */
    synchronized void close() {
        if (opened != null) {
            opened.thenAccept(embedder -> embedder.close(Duration.ZERO));
        }
    }
}
