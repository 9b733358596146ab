package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.CollectionException;
import dev.pixie.InvalidInputException;
import dev.pixie.PythonFailure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ErrorLineTest {
    private static String printed(Throwable error, boolean verbose) {
        var messages = new ByteArrayOutputStream();
        ErrorLine.print(Console.of(new ByteArrayOutputStream(), messages, false, 80), error, verbose);
        return messages.toString(StandardCharsets.UTF_8);
    }

    @Test
    void says_what_went_wrong_and_what_to_do() {
        var error = new CollectionException("another process writes to /photos.", "wait for it", "locked", null);
        assertEquals("pixie: another process writes to /photos; wait for it\n", printed(error, false));
    }

    @Test
    void an_error_of_several_lines_takes_one() {
        assertEquals("pixie: a; b\n", printed(new InvalidInputException("a\n   b\n"), false));
    }

    @Test
    void an_unexpected_error_says_how_to_learn_more() {
        String line = printed(new PythonFailure("builtins.ValueError", "boom", null, "Traceback..."), false);
        assertEquals("pixie: builtins.ValueError: boom; for the whole story add --verbose\n", line);
        assertTrue(printed(new IllegalStateException("boom"), false).contains("--verbose"));
    }

    @Test
    void the_stack_is_shown_only_when_asked_for() {
        assertFalse(printed(new IllegalStateException("boom"), false).contains("\tat "));
        assertTrue(printed(new IllegalStateException("boom"), true).contains("\tat dev.pixie.cli.ErrorLineTest"));
    }
}
