package dev.pixie;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One thing that is wrong with a collection.
 *
 * @param code what sort of thing; {@code docs/cli.md} lists them
 * @param message what is wrong
 * @param fix what to do about it
 * @param item the id of the item it is about
 * @param row the row of {@code vectors.f32} it is about
 */
public record Finding(String code, String message, String fix, Optional<String> item, OptionalLong row) {
    public Finding {
        Objects.requireNonNull(code, "code");
        Objects.requireNonNull(message, "message");
        Objects.requireNonNull(fix, "fix");
        Objects.requireNonNull(item, "item");
        Objects.requireNonNull(row, "row");
    }
}
