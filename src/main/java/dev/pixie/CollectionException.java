package dev.pixie;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The collection on disk cannot be opened, read or written. What was committed before is still there. */
public final class CollectionException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String code;

    /** A failure with its reason code. */
    public CollectionException(String message, @Nullable String fix, String code, @Nullable Throwable cause) {
        super(message, fix, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    /**
     * {@code missing}, {@code locked}, {@code wrong_model}, {@code replaced}, {@code damaged}, {@code newer_format},
     * {@code older_format}, {@code read_only} or {@code disk_full}.
     */
    public String code() {
        return code;
    }
}
