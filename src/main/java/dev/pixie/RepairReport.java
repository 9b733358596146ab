package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a repair did.
 *
 * @param path the collection's folder
 * @param dryRun whether nothing was changed
 * @param actions what was done, or would be
 * @param copies the folder with what was replaced or taken away; empty when nothing was
 * @param left what is still wrong; with a dry run, what is wrong
 * @param elapsed wall-clock time
 */
public record RepairReport(
        Path path, boolean dryRun, List<Action> actions, Optional<Path> copies, List<Finding> left, Duration elapsed) {
    public RepairReport {
        Objects.requireNonNull(path, "path");
        actions = List.copyOf(actions);
        Objects.requireNonNull(copies, "copies");
        left = List.copyOf(left);
        Objects.requireNonNull(elapsed, "elapsed");
    }

    /** Whether nothing is wrong any more. */
    public boolean sound() {
        return left.isEmpty();
    }

    /**
     * One thing that was done.
     *
     * @param code what sort of thing; {@code docs/cli.md} lists them
     * @param message what was done, and why
     * @param item the id of the item it is about
     * @param row the row of {@code vectors.f32} it is about
     */
    public record Action(String code, String message, Optional<String> item, OptionalLong row) {
        public Action {
            Objects.requireNonNull(code, "code");
            Objects.requireNonNull(message, "message");
            Objects.requireNonNull(item, "item");
            Objects.requireNonNull(row, "row");
        }
    }
}
