package dev.pixie.cli;

import java.io.IOException;
import java.io.Serial;

/** Results can't be written any more: the reader of the pipe has gone, or the disk is full. */
final class OutputLostException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    OutputLostException(IOException cause) {
        super(cause.getMessage(), cause);
    }

    /** Whether the reader stopped reading, as {@code head} does when it has enough; that is no failure. */
    boolean readerHasGone() {
        String message = getMessage();
        return message != null && (message.contains("Broken pipe") || message.contains("EPIPE"));
    }
}
