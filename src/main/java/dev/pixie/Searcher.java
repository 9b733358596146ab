package dev.pixie;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.Embedding;
import dev.pixie.python.PictureSource;
import dev.pixie.python.Timings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Answers queries: embeds the terms that have no vector yet, all at once, then asks the collection. Thread-safe. */
final class Searcher {
    private final CollectionBridge collection;
    private final CollectionModel model;

    Searcher(CollectionBridge collection, CollectionModel model) {
        this.collection = collection;
        this.model = model;
    }

    /**
     * Never throws: what goes wrong is in the future. Cancelling it drops what has not begun.
     *
     * @param patience how long the calling thread may wait for places in the model's queue
     */
    CompletableFuture<SearchResult> search(Query query, Duration patience) {
        CompletableFuture<SearchResult> result = new CompletableFuture<>();
        embeddings(query, patience, result)
                .thenCompose(terms -> search(query, terms))
                .whenComplete((found, failure) -> {
                    if (failure == null) {
                        result.complete(found);
                    } else {
                        result.completeExceptionally(Await.cause(failure));
                    }
                });
        return result;
    }

    /**
     * The vector of each term, none for those that name items. What goes wrong is in the future.
     *
     * @param wanted what the vectors are for: when it ends early, those that have not begun are dropped
     */
    CompletableFuture<List<Embedding>> embeddings(Query query, Duration patience, CompletableFuture<?> wanted) {
        boolean embeds = query.terms().stream()
                .anyMatch(term -> term.kind() == Term.Kind.TEXT || term.kind() == Term.Kind.PICTURE);
        CompletableFuture<@Nullable EmbedQueue> ready =
                embeds ? model.embedder().thenApply(embedder -> embedder) : CompletableFuture.completedFuture(null);
        return ready.thenCompose(embedder -> {
            Timings.Phase embedding = Timings.phase("embed");
            List<CompletableFuture<Embedding>> terms = new ArrayList<>();
            query.terms().forEach(term -> terms.add(embedding(term, patience, embedder)));
            wanted.whenComplete((found, failure) -> terms.forEach(term -> term.cancel(false)));
            return CompletableFuture.allOf(terms.toArray(CompletableFuture[]::new))
                    .thenApply(done -> {
                        embedding.close();
                        return terms.stream().map(CompletableFuture::join).toList();
                    });
        });
    }

    /** Searches by terms whose vectors are known; what was remarked on these comes first. */
    CompletableFuture<SearchResult> search(Query query, List<Embedding> terms) {
        List<float @Nullable []> vectors = new ArrayList<>();
        for (int i = 0; i < terms.size(); i++) {
            boolean stored = query.terms().get(i).kind() == Term.Kind.ITEM;
            vectors.add(stored ? null : terms.get(i).vector());
        }
        return collection.search(query, vectors).thenApply(found -> withWarnings(found, terms));
    }

    private CompletableFuture<Embedding> embedding(Term term, Duration patience, @Nullable EmbedQueue embedder) {
        if (embedder != null && term.kind() == Term.Kind.TEXT) {
            return embedder.text(term.text().orElseThrow(), patience);
        }
        if (embedder != null && term.kind() == Term.Kind.PICTURE) {
            PictureSource picture = term.file()
                    .map(file -> PictureSource.of(file.toAbsolutePath()))
                    .orElseGet(() -> PictureSource.of(term.bytes().orElseThrow()));
            return embedder.picture(picture, patience);
        }
        float[] vector = term.vector().orElseGet(() -> new float[0]);
        int dimension = collection.model().dimension();
        if (term.kind() == Term.Kind.VECTOR && vector.length != dimension) {
            return CompletableFuture.failedFuture(new InvalidInputException(
                    "the vector of a term has " + vector.length + " numbers",
                    "give a vector of the collection's model, which have " + dimension));
        }
        return CompletableFuture.completedFuture(new Embedding(vector, List.of()));
    }

    private static SearchResult withWarnings(SearchResult found, List<Embedding> terms) {
        List<Warning> warnings = new ArrayList<>();
        terms.forEach(term -> warnings.addAll(term.warnings()));
        warnings.addAll(found.warnings());
        return new SearchResult(found.hits(), warnings, found.explanation(), found.check());
    }
}
