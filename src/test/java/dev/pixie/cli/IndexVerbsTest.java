package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verbs about a collection's index, each time in a process of its own. */
@Tag("python")
class IndexVerbsTest {
    private static final List<String> DRAWINGS = List.of("pizza", "dog", "cat", "rocket", "banana");

    @TempDir
    static Path home;

    @BeforeAll
    static void index_some_drawings() throws IOException {
        Path folder = Files.createDirectories(home.resolve("drawings"));
        for (String name : DRAWINGS) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
        Outcome outcome = run("index", "--model", "demo", folder.toString());
        assertEquals(0, outcome.exitCode(), outcome.err());
    }

    private static Outcome run(String... words) {
        return PixieProcess.withPython(home).in(home).run(words);
    }

    private static JsonNode json(Outcome outcome) throws IOException {
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.lines().size(), outcome.out());
        return new ObjectMapper().readTree(outcome.out());
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void an_index_becomes_another() throws IOException {
        Outcome said = run("reindex", "--kind", "kmeans", "--set", "seed=3");
        assertEquals(0, said.exitCode(), said.err());
        assertTrue(said.out().startsWith("reindexed 5 vectors of default as kmeans (seed 3) in "), said.out());
        assertTrue(said.out().endsWith("; so few are all scanned exactly\n"), said.out());
        JsonNode report = json(run("reindex", "--set", "seed=none", "--json"));
        assertEquals("kmeans", report.get("before").textValue());
        assertTrue(report.get("settings").isEmpty());
        assertEquals("kmeans", json(run("stats")).get("index").get("kind").textValue());
        assertEquals(
                "lsh",
                json(run("reindex", "--kind", "lsh", "--json")).get("kind").textValue());
        assertEquals(5, run("search", "a dog").lines().size());
    }

    @ParameterizedTest
    @CsvSource({
        "reindex --kind trees, 2, trees",
        "reindex --set seed=much, 2, seed=much",
        "reindex --set trees=3, 1, trees",
        "reindex --kind lsh --set bits=99, 1, bits is 99",
        "reindex -c nowhere, 1, nowhere",
        "tune --recall 0, 1, recall is 0",
        "tune --recall 1.5, 1, recall is 1.5",
        "tune --kinds lsh;trees, 2, trees",
        "bench --kinds trees, 2, trees",
        "bench -k 0, 1, k is 0"
    })
    void words_that_make_no_sense_are_refused(String words, int exitCode, String said) {
        Outcome outcome = run(words.replace(';', ',').split(" "));
        assertEquals(exitCode, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(said), outcome.err());
    }

    @Test
    void tuning_says_what_was_measured() throws IOException {
        Outcome outcome = run("tune", "--kinds", "exact,lsh");
        JsonNode report = json(outcome);
        assertTrue(report.get("tuned").isNull());
        assertEquals(2, report.get("kinds").size());
        assertEquals(
                1,
                report.get("kinds").get(0).get("results").get(0).get("recall").doubleValue());
        assertTrue(outcome.err().contains("queries of modality image to measure with: 5"), outcome.err());
        assertEquals(0, run("tune", "--dry-run", "--kinds", "exact").exitCode());
    }

    @Test
    void curves_go_into_a_folder() throws IOException {
        Outcome outcome = run("bench", "--kinds", "exact,kmeans", "--queries", "5");
        JsonNode report = json(outcome);
        Path folder = home.resolve("pixie-bench-default");
        assertTrue(outcome.err().contains("pixie-bench-default/bench.png"), outcome.err());
        JsonNode written =
                new ObjectMapper().readTree(folder.resolve("bench.json").toFile());
        assertEquals(names(written), names(report));
        assertEquals(written.get("files").size(), report.get("files").size());
        for (int kind = 0; kind < 2; kind++) {
            JsonNode expected = written.get("kinds").get(kind);
            assertEquals(names(expected), names(report.get("kinds").get(kind)));
            assertEquals(expected.get("points"), report.get("kinds").get(kind).get("points"));
        }
        assertTrue(Files.size(folder.resolve("bench.png")) > 1000);
        assertTrue(Files.exists(folder.resolve("bench.svg")));
        run("bench", "--kinds", "exact", "--out", "elsewhere");
        assertTrue(Files.exists(home.resolve("elsewhere/bench.png")));
        assertFalse(Files.exists(home.resolve("collections/default/bench.png")));
    }
}
