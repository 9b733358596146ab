package dev.pixie;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An argument, a picture or a text that Pixie cannot take. The input is at fault, not the collection. */
public final class InvalidInputException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final @Nullable String item;
    private final @Nullable String code;

    /** An argument that is wrong whatever the collection holds. */
    public InvalidInputException(String message) {
        this(message, null, null, null, null);
    }

    /** An argument that is wrong, and what to pass instead. */
    public InvalidInputException(String message, @Nullable String fix) {
        this(message, fix, null, null, null);
    }

    /** A failure that names the item at fault and its reason code. */
    public InvalidInputException(
            String message,
            @Nullable String fix,
            @Nullable String item,
            @Nullable String code,
            @Nullable Throwable cause) {
        super(message, fix, cause);
        this.item = item;
        this.code = code;
    }

    /** The id or path of the item at fault. */
    public Optional<String> item() {
        return Optional.ofNullable(item);
    }

    /** The reason code of a picture that cannot be read, such as {@code truncated} or {@code not_an_image}. */
    public Optional<String> code() {
        return Optional.ofNullable(code);
    }
}
