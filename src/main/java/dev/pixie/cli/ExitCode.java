package dev.pixie.cli;

/** What the process ends with. */
final class ExitCode {
    /** Done; also when a search found nothing. */
    static final int DONE = 0;

    /** Nothing was done, or not what was asked for. */
    static final int FAILED = 1;

    /** The command line can't be understood. */
    static final int USAGE = 2;

    /** Done, but for some items, each of which was named on standard error. */
    static final int SOME_FAILED = 3;

    /** Ended by Ctrl-C; what was committed stays. */
    static final int INTERRUPTED = 130;

    /** Ended by SIGTERM; what was committed stays. */
    static final int TERMINATED = 143;

    private ExitCode() {}
}
