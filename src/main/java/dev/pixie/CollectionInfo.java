package dev.pixie;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is known of a collection without opening it.
 *
 * @param name its name
 * @param path its folder, absolute
 * @param description what somebody said it is for
 * @param items how many items it holds; empty if it can't be read
 * @param model the model its vectors come from; empty if it can't be read
 * @param bytes what all files in its folder take
 * @param created when it was made; empty if it can't be read
 * @param error why it can't be read, if so
 */
public record CollectionInfo(
        String name,
        Path path,
        Optional<String> description,
        OptionalLong items,
        Optional<Model> model,
        long bytes,
        Optional<Instant> created,
        Optional<String> error) {
    public CollectionInfo {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(description, "description");
        Objects.requireNonNull(items, "items");
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(created, "created");
        Objects.requireNonNull(error, "error");
    }
}
