package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.ClosedException;
import dev.pixie.CollectionException;
import dev.pixie.InvalidInputException;
import dev.pixie.ModelException;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import dev.pixie.PythonSetupException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns the errors of {@code bridge.py} into exceptions. */
final class PythonErrors {
    private static final String NO_CODE = "unknown";
    private static final Pattern CLASS_AND_MESSAGE =
            Pattern.compile("(?<type>[\\w.]+)(: (?<message>.*))?", Pattern.DOTALL);

    private PythonErrors() {}

    /**
     * The exception for an error object of the bridge. One of a known type has what Python reported as its cause.
     *
     * @param error {@code {"type", "message", "fix", "item", "code", "traceback"}}
     */
    static PixieException toException(JsonNode error) {
        String type = error.path("type").asText("failure");
        String message = error.path("message").asText("Python reported no message");
        String fix = text(error, "fix");
        String code = text(error, "code");
        PythonFailure reported = reported(error, message, fix);
        return switch (type) {
            case "invalid_input" -> new InvalidInputException(message, fix, text(error, "item"), code, reported);
            case "model" -> new ModelException(message, fix, code == null ? NO_CODE : code, reported);
            case "collection" -> new CollectionException(message, fix, code == null ? NO_CODE : code, reported);
            case "closed" -> new ClosedException(message, reported);
            case "setup" -> new PythonSetupException(message, fix == null ? "run: pixie doctor" : fix, reported);
            default -> reported;
        };
    }

    /** The message of an unexpected error begins with the name of Python's class. */
    private static PythonFailure reported(JsonNode error, String message, @Nullable String fix) {
        String traceback = error.path("traceback").asText("");
        Matcher named = CLASS_AND_MESSAGE.matcher(message);
        return named.matches() && error.path("type").asText().equals("failure")
                ? new PythonFailure(named.group("type"), Objects.toString(named.group("message"), ""), fix, traceback)
                : new PythonFailure("PixieError", message, fix, traceback);
    }

    private static @Nullable String text(JsonNode error, String key) {
        return error.path(key).textValue();
    }
}
