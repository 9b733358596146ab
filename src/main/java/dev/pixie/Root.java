package dev.pixie;

import java.nio.file.Path;
import java.util.Objects;

/**
 * A folder whose pictures are indexed.
 *
 * @param name what the ids of its files begin with; unique in a collection, kept when the folder moves
 * @param path where the folder is, absolute
 */
public record Root(String name, Path path) {
    public Root {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(path, "path");
    }
}
