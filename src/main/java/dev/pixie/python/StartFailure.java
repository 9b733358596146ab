package dev.pixie.python;

import dev.pixie.PixieException;
import dev.pixie.PythonSetupException;

/** Says in Pixie's words why Python did not start, where jep has only the loader's. */
final class StartFailure {
    private StartFailure() {}

    static PixieException explain(PythonEnvironment environment, Throwable cause) {
        if (cause instanceof PixieException known) {
            return known;
        }
        String messages = messages(cause);
        if (messages.contains("already loaded in another classloader")) {
            return new PythonSetupException(
                    "Another class loader of this JVM has loaded jep, and a process can load it once",
                    "put pixie and jep on a class path that the applications share, or give each a JVM of its own",
                    cause);
        }
        if (messages.contains("previously failed to initialize")) {
            return new PythonSetupException(
                    "Something else in this JVM has tried to start Python through jep and failed: " + messages,
                    "open Pixie first, or run it in a JVM of its own",
                    cause);
        }
        if (cause instanceof UnsatisfiedLinkError || messages.contains("undefined symbol")) {
            return new PythonSetupException(
                    "The dynamic loader refuses %s: %s".formatted(environment.libjep(), messages),
                    "run: pixie setup --force",
                    cause);
        }
        return new PythonSetupException(
                "%s did not start inside this JVM: %s".formatted(environment, messages), "run: pixie doctor", cause);
    }

    /** jep wraps what happened in errors without a message of their own. */
    private static String messages(Throwable cause) {
        Throwable deepest = cause;
        while (deepest.getCause() != null && deepest.getCause() != deepest) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage();
        return message == null || message.isBlank() ? deepest.toString() : message;
    }
}
