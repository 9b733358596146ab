package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * What a compaction did.
 *
 * @param path the collection's folder
 * @param dryRun whether nothing was changed
 * @param rows rows of vectors that belong to items
 * @param removedRows rows that belong to none: those that went, or with a dry run would go
 * @param removedBytes what they took, or take, in the file of vectors
 * @param bytesBefore what records, vectors and index took before
 * @param bytesAfter what they take now
 * @param elapsed wall-clock time
 */
public record CompactReport(
        Path path,
        boolean dryRun,
        long rows,
        long removedRows,
        long removedBytes,
        long bytesBefore,
        long bytesAfter,
        Duration elapsed) {
    public CompactReport {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
