package dev.pixie;

import java.io.Serial;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The root of everything Pixie throws.
 *
 * <p>The message says what went wrong and why; {@link #fix()} says what to do about it, where Pixie knows. The tree is
 * closed: one class for each failure that a caller can act on.
 */
public abstract class PixieException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final @Nullable String fix;

    PixieException(String message, @Nullable String fix, @Nullable Throwable cause) {
        super(Objects.requireNonNull(message, "message"));
        this.fix = fix;
        if (cause != null) { // given to Throwable's constructor, null would forbid initCause for good
            super.initCause(cause);
        }
    }

    /** What went wrong and why; never null, unlike {@link #getMessage()} by its type. */
    public final String message() {
        return Objects.requireNonNull(getMessage());
    }

    /** What to do about it, as a short imperative such as {@code run: pixie setup}. */
    public final Optional<String> fix() {
        return Optional.ofNullable(fix);
    }
}
