package dev.pixie.indexing;

import dev.pixie.AddReport;
import dev.pixie.InvalidInputException;
import dev.pixie.ProgressListener;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** Takes in the items that a caller hands over. */
public final class Adding {
    private Adding() {}

    /**
     * Takes in items batch by batch until there are no more, {@code stop} turns true, or the thread is interrupted.
     *
     * @param total how many there will be, if the caller knows
     */
    public static AddReport each(
            Target target, Iterator<Entry> items, OptionalLong total, BooleanSupplier stop, ProgressListener listener) {
        return run(target, items, false, stop, new Tally(listener, total));
    }

    /**
     * Takes in all of some items with one commit, or none of them.
     *
     * @throws InvalidInputException the first failure there is
     */
    public static AddReport all(Target target, Iterator<Entry> items, BooleanSupplier stop) {
        return run(target, items, true, stop, new Tally(ProgressListener.NONE, OptionalLong.empty()));
    }

    private static AddReport run(
            Target target, Iterator<Entry> items, boolean wholly, BooleanSupplier stop, Tally tally) {
        // One at a time: the next item may be long in coming, and this one is not to wait for it.
        Source source = () -> items.hasNext() ? List.of(items.next()) : List.of();
        boolean interrupted = new Intake(source, target, wholly, stop, tally).run();
        Tally.Taken taken = tally.taken();
        return new AddReport(taken.added(), taken.updated(), tally.failures(), tally.warnings(), interrupted);
    }
}
