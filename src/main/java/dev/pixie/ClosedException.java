package dev.pixie;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** The collection was closed before or during the call. */
public final class ClosedException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** A refusal that names what is closed. */
    public ClosedException(String message) {
        this(message, null);
    }

    /** A refusal that names what is closed, and what caused it. */
    public ClosedException(String message, @Nullable Throwable cause) {
        super(message, "open the collection again", cause);
    }
}
