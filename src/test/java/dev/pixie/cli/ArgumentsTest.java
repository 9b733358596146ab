package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    @Test
    void words_that_the_jvm_could_not_read_are_restored() {
        byte[] commandLine = "java\0-jar\0pixie.jar\0search\0日本\0--minus\0é\0".getBytes(StandardCharsets.UTF_8);
        String[] seen = {"search", "\uFFFD\uFFFD", "--minus", "\uFFFD"};
        assertArrayEquals(new String[] {"search", "日本", "--minus", "é"}, Arguments.restored(seen, commandLine));
    }

    @Test
    void empty_words_keep_their_place() {
        byte[] commandLine = "java\0Main\0search\0\0é\0\0".getBytes(StandardCharsets.UTF_8);
        assertArrayEquals(
                new String[] {"search", "", "é", ""},
                Arguments.restored(new String[] {"search", "", "\uFFFD", ""}, commandLine));
    }

    @Test
    void words_that_are_all_right_are_left_alone() {
        String[] seen = {"search", "日本"};
        assertSame(seen, Arguments.ofProcess(seen));
    }

    @Test
    void a_command_line_that_is_too_short_is_not_believed() {
        String[] seen = {"search", "\uFFFD"};
        assertSame(seen, Arguments.restored(seen, "java\0".getBytes(StandardCharsets.UTF_8)));
    }
}
