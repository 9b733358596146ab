package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.PythonFailure;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What crosses between Java and Python: errors, texts and arrays. */
@Tag("python")
class BridgeTest {
    private final Lane lane = TestPython.lane(LaneKind.SEARCH);

    @Test
    void an_error_arrives_with_its_whole_message() {
        PythonFailure failure = assertThrows(
                PythonFailure.class, () -> lane.call("read_missing_file", Map.of("path", "/no/such/file-é😀")));

        assertEquals("FileNotFoundError", failure.type());
        assertEquals(
                "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file-é😀'", failure.getMessage());
    }

    @Test
    void an_error_arrives_with_its_traceback_and_what_caused_it() {
        PythonFailure failure = assertThrows(
                PythonFailure.class, () -> lane.call("raise_chained", Map.of("message", "first line\nsecond line 😀")));

        assertEquals("ValueError: first line\nsecond line 😀", failure.getMessage());
        assertTrue(failure.traceback().contains("KeyError: 'first'"), failure.traceback());
        assertTrue(failure.traceback().contains("in inner"), failure.traceback());
        StackTraceElement nearest = failure.getStackTrace()[0];
        assertEquals("raise_chained", nearest.getMethodName());
        assertTrue(nearest.toString().contains("decoy.py"), nearest.toString());
    }

    @Test
    void sys_exit_ends_the_call_and_not_the_jvm() {
        for (Object code : List.of(0, 3, "a reason")) {
            PythonFailure failure = assertThrows(PythonFailure.class, () -> lane.call("leave", Map.of("code", code)));
            assertEquals("SystemExit: " + code, failure.getMessage());
        }
        assertEquals(
                "KeyboardInterrupt",
                assertThrows(PythonFailure.class, () -> call("interrupt")).getMessage());

        assertEquals(PixieVersion.get(), call("hello").required("version").asText());
    }

    @Test
    void endless_recursion_is_an_error_for_a_caller_with_a_small_stack() throws InterruptedException {
        Throwable[] thrown = new Throwable[1];
        Thread caller = new Thread(
                null,
                () -> thrown[0] = assertThrows(PythonFailure.class, () -> call("recurse")),
                "a caller with 256 KB",
                256 << 10);
        caller.start();
        caller.join();

        assertTrue(thrown[0] instanceof PythonFailure failure && failure.type().equals("RecursionError"));
        assertEquals(PixieVersion.get(), call("hello").required("version").asText());
    }

    @Test
    void an_unknown_function_is_an_error_that_names_it() {
        PythonFailure failure = assertThrows(PythonFailure.class, () -> call("no_such_function"));
        assertTrue(failure.getMessage().contains("no_such_function"), failure.getMessage());
    }

    static Stream<String> texts() {
        return Stream.of(
                "plain",
                "",
                "é ß 中文",
                "😀👩‍👩‍👧‍👦",
                "a\0b",
                "\uD83D",
                "x\uDE00y",
                "\uDE00\uD83D",
                "\uFEFFbom \u2028\u007f\r\n\t\"\\",
                "long ".repeat(100_000));
    }

    @ParameterizedTest
    @MethodSource("texts")
    void every_text_crosses_unharmed(String text) {
        assertEquals(
                text, lane.call("echo", Map.of("text", text)).required("text").textValue());

        JsonNode codePoints = lane.call("code_points", Map.of("text", text));
        int[] seen = IntStream.range(0, codePoints.size())
                .map(i -> codePoints.get(i).asInt())
                .toArray();
        assertArrayEquals(text.codePoints().toArray(), seen);
    }

    @Test
    void a_text_that_jep_would_stumble_over_leaves_the_next_call_alone() {
        lane.call("echo", Map.of("text", "\uD83D"));
        assertEquals(
                "fine",
                lane.call("echo", Map.of("text", "fine")).required("text").asText());
    }

    @Test
    void python_reads_and_fills_arrays_in_place() {
        FloatArray floats = new FloatArray(3, 4);
        lane.call("count_up", Map.of("start", 7), floats);
        assertArrayEquals(new float[] {11, 12, 13, 14}, floats.row(1));

        floats.setRow(2, new float[] {0.5f, 0, 0, 0});
        JsonNode seen = lane.call("describe_array", Map.of(), floats);
        assertEquals("float32", seen.required("dtype").asText());
        assertEquals(List.of(3, 4), shape(seen));
        assertEquals(
                7 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 0.5, seen.required("sum").asDouble());
        assertTrue(seen.required("writable").asBoolean());
    }

    @Test
    void bytes_are_unsigned() {
        ByteArray bytes = ByteArray.copyOf(new byte[] {0, 1, (byte) 200, (byte) 255});
        JsonNode seen = lane.call("describe_array", Map.of(), bytes);
        assertEquals("uint8", seen.required("dtype").asText());
        assertEquals(456, sum(bytes));

        ByteArray pictures = new ByteArray(2, 5, 5, 3);
        lane.call("count_up", Map.of("start", 10), pictures);
        assertEquals((byte) (10 + 75), pictures.row(1)[0]);
        assertEquals(List.of(2, 5, 5, 3), shape(lane.call("describe_array", Map.of(), pictures)));
    }

    @Test
    void some_rows_are_a_window_on_the_whole() {
        FloatArray whole = new FloatArray(4, 2);
        lane.call("count_up", Map.of("start", 1), whole.rows(2, 1));
        assertArrayEquals(new float[] {0, 0}, whole.row(1));
        assertArrayEquals(new float[] {1, 2}, whole.row(2));
        assertArrayEquals(new float[] {0, 0}, whole.row(3));

        ByteArray pictures = new ByteArray(3, 2, 2, 3);
        lane.call("count_up", Map.of("start", 0), pictures.rows(1, 1));
        assertEquals(66, sum(pictures));
        assertEquals(66, sum(pictures.rows(1, 1)));
        assertThrows(IndexOutOfBoundsException.class, () -> pictures.rows(2, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> whole.row(-1));
    }

    @Test
    void a_row_of_bytes_is_copied_from_one_array_to_another() {
        ByteArray one = new ByteArray(2, 2, 2, 3);
        lane.call("count_up", Map.of("start", 0), one);
        ByteArray other = new ByteArray(3, 2, 2, 3);
        other.setRow(2, one, 1);
        assertArrayEquals(one.row(1), other.row(2));
        assertEquals(sum(one.rows(1, 1)), sum(other));
        assertThrows(IndexOutOfBoundsException.class, () -> other.setRow(3, one, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> other.setRow(0, one, 2));
        assertThrows(IllegalArgumentException.class, () -> other.setRow(0, new ByteArray(1, 2, 2), 0));
    }

    @Test
    void an_array_of_no_rows_crosses() {
        assertEquals(List.of(0, 768), shape(lane.call("describe_array", Map.of(), new FloatArray(0, 768))));
        assertEquals(List.of(0), shape(lane.call("describe_array", Map.of(), ByteArray.copyOf(new byte[0]))));
    }

    @Test
    void a_java_package_does_not_hide_the_python_module_of_its_name() throws ClassNotFoundException {
        Class.forName("decoy.Decoy");
        JsonNode where = call("where");
        assertTrue(
                where.required("file").asText().endsWith("decoy.py"),
                where.required("file").asText());
    }

    @Test
    void python_sees_no_java_packages_but_javas_own() {
        PythonFailure failure = assertThrows(PythonFailure.class, () -> call("import_java"));
        assertEquals("ModuleNotFoundError", failure.type());
    }

    @Test
    void idle_threads_of_openmp_are_told_to_sleep_before_anything_is_imported() {
        assertEquals("PASSIVE", call("where").required("omp_wait_policy").asText());
    }

    @Test
    void pixies_own_tree_is_first_on_pythons_path() {
        assertEquals(
                ShippedFiles.pythonTree().toString(),
                call("where").required("path").get(0).asText());
    }

    private JsonNode call(String function) {
        return lane.call(function, Map.of());
    }

    private static List<Integer> shape(JsonNode seen) {
        return IntStream.range(0, seen.required("shape").size())
                .mapToObj(i -> seen.required("shape").get(i).asInt())
                .toList();
    }

    private double sum(ByteArray bytes) {
        return lane.call("describe_array", Map.of(), bytes).required("sum").asDouble();
    }
}
