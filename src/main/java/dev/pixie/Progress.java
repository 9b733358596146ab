package dev.pixie;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How far adding or indexing has come. Counts only what is committed: it would survive a power cut.
 *
 * @param done items taken in so far, without those that were skipped as unchanged
 * @param failed items that could not be taken in
 * @param skipped items left alone: unchanged since last time, or failed then and not asked for again
 * @param total items there are in all, failed and skipped included; empty while it is not known
 * @param added of those done, the new ones
 * @param updated of those done, the ones that had changed
 * @param moved of those done, the ones whose file was only moved
 * @param unchanged of those skipped, the ones that have not changed
 * @param itemsPerSecond items taken in or failed per second, smoothed over the last seconds
 * @param remaining estimate of the time left; empty until there is a rate and a total
 */
public record Progress(
        long done,
        long failed,
        long skipped,
        OptionalLong total,
        long added,
        long updated,
        long moved,
        long unchanged,
        double itemsPerSecond,
        Optional<Duration> remaining) {
    public Progress {
        Objects.requireNonNull(total, "total");
        Objects.requireNonNull(remaining, "remaining");
    }

    /** Items dealt with one way or another: {@code done + failed + skipped}. */
    public long finished() {
        return done + failed + skipped;
    }
}
