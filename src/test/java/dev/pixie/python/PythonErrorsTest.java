package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.pixie.ClosedException;
import dev.pixie.CollectionException;
import dev.pixie.InvalidInputException;
import dev.pixie.ModelException;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import dev.pixie.PythonSetupException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PythonErrorsTest {
    private static final String TRACEBACK = """
            Traceback (most recent call last):
              File "/a/outer.py", line 3, in outer
                inner()
              File "/a/inner.py", line 14, in inner
                raise ValueError("bad: value")
            ValueError: bad: value
            """;

    @Test
    void each_type_has_its_exception_with_all_that_python_said() {
        InvalidInputException input = assertInstanceOf(InvalidInputException.class, error("invalid_input"));
        assertEquals("what", input.message());
        assertEquals(Optional.of("how"), input.fix());
        assertEquals(Optional.of("which"), input.item());
        assertEquals(Optional.of("why"), input.code());

        assertEquals(
                "why", assertInstanceOf(ModelException.class, error("model")).code());
        assertEquals(
                "why",
                assertInstanceOf(CollectionException.class, error("collection")).code());
        assertInstanceOf(ClosedException.class, error("closed"));
        assertEquals(
                Optional.of("how"),
                assertInstanceOf(PythonSetupException.class, error("setup")).fix());
        for (String type : new String[] {"invalid_input", "model", "collection", "closed", "setup"}) {
            PythonFailure report =
                    assertInstanceOf(PythonFailure.class, error(type).getCause());
            assertEquals(TRACEBACK, report.traceback());
        }
    }

    @Test
    void an_unexpected_error_keeps_its_class_its_message_and_its_frames() {
        PythonFailure failure = assertInstanceOf(
                PythonFailure.class, exception("failure", "ValueError: bad: value\nsecond line", TRACEBACK));
        assertEquals("ValueError", failure.type());
        assertEquals("ValueError: bad: value\nsecond line", failure.message());
        assertEquals("inner", failure.getStackTrace()[0].getMethodName());
        assertEquals("/a/inner.py", failure.getStackTrace()[0].getFileName());
        assertEquals(14, failure.getStackTrace()[0].getLineNumber());
        assertEquals("outer", failure.getStackTrace()[1].getMethodName());
        assertTrue(failure.getStackTrace().length > 2, "Java's frames come below");
    }

    @Test
    void a_class_without_a_message_is_the_message() {
        assertEquals(
                "KeyboardInterrupt",
                exception("failure", "KeyboardInterrupt", "").message());
    }

    @Test
    void an_error_that_says_nothing_is_an_error_all_the_same() throws JsonProcessingException {
        PixieException failure = PythonErrors.toException(Json.MAPPER.readTree("{}"));
        assertTrue(failure.message().contains("no message"), failure.message());
    }

    private static PixieException error(String type) {
        return exception(type, "what", TRACEBACK);
    }

    private static PixieException exception(String type, String message, String traceback) {
        return PythonErrors.toException(Json.MAPPER
                .createObjectNode()
                .put("type", type)
                .put("message", message)
                .put("fix", "how")
                .put("item", "which")
                .put("code", "why")
                .put("traceback", traceback));
    }
}
