package dev.pixie;

import dev.pixie.python.EmbedQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The model of an open collection: opened when the first text or picture needs it, and checked against the
 * collection's fingerprint before the first of its vectors is used. Another one takes its place when another process has
 * made all vectors of the collection anew. Thread-safe.
 */
final class CollectionModel {
    private final Function<Model, EmbedQueue> opener;
    private final CollectionBridge collection;
    private final List<CompletableFuture<EmbedQueue>> left = new ArrayList<>();
    private @Nullable CompletableFuture<EmbedQueue> opened;

    /**
     * The model of a collection that was there.
     *
     * @param opener opens the model that a collection has, without loading any weights
     */
    CollectionModel(Function<Model, EmbedQueue> opener, CollectionBridge collection) {
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

    /** Goes over to the model that the collection has now, for calls that come from now on. */
    CompletableFuture<Model> follow() {
        return collection.modelOfNow().thenApply(this::leaveOthers);
    }

    private synchronized Model leaveOthers(Model now) {
        if (opened != null && !(opened.isDone() && isOf(opened, now))) {
            // Calls that are under way end with it.
            left.add(opened);
            opened = null;
        }
        return now;
    }

    private static boolean isOf(CompletableFuture<EmbedQueue> opened, Model model) {
        return !opened.isCompletedExceptionally()
                && opened.join().facts().fingerprint().equals(model.fingerprint());
    }

    private EmbedQueue open() {
        EmbedQueue embedder = opener.apply(collection.model());
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
            left.add(opened);
        }
        left.forEach(each -> each.thenAccept(embedder -> embedder.close(Duration.ZERO)));
    }
}
