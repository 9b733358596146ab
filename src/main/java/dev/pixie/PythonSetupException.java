package dev.pixie;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** No usable Python: none found, a wrong version, a package missing, or one that cannot be embedded. */
public final class PythonSetupException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** A failure with its fix. */
    public PythonSetupException(String message, String fix) {
        this(message, fix, null);
    }

    /** A failure with its fix and what caused it. */
    public PythonSetupException(String message, String fix, @Nullable Throwable cause) {
        super(message, fix, cause);
    }
}
