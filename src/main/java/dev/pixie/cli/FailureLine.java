package dev.pixie.cli;

import dev.pixie.Failure;

/** Names an item that could not be taken in, and why. */
final class FailureLine {
    private FailureLine() {}

    static String of(Failure failure) {
        String name = failure.path().map(FileArgument::nameOf).orElse(failure.id());
        String subject = failure.message().contains(name) ? "" : TextWidth.printable(name) + ": ";
        return subject + TextWidth.printable(failure.message()) + " [" + failure.code() + "]";
    }
}
