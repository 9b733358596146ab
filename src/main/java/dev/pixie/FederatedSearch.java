package dev.pixie;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One search over several collections of the same model.
 *
 * <p>Scores of one model compare with each other, so this is what one collection with all their items would find. The
 * query is embedded once; of an animation as many frames count as in the first collection.
 */
public final class FederatedSearch {
    private FederatedSearch() {}

    /**
     * A hit, and the collection it is of.
     *
     * @param collection the collection's name
     * @param hit the hit
     */
    public record CollectionHit(String collection, Hit hit) {}

    /**
     * What several collections answered.
     *
     * @param hits best first; equal scores in the order of the collections
     * @param warnings what was remarked, each once
     */
    public record Result(List<CollectionHit> hits, List<Warning> warnings) {
        public Result {
            hits = List.copyOf(hits);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * The items of several collections nearest to a query.
     *
     * @param collections open collections, at least one
     * @param query terms by the id of an item, other orders than by score, and what tells of a single search (explain,
     *     check) are refused
     * @throws InvalidInputException for such a query, and what {@link Pixie#search(Query)} throws
     * @throws CollectionException {@code wrong_model} when their models differ
     */
    public static Result search(List<Pixie> collections, Query query) {
        try {
            return attempt(collections, query);
        } catch (CollectionException e) {
            if (!Searcher.isOutdated(e)) {
                throw e;
            }
            // Another process may have made the vectors of one of them anew, with another model.
            collections.forEach(collection -> collection.searching(Searcher::follow));
            if (Searcher.bringsVectors(query)) {
                throw e;
            }
            return attempt(collections, query);
        }
    }

    private static Result attempt(List<Pixie> collections, Query query) {
        check(collections, query);
        Query each = query.offset(0).limit(Math.addExact(query.limit(), query.offset()));
        Pixie first = collections.get(0);
        Searcher.Embedded terms =
                first.searching(searcher -> searcher.embeddings(query, first.timeout(), new CompletableFuture<>()));
        List<CollectionHit> hits = new ArrayList<>();
        Set<Warning> warnings = new LinkedHashSet<>();
        for (Pixie collection : collections) {
            SearchResult found = collection.searching(searcher -> searcher.search(each, terms));
            found.hits().forEach(hit -> hits.add(new CollectionHit(collection.name(), hit)));
            warnings.addAll(found.warnings());
        }
        hits.sort(Comparator.comparingDouble((CollectionHit hit) -> hit.hit().score())
                .reversed());
        return new Result(
                hits.stream().skip(query.offset()).limit(query.limit()).toList(), List.copyOf(warnings));
    }

    private static void check(List<Pixie> collections, Query query) {
        if (collections.isEmpty()) {
            throw new InvalidInputException("no collection was given to search in", "give one or more");
        }
        Model model = collections.get(0).model();
        for (Pixie other : collections) {
            if (!other.model().fingerprint().equals(model.fingerprint())) {
                throw new CollectionException(
                        "the collection " + collections.get(0).name() + " has vectors of the model " + model.name()
                                + ", and " + other.name() + " of "
                                + other.model().name() + ": their scores don't compare",
                        "search them one by one",
                        "wrong_model",
                        null);
            }
        }
        if (query.terms().stream().anyMatch(term -> term.kind() == Term.Kind.ITEM)) {
            throw new InvalidInputException(
                    "a search over several collections can't tell of which one the item of a term is",
                    "give the picture's file, or search one collection");
        }
        if (query.sort().isPresent() || query.explain() || query.check()) {
            throw new InvalidInputException(
                    "a search over several collections sorts by score, and neither explains nor checks itself",
                    "leave that out, or search one collection");
        }
    }
}
