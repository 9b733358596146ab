package dev.pixie;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What indexing folders came to.
 *
 * @param found picture files found in the folders
 * @param added files that are new in the collection
 * @param updated files that had changed since they were indexed
 * @param unchanged files left alone because neither size and time nor content had changed
 * @param failedBefore files left alone because they failed before and have not changed since
 * @param failures files that could not be taken in this time, and folders that could not be read
 * @param roots the folders, by the names that the ids of their files begin with
 * @param elapsed wall-clock time
 * @param interrupted whether the run was stopped before its end; what is counted here is committed, and the next run
 *     goes on from there
 */
public record IndexReport(
        long found,
        long added,
        long updated,
        long unchanged,
        long failedBefore,
        List<Failure> failures,
        List<Root> roots,
        Duration elapsed,
        boolean interrupted) {
    public IndexReport {
        failures = List.copyOf(failures);
        roots = List.copyOf(roots);
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
