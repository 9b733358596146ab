package dev.pixie;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.EmbedderFacts;
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
     * The vectors of a query's terms.
     *
     * @param model the model that they are of
     * @param terms one for each term, empty for those that name items
     */
    record Embedded(Model model, List<Embedding> terms) {}

    /**
     * Never throws: what goes wrong is in the future. Cancelling it drops what has not begun.
     *
     * @param patience how long the calling thread may wait for places in the model's queue
     */
    CompletableFuture<SearchResult> search(Query query, Duration patience) {
        CompletableFuture<SearchResult> result = new CompletableFuture<>();
        attempt(query, patience, result)
                .exceptionallyCompose(failure -> isOutdated(Await.cause(failure))
                        ? model.follow().thenCompose(now -> again(query, patience, result, failure))
                        : CompletableFuture.failedFuture(failure))
                .whenComplete((found, failure) -> {
                    if (failure == null) {
                        result.complete(found);
                    } else {
                        result.completeExceptionally(Await.cause(failure));
                    }
                });
        return result;
    }

    private CompletableFuture<SearchResult> attempt(Query query, Duration patience, CompletableFuture<?> wanted) {
        return embeddings(query, patience, wanted).thenCompose(terms -> search(query, terms));
    }

    private CompletableFuture<SearchResult> again(
            Query query, Duration patience, CompletableFuture<?> wanted, Throwable failure) {
        return bringsVectors(query) ? CompletableFuture.failedFuture(failure) : attempt(query, patience, wanted);
    }

    /** Whether a query has vectors of its own: nobody knows whether they are of another model, too. */
    static boolean bringsVectors(Query query) {
        return query.terms().stream().anyMatch(term -> term.kind() == Term.Kind.VECTOR);
    }

    /** Whether a failure says that the collection has another model than was known. */
    static boolean isOutdated(Throwable failure) {
        return failure instanceof CollectionException error
                && (error.code().equals("replaced") || error.code().equals("wrong_model"));
    }

    /** Goes over to the model that the collection has now. */
    CompletableFuture<Model> follow() {
        return model.follow();
    }

    /**
     * The vector of each term, none for those that name items. What goes wrong is in the future.
     *
     * @param wanted what the vectors are for: when it ends early, those that have not begun are dropped
     */
    CompletableFuture<Embedded> embeddings(Query query, Duration patience, CompletableFuture<?> wanted) {
        Model known = collection.model();
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
                        Model used = embedder == null ? known : modelOf(embedder.facts());
                        return new Embedded(
                                used,
                                terms.stream().map(CompletableFuture::join).toList());
                    });
        });
    }

    /** Searches by terms whose vectors are known; what was remarked on these comes first. */
    CompletableFuture<SearchResult> search(Query query, Embedded embedded) {
        List<Embedding> terms = embedded.terms();
        List<float @Nullable []> vectors = new ArrayList<>();
        for (int i = 0; i < terms.size(); i++) {
            boolean stored = query.terms().get(i).kind() == Term.Kind.ITEM;
            vectors.add(stored ? null : terms.get(i).vector());
        }
        return collection.search(query, vectors, embedded.model()).thenApply(found -> withWarnings(found, terms));
    }

    private static Model modelOf(EmbedderFacts facts) {
        return new Model(facts.name(), facts.fingerprint(), facts.dimension());
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
