package dev.pixie.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which part of a list is printed. */
final class PageOptions {
    private static final int SCREENFUL = 50;

    @Option(names = "--offset", paramLabel = "N", defaultValue = "0", description = "Leave out the first N.")
    private int offset;

    @Option(
            names = {"-k", "--limit"},
            paramLabel = "N",
            description = "At most this many. Unless given: " + SCREENFUL + " on a terminal, else all.")
    private @Nullable Integer limit;

    /** Refuses numbers that make no sense, in the name of the verb that takes them. */
    void check(Verb verb) {
        if (offset < 0) {
            throw verb.usageError("--offset is " + offset + "; it must be 0 or more");
        }
        if (limit != null && limit < 1) {
            throw verb.usageError("--limit is " + limit + "; it must be 1 or more");
        }
    }

    int offset() {
        return offset;
    }

    /** How many are printed at most, into a table on a terminal or elsewhere. */
    int most(boolean asTable) {
        return limit != null ? limit : asTable ? SCREENFUL : Integer.MAX_VALUE;
    }

    /** Whether either was given. */
    boolean given() {
        return limit != null || offset != 0;
    }
}
