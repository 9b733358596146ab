package dev.pixie;

import java.util.Objects;
import java.util.Optional;

/**
 * Something that did not stop the work but that a caller may want to know.
 *
 * @param code short, stable and machine-readable, for example {@code text_truncated}
 * @param message one sentence for people
 * @param item id of the item it is about, if it is about one
 */
public record Warning(String code, String message, Optional<String> item) {
    public Warning {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(item, "item");
    }
}
