package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What making all vectors of a collection anew came to.
 *
 * @param path the collection's folder
 * @param before the model the collection had
 * @param model the model that was asked for
 * @param items items there are
 * @param embedded items whose vectors were finished by this run
 * @param copied pictures of this run that had the content of another one and were given a copy of its vector
 * @param doneBefore items whose vectors were finished by a run before this one
 * @param failures items of which not all vectors could be made
 * @param warnings such as texts that were cut
 * @param swapped whether the collection has the new model now; false also when it had it before
 * @param leftOut the file with all that was known of the failures, when they were left behind
 * @param elapsed wall-clock time
 * @param interrupted whether the run was stopped before its end; the next one goes on from there
 */
public record ReembedReport(
        Path path,
        Model before,
        Model model,
        long items,
        long embedded,
        long copied,
        long doneBefore,
        List<Failure> failures,
        List<Warning> warnings,
        boolean swapped,
        Optional<Path> leftOut,
        Duration elapsed,
        boolean interrupted) {
    public ReembedReport {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(before, "before");
        Objects.requireNonNull(model, "model");
        failures = List.copyOf(failures);
        warnings = List.copyOf(warnings);
        Objects.requireNonNull(leftOut, "leftOut");
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /** Whether the model is another than the collection had. */
    public boolean needed() {
        return !before.fingerprint().equals(model.fingerprint());
    }
}
