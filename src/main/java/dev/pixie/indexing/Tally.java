package dev.pixie.indexing;

import dev.pixie.Failure;
import dev.pixie.Progress;
import dev.pixie.ProgressListener;
import dev.pixie.Warning;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What a run has come to so far, told to its listener. Used by the thread that runs the intake only. */
final class Tally {
    /** More warnings than anybody reads; the rest are counted. Failures are all kept: each must be named. */
    private static final int WARNINGS_KEPT = 1000;

    private final ProgressListener listener;
    private final OptionalLong total;
    private final Pace pace = new Pace();
    private final List<Failure> failures = new ArrayList<>();
    private final List<Warning> warnings = new ArrayList<>();
    private long warningsLeftOut;
    private Taken taken = new Taken(0, 0, 0, 0);
    private long failed;
    private long unchanged;
    private long failedBefore;
    private long repeated;

    /**
     * Items that were taken in.
     *
     * @param added new ones
     * @param updated those that took the place of one
     * @param moved those whose file was moved, and that are else as they were
     * @param copied how many of the added and updated have a vector that was copied
     */
    record Taken(long added, long updated, long moved, long copied) {
        long all() {
            return added + updated + moved;
        }

        Taken and(Taken other) {
            return new Taken(added + other.added, updated + other.updated, moved + other.moved, copied + other.copied);
        }
    }

    /** Starts at nothing, of how many items in all nobody knows unless {@code total} says it. */
    Tally(ProgressListener listener, OptionalLong total) {
        this(listener, total, 0, 0);
    }

    /**
     * Starts at what a plan leaves alone.
     *
     * @param total how many items there are in all, if that is known
     * @param unchanged how many of them have not changed
     * @param failedBefore how many of them failed before
     */
    Tally(ProgressListener listener, OptionalLong total, long unchanged, long failedBefore) {
        this.listener = listener;
        this.total = total;
        this.unchanged = unchanged;
        this.failedBefore = failedBefore;
    }

    /** A failure that is no item's, such as a folder that can't be read. */
    void problem(Failure failure) {
        failures.add(failure);
        listener.failed(failure);
    }

    void warn(Warning warning) {
        if (warnings.size() < WARNINGS_KEPT) {
            warnings.add(warning);
        } else {
            warningsLeftOut++;
        }
    }

    void committed(Taken now, List<Failure> failures, long unchanged) {
        taken = taken.and(now);
        this.unchanged += unchanged;
        failed += failures.size();
        pace.advance(System.nanoTime(), now.all() + failures.size());
        failures.forEach(this::problem);
        report();
    }

    /** Counts rows that are left alone. */
    void leave(long failedBefore, long repeated) {
        this.failedBefore += failedBefore;
        this.repeated += repeated;
    }

    void report() {
        long done = taken.all();
        long skipped = failedBefore + repeated + unchanged;
        Optional<Duration> remaining =
                total.isPresent() ? pace.timeFor(total.getAsLong() - done - failed - skipped) : Optional.empty();
        listener.progressed(new Progress(
                done,
                failed,
                skipped,
                total,
                taken.added(),
                taken.updated(),
                taken.moved(),
                unchanged,
                pace.perSecond(),
                remaining));
    }

    Taken taken() {
        return taken;
    }

    long unchanged() {
        return unchanged;
    }

    long failedBefore() {
        return failedBefore;
    }

    long repeated() {
        return repeated;
    }

    List<Failure> failures() {
        return failures;
    }

    List<Warning> warnings() {
        if (warningsLeftOut == 0) {
            return warnings;
        }
        List<Warning> all = new ArrayList<>(warnings);
        all.add(new Warning("more_warnings", warningsLeftOut + " more warnings were left out", Optional.empty()));
        return all;
    }
}
