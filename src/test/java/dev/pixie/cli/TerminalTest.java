package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person at a terminal sees, on a terminal that Python plays. */
@Tag("python")
class TerminalTest {
    private static final int COLUMNS = 60;

    @TempDir
    static Path home;

    private static Path folder;

    private static PixieProcess onTerminal(PixieProcess process, String typed) throws URISyntaxException {
        Path terminal = Path.of(Objects.requireNonNull(TerminalTest.class.getResource("terminal.py"))
                .toURI());
        return process.through(PixieProcess.python(), terminal.toString(), Integer.toString(COLUMNS), typed)
                .environment("TERM", "xterm")
                .environment("NO_COLOR", "");
    }

    private static PixieProcess onTerminal() throws URISyntaxException {
        return onTerminal(PixieProcess.withPython(home), "");
    }

    @BeforeAll
    static void index_with_a_bar() throws Exception {
        folder = Files.createDirectories(home.resolve("a folder with a rather long name, as some have"));
        for (String name : List.of("dog", "cat", "rocket")) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
        Files.writeString(folder.resolve("broken.png"), "not a picture");
        Outcome outcome = onTerminal().run("index", "--model", "demo", folder.toString());
        assertEquals(3, outcome.exitCode(), outcome.out());
        assertTrue(outcome.out().contains("\rIndexing 100% |"), outcome.out());
        assertTrue(outcome.out().contains("4/4"), outcome.out());
        assertTrue(outcome.out().contains("broken.png"), outcome.out());
        String last = outcome.out().substring(outcome.out().lastIndexOf("\u001b[K") + 3);
        assertTrue(last.startsWith("indexed 3 pictures into default"), last);
    }

    @Test
    void hits_are_a_table_that_fits() throws Exception {
        Outcome outcome = onTerminal().environment("NO_COLOR", "1").run("search", "@" + folder.resolve("dog.png"));
        List<String> lines = outcome.lines();
        assertEquals("    score  id", lines.get(0));
        assertEquals(4, lines.size(), outcome.out());
        assertTrue(lines.get(1).startsWith("1  1.0000  a folder with"), lines.get(1));
        assertTrue(lines.get(1).contains("…") && lines.get(1).endsWith("/dog.png"), lines.get(1));
        assertTrue(lines.stream().allMatch(line -> TextWidth.of(line) <= COLUMNS), outcome.out());
    }

    @Test
    void colours_can_be_turned_off() throws Exception {
        assertTrue(onTerminal().run("stats").out().contains("\u001b[2m"));
        assertFalse(onTerminal().environment("NO_COLOR", "1").run("stats").out().contains("\u001b["));
        assertFalse(onTerminal().run("stats", "--color", "never").out().contains("\u001b["));
    }

    @Test
    void words_without_quotes_get_a_hint() throws Exception {
        String hint = "for one text, quote it: pixie search \"a dog running\"";
        assertTrue(onTerminal().run("search", "a", "dog", "running").out().contains(hint));
        assertFalse(onTerminal().run("search", "a dog running").out().contains(hint));
        assertFalse(PixieProcess.withPython(home)
                .run("search", "a", "dog", "running")
                .err()
                .contains(hint));
    }

    @Test
    void removing_by_prefix_asks_first() throws Exception {
        Outcome no = onTerminal(PixieProcess.withPython(home), "n\n").run("remove", "--prefix", "a folder");
        assertEquals(1, no.exitCode(), no.out());
        assertTrue(no.out().contains("Remove 3 items"), no.out());
        assertTrue(no.out().contains("nothing removed"), no.out());
        assertEquals(3, PixieProcess.withPython(home).run("list").lines().size());
    }

    @Test
    void a_missing_python_is_offered_to_be_made() throws Exception {
        Path bare = Files.createDirectories(home.resolve("bare"));
        Outcome no = onTerminal(PixieProcess.withoutPython(bare), "n\n").run("list");
        assertEquals(1, no.exitCode(), no.out());
        assertTrue(no.out().contains("Make it now? [y/N] n"), no.out());
        assertTrue(no.out().contains("pixie setup"), no.out());
    }

    @Test
    void an_item_is_shown_line_by_line() throws Exception {
        String id = folder.getFileName() + "/dog.png";
        List<String> lines =
                onTerminal().environment("NO_COLOR", "1").run("show", id).lines();
        assertEquals(id, lines.get(0));
        assertTrue(lines.contains("  pixels      128 x 128"), lines.toString());
    }

    @Test
    void a_long_list_says_that_there_is_more() throws IOException, URISyntaxException {
        Outcome outcome = onTerminal().environment("NO_COLOR", "1").run("list", "--limit", "2");
        assertTrue(outcome.out().contains("pixie: 1 more (next: --offset 2)"), outcome.out());
    }
}
