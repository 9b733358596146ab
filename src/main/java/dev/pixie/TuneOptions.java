package dev.pixie;

import java.util.List;

/**
 * What to tune an index for.
 *
 * <pre>{@code
 * pixie.tune(TuneOptions.DEFAULT.recall(0.99).kinds(List.of(IndexKind.LSH)), step -> {});
 * }</pre>
 *
 * @param recall the share of the true nearest vectors that searches shall find, above 0 and up to 1
 * @param limit how many nearest vectors that counts, 1 or more
 * @param kinds the kinds to measure; empty for all there are. Only the collection's own kind is set.
 * @param queries how many queries of each sort to measure with, 1 to 10,000
 * @param dryRun whether nothing is set
 */
public record TuneOptions(double recall, int limit, List<IndexKind> kinds, int queries, boolean dryRun) {
    /** Recall 0.95 of the 10 nearest, all kinds, 200 queries of each sort. */
    public static final TuneOptions DEFAULT = new TuneOptions(0.95, 10, List.of(), 200, false);

    public TuneOptions {
        kinds = List.copyOf(kinds);
    }

    /** These options for another recall. */
    public TuneOptions recall(double recall) {
        return new TuneOptions(recall, limit, kinds, queries, dryRun);
    }

    /** These options for another number of nearest vectors. */
    public TuneOptions limit(int limit) {
        return new TuneOptions(recall, limit, kinds, queries, dryRun);
    }

    /** These options for some kinds; none for all there are. */
    public TuneOptions kinds(List<IndexKind> kinds) {
        return new TuneOptions(recall, limit, kinds, queries, dryRun);
    }

    /** These options with another number of queries. */
    public TuneOptions queries(int queries) {
        return new TuneOptions(recall, limit, kinds, queries, dryRun);
    }

    /** These options, setting nothing or setting what is found. */
    public TuneOptions dryRun(boolean dryRun) {
        return new TuneOptions(recall, limit, kinds, queries, dryRun);
    }
}
