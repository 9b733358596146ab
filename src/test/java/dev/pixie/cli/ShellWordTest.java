package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dog.jpg",
                "a dog",
                "it's",
                "$HOME",
                "`x`",
                "a\"b",
                "back\\slash",
                "hey!",
                "日本 語",
                "",
                "a\nb",
                "#x",
                "*"
            })
    void a_shell_reads_back_what_was_quoted(String word) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", "printf %s " + ShellWord.quote(word)).start();
        assertEquals(word, new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }

    @Test
    void plain_words_need_no_quotes() {
        assertEquals("@/photos/beach.jpg", ShellWord.quote("@/photos/beach.jpg"));
        assertEquals("\"a dog\"", ShellWord.quote("a dog"));
    }
}
