package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.cli.PixieProcess.Outcome;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class DemoVerbTest {
    @TempDir
    Path home;

    private static void assertAnswers(Outcome outcome) {
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.err());
        assertTrue(outcome.out().contains("knows drawings, not photographs"), outcome.out());
        List<String> commands =
                outcome.lines().stream().filter(line -> line.startsWith("$ ")).toList();
        assertEquals(3, commands.size(), outcome.out());
        assertEquals(
                15,
                outcome.lines().stream()
                        .filter(line -> line.matches("\\d  -?[01]\\.\\d{4}  \\S+/.+\\.png"))
                        .count());
        assertTrue(outcome.out().contains("1.0000  "), outcome.out()); // the picture finds itself
    }

    @Test
    void the_demo_answers_and_answers_again() {
        Outcome first = PixieProcess.withPython(home).run("demo");
        assertAnswers(first);
        assertTrue(first.out().contains("342 of them indexed just now"), first.out());
        Outcome second = PixieProcess.withPython(home).run("demo");
        assertAnswers(second);
        assertTrue(second.out().contains("0 of them indexed just now"), second.out());
    }

    @Test
    void the_commands_it_shows_can_be_copied() throws IOException {
        Outcome demo = PixieProcess.withPython(home)
                .environment("PIXIE_COMMAND", "./pixie")
                .run("demo");
        String shown = demo.lines().stream()
                .filter(line -> line.startsWith("$ "))
                .findFirst()
                .orElseThrow();
        assertTrue(shown.startsWith("$ ./pixie search -c demo \""), shown);
        String words = shown.substring(shown.indexOf('"') + 1, shown.lastIndexOf('"'));
        Outcome copied = PixieProcess.withPython(home).run("search", "-c", "demo", words, "-k", "5");
        for (String line : copied.lines()) {
            String id = line.substring(line.indexOf(":\"") + 2, line.indexOf("\","));
            assertTrue(demo.out().contains(id), id);
        }
    }

    @Test
    void the_demo_works_away_from_the_checkout_and_back() throws IOException, URISyntaxException {
        Path classes = home.resolve("classes");
        Path built = Path.of(
                Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(built)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, classes.resolve(built.relativize(file).toString()));
            }
        }
        String classPath = System.getProperty("java.class.path").replace(built.toString(), classes.toString());
        Outcome outcome =
                PixieProcess.withPython(home).classPath(classPath).in(home).run("demo");
        assertAnswers(outcome);
        assertFalse(outcome.out().contains(built.toString()), outcome.out());
        assertTrue(outcome.out().contains(" @cache/"), outcome.out()); // as it is named from where it ran

        // the same drawings in another place are not found twice
        assertAnswers(PixieProcess.withPython(home).run("demo"));
        String stats = PixieProcess.withPython(home).run("stats", "-c", "demo").out();
        assertTrue(stats.contains("\"items\":342,"), stats);
    }
}
