package dev.pixie;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What importing a table came to.
 *
 * @param rows rows of the table that were gone through: the next five and the failures together
 * @param added rows whose ids are new in the collection
 * @param updated rows that changed an item
 * @param unchanged rows whose items were as the row says already
 * @param failedBefore rows left alone because they failed before, and neither they nor their pictures have changed
 * @param repeated rows passed over because a later row has their id
 * @param failures rows that could not be taken in; each message begins with the row's number
 * @param warnings such as texts that were cut
 * @param elapsed wall-clock time
 * @param interrupted whether the run was stopped before its end; what is counted here is committed, and the next run
 *     goes on from there
 */
public record ImportReport(
        long rows,
        long added,
        long updated,
        long unchanged,
        long failedBefore,
        long repeated,
        List<Failure> failures,
        List<Warning> warnings,
        Duration elapsed,
        boolean interrupted) {
    public ImportReport {
        failures = List.copyOf(failures);
        warnings = List.copyOf(warnings);
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
