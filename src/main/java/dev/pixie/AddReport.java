package dev.pixie;

import java.util.List;

/**
 * What adding items came to.
 *
 * @param added items that are new
 * @param updated items that took the place of one with the same id
 * @param failures items that could not be taken in, each with its reason
 * @param warnings such as texts that were cut
 * @param interrupted whether the calling thread was interrupted before the last item; what is counted here is
 *     committed
 */
public record AddReport(long added, long updated, List<Failure> failures, List<Warning> warnings, boolean interrupted) {
    public AddReport {
        failures = List.copyOf(failures);
        warnings = List.copyOf(warnings);
    }
}
