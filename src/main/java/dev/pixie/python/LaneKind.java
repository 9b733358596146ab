package dev.pixie.python;

import java.util.Locale;

/** What a lane is for. Work of one kind never waits behind work of another. */
public enum LaneKind {
    /** Runs the model; it has the only thread that ever calls torch. */
    EMBED(1),
    /** Answers queries and other short questions to collections. */
    SEARCH(4),
    /** Commits to collections. */
    WRITE(1),
    /** Decodes pictures; half of indexing's work for large ones, and beyond this the disk is the limit. */
    DECODE(8),
    /** Waits for changes in folders, a second a call. */
    WATCH(1);

    private final int most;

    LaneKind(int most) {
        this.most = most;
    }

    /** How many lanes of this kind there may be: one, or one a processor up to a limit and at least 2. */
    int most() {
        return most == 1 ? 1 : Math.max(2, Math.min(Runtime.getRuntime().availableProcessors(), most));
    }

    String threadName() {
        return "pixie-" + name().toLowerCase(Locale.ROOT);
    }
}
