package dev.pixie;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What indexing folders came to.
 *
 * @param found picture files found in the folders; the sum of the added, updated, moved, unchanged, failed before and of
 *     the files that failed now
 * @param added files that are new in the collection
 * @param updated files that had changed since they were indexed
 * @param moved files that were moved or renamed: the item has another id, its vectors and all else are as before
 * @param copied of those added and updated, how many had the content of another item, or of another file of this run,
 *     whose vector was copied; the model embedded {@code added + updated - copied} pictures
 * @param unchanged files left alone because neither size and time nor content had changed
 * @param failedBefore files left alone because they failed before and have not changed since
 * @param removed items that were removed because their files are gone
 * @param missing items that were marked as missing, because more than a fifth of a folder is gone, or all of it
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
        long moved,
        long copied,
        long unchanged,
        long failedBefore,
        long removed,
        long missing,
        List<Failure> failures,
        List<Root> roots,
        Duration elapsed,
        boolean interrupted) {
    public IndexReport {
        failures = List.copyOf(failures);
        roots = List.copyOf(roots);
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /** Whether the collection is another than before, or a file failed. */
    public boolean changed() {
        return added + updated + moved + removed + missing + failures.size() > 0;
    }
}
