package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompletionTest {
    @TempDir
    static Path folder;

    private static Path script;

    @BeforeAll
    static void print_the_script() throws IOException {
        script = folder.resolve("pixie.bash");
        Files.writeString(
                script,
                PixieProcess.withoutPython(folder).run("completion", "bash").out());
    }

    /** What bash would offer after these words, the last of which is being typed. */
    private static List<String> offered(String... words) throws IOException {
        String typed = String.join(" ", words);
        Process bash = new ProcessBuilder(
                        "bash",
                        "--norc",
                        "-c",
                        "source " + script + "\nCOMP_WORDS=(" + typed.replace("''", "\"\"") + ")\nCOMP_CWORD="
                                + (words.length - 1)
                                + "\nCOMP_TYPE=9\n_complete_pixie\nprintf '%s\\n' \"${COMPREPLY[@]}\"")
                .start();
        return new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    @Test
    void the_script_is_valid_bash() throws Exception {
        Process check = new ProcessBuilder("bash", "-n", script.toString())
                .redirectErrorStream(true)
                .start();
        String said = PixieProcess.text(check.getInputStream());
        assertEquals(0, check.waitFor(), said);
    }

    @Test
    void verbs_are_completed() throws IOException {
        assertEquals(
                List.of("search", "set", "setup", "show", "stats"),
                offered("pixie", "s").stream().map(String::strip).sorted().toList());
    }

    @Test
    void options_are_completed() throws IOException {
        List<String> options = offered("pixie", "search", "--mi").stream()
                .map(String::strip)
                .sorted()
                .toList();
        assertEquals(List.of("--min-score", "--minus"), options);
    }

    @Test
    void zsh_reads_the_same_script() {
        String zsh = PixieProcess.withoutPython(folder).run("completion", "zsh").out();
        assertTrue(zsh.startsWith("autoload "), zsh);
        assertTrue(zsh.contains("bashcompinit"));
    }
}
