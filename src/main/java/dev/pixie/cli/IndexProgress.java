package dev.pixie.cli;

import dev.pixie.Failure;
import dev.pixie.Progress;
import dev.pixie.ProgressListener;

/** Shows how indexing goes, on standard error. Every way of showing it names the files that fail. */
interface IndexProgress extends ProgressListener, AutoCloseable {
    /** Who wants to see it. */
    enum Kind {
        /** A person if there is a terminal, else nobody. */
        AUTO,
        /** A program: one JSON object a line. */
        JSON,
        /** Nobody. */
        NONE
    }

    /** A progress of work that a bar calls by this name. */
    static IndexProgress of(Kind kind, Console console, String work) {
        if (kind == Kind.JSON) {
            return new JsonProgress(console);
        }
        return kind == Kind.AUTO && console.messagesOnTerminal()
                ? new BarProgress(console, work)
                : new QuietProgress(console);
    }

    @Override
    default void close() {}

    /** One JSON object a line: {@code "event"} is {@code progress} or {@code failed}. */
    record JsonProgress(Console console) implements IndexProgress {
        @Override
        public void progressed(Progress progress) {
            console.message(ResultJson.of(progress));
        }

        @Override
        public void failed(Failure failure) {
            console.message(ResultJson.ofEvent(failure));
        }
    }

    /** Only what fails. */
    record QuietProgress(Console console) implements IndexProgress {
        @Override
        public void progressed(Progress progress) {}

        @Override
        public void failed(Failure failure) {
            console.error(FailureLine.of(failure));
        }
    }
}
