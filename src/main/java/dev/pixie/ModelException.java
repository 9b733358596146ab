package dev.pixie;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The model cannot be found, loaded or run. */
public final class ModelException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String code;

    /** A failure with its reason code. */
    public ModelException(String message, @Nullable String fix, String code, @Nullable Throwable cause) {
        super(message, fix, cause);
        this.code = Objects.requireNonNull(code, "code");
    }

    /** {@code not_found}, {@code download_failed}, {@code unsupported}, {@code damaged} or {@code device}. */
    public String code() {
        return code;
    }
}
