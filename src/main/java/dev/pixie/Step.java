package dev.pixie;

import java.util.Objects;

/**
 * A step of long work, told of before it is done.
 *
 * @param name what it is, such as {@code building kmeans}
 * @param done how many steps were done before it
 * @param total how many there are
 */
public record Step(String name, int done, int total) {
    public Step {
        Objects.requireNonNull(name, "name");
    }
}
