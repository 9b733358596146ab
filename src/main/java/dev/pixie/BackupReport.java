package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * What was copied, out of a collection into a backup or the other way round.
 *
 * @param path the collection's folder
 * @param file the backup
 * @param items how many items
 * @param rows how many rows of vectors
 * @param bytes size of the backup
 * @param created when the backup was made
 * @param elapsed wall-clock time
 */
public record BackupReport(Path path, Path file, long items, long rows, long bytes, Instant created, Duration elapsed) {
    public BackupReport {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
