package dev.pixie;

import java.util.Locale;

/** What a vector was made of. An item may own one vector of each. */
public enum Modality {
    /** The vector of a picture. */
    IMAGE,
    /** The vector of a text. */
    TEXT;

    /** The name used in JSON and on the command line: {@code image} or {@code text}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
