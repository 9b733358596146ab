package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * What was found wrong with a collection.
 *
 * @param path its folder
 * @param items how many items there are; empty where that can't be read
 * @param rows how many rows of vectors are committed; empty where that can't be read
 * @param searched how many vectors were searched for
 * @param findings what is wrong, of each code the first 100
 * @param counts how many findings there are of each code
 * @param elapsed wall-clock time
 */
public record VerifyReport(
        Path path,
        OptionalLong items,
        OptionalLong rows,
        long searched,
        List<Finding> findings,
        Map<String, Long> counts,
        Duration elapsed) {
    public VerifyReport {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(rows, "rows");
        findings = List.copyOf(findings);
        counts = Map.copyOf(counts);
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /** Whether nothing is wrong. */
    public boolean sound() {
        return counts.isEmpty();
    }
}
