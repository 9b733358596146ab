package dev.pixie;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * An item, a file or a row of a table that could not be taken in. It is named and skipped; the items around it are not touched by it.
 *
 * @param id id the item has or would have had
 * @param path the file, if it came from one
 * @param code reason: {@code missing}, {@code unreadable}, {@code empty}, {@code not_an_image}, {@code truncated},
 *     {@code too_large}, {@code too_slow} or {@code unsupported} for pictures
 * @param message one sentence for people that says what is wrong with it
 */
public record Failure(String id, Optional<Path> path, String code, String message) {
    public Failure {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(message, "message");
    }
}
