package dev.pixie;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What to measure of a collection's index.
 *
 * @param kinds the kinds to measure; empty for all there are. Each is built in memory, beside the others.
 * @param limit how many nearest vectors recall counts, 1 or more
 * @param queries how many queries of each sort to measure with, 1 to 10,000
 * @param folder where {@code bench.png}, {@code bench.svg} and {@code bench.json} are written; empty for no files
 */
public record BenchOptions(List<IndexKind> kinds, int limit, int queries, Optional<Path> folder) {
    /** All kinds, the 10 nearest, 200 queries of each sort, no files. */
    public static final BenchOptions DEFAULT = new BenchOptions(List.of(), 10, 200, Optional.empty());

    public BenchOptions {
        kinds = List.copyOf(kinds);
        Objects.requireNonNull(folder, "folder");
    }

    /** These options for some kinds; none for all there are. */
    public BenchOptions kinds(List<IndexKind> kinds) {
        return new BenchOptions(kinds, limit, queries, folder);
    }

    /** These options for another number of nearest vectors. */
    public BenchOptions limit(int limit) {
        return new BenchOptions(kinds, limit, queries, folder);
    }

    /** These options with another number of queries. */
    public BenchOptions queries(int queries) {
        return new BenchOptions(kinds, limit, queries, folder);
    }

    /** These options with files, written into a folder that is made when it is missing. */
    public BenchOptions folder(Path folder) {
        return new BenchOptions(kinds, limit, queries, Optional.of(folder));
    }
}
