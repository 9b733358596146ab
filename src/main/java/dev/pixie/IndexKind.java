package dev.pixie;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What kind of index finds the vectors nearest to a query. Kinds differ in speed and recall, never in scores. */
public enum IndexKind {
    /** Compares with every vector, and misses none. */
    EXACT,
    /** Buckets by learnt hyperplanes, and layers of codes. */
    LSH,
    /** Buckets by k-means, and layers of codes. */
    KMEANS,
    /** A graph of near neighbours. */
    HNSW,
    /** Buckets and product-quantised codes. */
    PQ,
    /** Chooses among the others by what the collection holds. */
    AUTO;

    /**
     * The kind of this name.
     *
     * @throws InvalidInputException when there is none, naming those there are
     */
    public static IndexKind of(String name) {
        for (IndexKind kind : values()) {
            if (kind.toString().equals(name)) {
                return kind;
            }
        }
        throw new InvalidInputException(
                "there is no index kind '" + name + "'",
                "give one of "
                        + Arrays.stream(values()).map(IndexKind::toString).collect(Collectors.joining(", ")));
    }

    /** The name used in JSON and on the command line, such as {@code kmeans}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
