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
    private long added;
    private long updated;
    private long failed;
    private long unchanged;
    private final long skippedBefore;

    /**
     * Starts at nothing.
     *
     * @param total how many items there are in all, if that is known
     * @param skippedBefore how many of them are left alone from the start
     */
    Tally(ProgressListener listener, OptionalLong total, long skippedBefore) {
        this.listener = listener;
        this.total = total;
        this.skippedBefore = skippedBefore;
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

    void committed(long added, long updated, List<Failure> failures, long unchanged) {
        this.added += added;
        this.updated += updated;
        this.unchanged += unchanged;
        failed += failures.size();
        pace.advance(System.nanoTime(), added + updated + failures.size());
        failures.forEach(this::problem);
        report();
    }

    void report() {
        long done = added + updated;
        long skipped = skippedBefore + unchanged;
        Optional<Duration> remaining =
                total.isPresent() ? pace.timeFor(total.getAsLong() - done - failed - skipped) : Optional.empty();
        listener.progressed(new Progress(done, failed, skipped, total, pace.perSecond(), remaining));
    }

    long added() {
        return added;
    }

    long updated() {
        return updated;
    }

    long unchanged() {
        return unchanged;
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
