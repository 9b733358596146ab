package dev.pixie;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is in a collection, in numbers.
 *
 * @param name the collection's name
 * @param path its folder, absolute
 * @param items how many items it holds
 * @param vectors how many vectors of each modality its items own
 * @param deadRows rows of the vector file that no item owns any more
 * @param missing how many of the items are hidden because their files are gone
 * @param failures files that could not be taken in and have not been since
 * @param model the model all its vectors come from
 * @param index its index
 * @param bytes its size on disk
 * @param roots the folders that were indexed into it
 * @param created when it was made
 */
public record Stats(
        String name,
        Path path,
        long items,
        Map<Modality, Long> vectors,
        long deadRows,
        long missing,
        long failures,
        Model model,
        Index index,
        Bytes bytes,
        List<Root> roots,
        Instant created) {
    public Stats {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(index, "index");
        Objects.requireNonNull(bytes, "bytes");
        Objects.requireNonNull(created, "created");
        vectors = Map.copyOf(vectors);
        roots = List.copyOf(roots);
    }

    /**
     * An index in numbers.
     *
     * @param kind {@code auto}, {@code exact}, {@code lsh}, {@code kmeans}, {@code hnsw} or {@code pq}
     * @param details what else that kind tells of itself, such as its number of buckets; unmodifiable
     */
    public record Index(String kind, Map<String, @Nullable Object> details) {
        public Index {
            Objects.requireNonNull(kind, "kind");
            details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
        }
    }

    /**
     * Sizes on disk, in bytes.
     *
     * @param vectors of the vector file
     * @param items of the records
     * @param index of the index, which can be made again from the vectors
     */
    public record Bytes(long vectors, long items, long index) {
        /** All of it, in bytes. */
        public long total() {
            return vectors + items + index;
        }
    }
}
