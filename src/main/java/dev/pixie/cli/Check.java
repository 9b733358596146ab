package dev.pixie.cli;

import java.util.Locale;
import java.util.Optional;

/**
 * One line of {@code pixie doctor}.
 *
 * @param name what was looked at, such as {@code libjep}
 * @param status how it is
 * @param message what was found
 * @param fix what to do about it, unless it is fine
 */
record Check(String name, Status status, String message, Optional<String> fix) {
    /** How something is. */
    enum Status {
        /** Fine. */
        OK(Style.GREEN),
        /** Pixie runs, but a user may want to know. */
        WARNING(Style.YELLOW),
        /** Pixie does not run. */
        BROKEN(Style.RED),
        /** Can't be looked at until something else is mended. */
        UNKNOWN(Style.DIM);

        private final Style style;

        Status(Style style) {
            this.style = style;
        }

        Style style() {
            return style;
        }

        /** As printed, and as in JSON. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Check ok(String name, String message) {
        return new Check(name, Status.OK, message, Optional.empty());
    }

    static Check warning(String name, String message, String fix) {
        return new Check(name, Status.WARNING, message, Optional.of(fix));
    }

    static Check broken(String name, String message, String fix) {
        return new Check(name, Status.BROKEN, message, Optional.of(fix));
    }

    static Check unknown(String name, String message) {
        return new Check(name, Status.UNKNOWN, message, Optional.empty());
    }

    boolean isBroken() {
        return status == Status.BROKEN;
    }
}
