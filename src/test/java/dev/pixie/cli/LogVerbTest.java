package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searches that tell of themselves, and the log of them, each time in a process of its own. */
@Tag("python")
class LogVerbTest {
    @TempDir
    private Path home;

    private Path collection;

    @BeforeEach
    void index_some_drawings() throws IOException {
        Path folder = Files.createDirectories(home.resolve("drawings"));
        for (String name : List.of("pizza", "dog", "cat")) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
        collection = home.resolve("collections/default");
        assertEquals(0, run("index", "--model", "demo", folder.toString()).exitCode());
    }

    private Outcome run(String... words) {
        return PixieProcess.withPython(home).run(words);
    }

    /** What a person at a terminal of 80 columns reads. */
    private String shown(String... words) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        String[] all = new String[words.length + 2];
        System.arraycopy(words, 0, all, 0, words.length);
        all[words.length] = "-c";
        all[words.length + 1] = collection.toString();
        int exitCode = Main.run(all, Console.of(out, err, true, 80));
        assertEquals(0, exitCode, err.toString(StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
    }

    private static List<JsonNode> json(Outcome outcome) throws IOException {
        assertEquals(0, outcome.exitCode(), outcome.err());
        List<JsonNode> objects = new ArrayList<>();
        for (String line : outcome.lines()) {
            objects.add(new ObjectMapper().readTree(line));
        }
        return objects;
    }

    @Test
    void a_search_is_explained_and_checked_after_its_hits() throws IOException {
        Outcome outcome = run("search", "a pizza", "-k", "2", "--kind", "kmeans", "--explain", "--check");
        List<JsonNode> lines = json(outcome);
        assertEquals(4, lines.size());
        assertTrue(lines.get(0).get("correct").booleanValue());
        assertEquals("kmeans", lines.get(2).get("explanation").get("kind").textValue());
        assertEquals(1.0, lines.get(3).get("check").get("recall").doubleValue());
        assertTrue(outcome.err().contains("pixie reindex --kind kmeans"), outcome.err());
        String table = shown("search", "a pizza", "-k", "2", "--explain", "--check", "--only", "texts");
        assertTrue(table.startsWith("\nrecall@2 1.00\n\nindex     auto\n"), table);
        assertTrue(table.contains("\nvectors   3, of which 0 are allowed\n"), table);
        assertTrue(table.endsWith("pixie: nothing found\n"), table);
    }

    @Test
    void a_kind_that_lacks_a_setting_is_a_failure_in_one_line() {
        Outcome outcome = run("search", "a pizza", "--exact", "--probes", "3");
        assertEquals(1, outcome.exitCode());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().contains("'probes'"), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @Test
    void past_queries_are_listed_newest_first() throws IOException {
        assertEquals(new Outcome(0, "", ""), run("log"));
        run("search", "a pizza", "--check");
        run("search", "@" + home.resolve("drawings/dog.png"), "0.5:snow", "--minus", "a cat", "-k", "2");
        List<JsonNode> queries = json(run("log"));
        assertEquals(2, queries.size());
        JsonNode newest = queries.get(0);
        assertEquals(
                "@" + home.resolve("drawings/dog.png"),
                newest.get("terms").get(0).textValue());
        assertEquals("-1:a cat", newest.get("terms").get(2).textValue());
        assertEquals(2, newest.get("k").intValue());
        assertTrue(newest.get("recall").isNull());
        assertEquals(queries.subList(1, 2), json(run("log", "--offset", "1", "-k", "5")));
        String table = shown("log");
        assertTrue(table.startsWith("time                  query"), table);
        assertTrue(table.contains("  a pizza  "), table);
        assertTrue(table.contains("  1.00\n"), table);
        assertTrue(shown("log", "-k", "1").endsWith("pixie: 1 more (next: --offset 1)\n"));
        List<String> csv = run("log", "--csv", "-k", "1").lines();
        assertEquals("time,query,modality,kind,settings,k,seconds,hits,recall", csv.get(0));
        assertTrue(
                csv.get(1)
                        .endsWith(" 0.5:snow '-1:a cat',,auto,,2," + csv.get(1).split(",")[6] + ",2,"),
                csv.get(1));
    }

    @Test
    void the_log_is_turned_off_and_cleared() {
        run("search", "a pizza");
        assertEquals(
                new Outcome(
                        0,
                        "the log of default is off\n",
                        "pixie: 1 query stays in it (to forget them: pixie log --clear)\n"),
                run("log", "--off"));
        run("search", "a secret");
        assertEquals(new Outcome(0, "forgot 1 query of default\n", ""), run("log", "--clear"));
        assertEquals(new Outcome(0, "", "pixie: the log of default is off (on again: pixie log --on)\n"), run("log"));
        assertEquals(new Outcome(0, "the log of default is on\n", ""), run("log", "--on"));
        run("search", "a dog");
        assertEquals(
                new Outcome(0, "the log of default is off\nforgot 1 query of default\n", ""),
                run("log", "--off", "--clear"));
    }

    @Test
    void a_collection_that_is_not_there_is_named() {
        Outcome outcome = run("log", "-c", "nowhere");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().contains("nowhere"), outcome.err());
    }
}
