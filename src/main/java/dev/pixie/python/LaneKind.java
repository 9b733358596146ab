package dev.pixie.python;

import java.util.Locale;

/** What a lane is for. Work of one kind never waits behind work of another. */
public enum LaneKind {
    /** Runs the model; it has the only thread that ever calls torch. */
    EMBED,
    /** Answers queries and other short questions to collections. */
    SEARCH,
    /** Commits to collections. */
    WRITE,
    /** Decodes pictures; there are several of them. */
    DECODE;

    String threadName() {
        return "pixie-" + name().toLowerCase(Locale.ROOT);
    }
}
