package dev.pixie;

import java.io.Serial;

/** More work is waiting than may wait, and no place came free within the deadline. Trying again later may succeed. */
public final class OverloadedException extends PixieException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** A refusal with how long the caller waited and what for. */
    public OverloadedException(String message) {
        super(message, "call less often, or open Pixie with a larger queueCapacity or timeout", null);
    }
}
