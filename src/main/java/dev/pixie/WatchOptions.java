package dev.pixie;

import java.time.Duration;
import java.util.Objects;

/**
 * How to watch folders.
 *
 * <pre>{@code
 * pixie.watch(folders, WatchOptions.DEFAULT.rescanEvery(Duration.ofMinutes(10)), WatchListener.NONE);
 * }</pre>
 *
 * <p>Immutable and safe to share between threads.
 */
public final class WatchOptions {
    /** Everything is looked at once an hour, besides when a change is noticed; no pattern chooses among files. */
    public static final WatchOptions DEFAULT = new WatchOptions(Duration.ofHours(1), IndexOptions.DEFAULT);

    private final Duration rescan;
    private final IndexOptions indexing;

    private WatchOptions(Duration rescan, IndexOptions indexing) {
        this.rescan = rescan;
        this.indexing = indexing;
    }

    /**
     * How often all folders are looked at although no change was noticed, as those that others make on a network drive
     * are not.
     *
     * @throws InvalidInputException unless it is longer than zero
     */
    public WatchOptions rescanEvery(Duration rescan) {
        if (rescan.isNegative() || rescan.isZero()) {
            throw new InvalidInputException("a rescan every " + rescan + " was asked for", "give more than zero");
        }
        return new WatchOptions(rescan, indexing);
    }

    /** How the folders are indexed, each time. */
    public WatchOptions indexing(IndexOptions indexing) {
        return new WatchOptions(rescan, Objects.requireNonNull(indexing, "indexing"));
    }

    /** How often all folders are looked at. */
    public Duration rescan() {
        return rescan;
    }

    /** How the folders are indexed. */
    public IndexOptions indexing() {
        return indexing;
    }

    @Override
    public String toString() {
        return "WatchOptions[rescan=" + rescan + ", indexing=" + indexing + "]";
    }
}
