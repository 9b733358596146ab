package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that look after a collection, each time in a process of its own. */
@Tag("python")
class CareVerbsTest {
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

    private static JsonNode json(int exitCode, String... words) throws IOException {
        Outcome outcome = run(words);
        assertEquals(exitCode, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.lines().size(), outcome.out());
        return new ObjectMapper().readTree(outcome.out());
    }

    @Test
    void a_damaged_collection_is_named_repaired_and_filled_again() throws IOException {
        assertTrue(json(0, "verify").get("sound").booleanValue());
        assertEquals(5, json(0, "backup", "whole.zip").get("items").intValue());
        assertEquals(
                5, json(0, "restore", "whole.zip", "-c", "again").get("items").intValue());

        Path vectors = home.resolve("collections/again/vectors.f32");
        byte[] content = Files.readAllBytes(vectors);
        Files.write(vectors, Arrays.copyOf(content, content.length / 5 * 3 + 1));
        JsonNode found = json(1, "verify", "-c", "again", "--full");
        assertEquals(1, found.get("counts").get("vectors_short").intValue());
        assertEquals(
                "run: pixie repair", found.get("findings").get(0).get("fix").textValue());
        assertTrue(json(1, "repair", "--dry-run", "-c", "again").get("copies").isNull());

        JsonNode repaired = json(0, "repair", "-c", "again");
        assertTrue(repaired.get("sound").booleanValue());
        assertEquals(2, run("list", "--failed", "-c", "again").lines().size());
        Outcome indexed = run("index", "drawings", "-c", "again");
        assertEquals(0, indexed.exitCode(), indexed.err());
        assertTrue(indexed.out().contains("(2 new, 0 changed, 0 moved), 3 unchanged, 0 failed"), indexed.out());
        assertTrue(json(0, "verify", "-c", "again").get("sound").booleanValue());
    }

    @Test
    void room_is_given_back_once_items_were_removed() throws IOException {
        assertEquals(0, run("collections", "copy", "default", "less").exitCode());
        assertEquals(0, run("remove", "drawings/dog.png", "-c", "less").exitCode());
        JsonNode planned = json(0, "compact", "--dry-run", "-c", "less");
        assertEquals(1, planned.get("removed_rows").intValue());
        long bytes = planned.get("removed_bytes").longValue();
        assertEquals(planned.get("bytes_before"), planned.get("bytes_after"));
        JsonNode done = json(0, "compact", "-c", "less");
        assertEquals(4, done.get("rows").intValue());
        assertEquals(bytes, done.get("removed_bytes").longValue());
        assertEquals(bytes * 4, Files.size(home.resolve("collections/less/edition-2/vectors.f32")));
        assertEquals(0, json(0, "compact", "-c", "less").get("removed_rows").intValue());
        assertTrue(json(0, "verify", "--full", "-c", "less").get("sound").booleanValue());
        assertEquals(1, run("compact", "-c", "nowhere").exitCode());
    }

    @Test
    void nothing_is_written_over() throws IOException {
        Files.writeString(home.resolve("mine"), "mine");
        Outcome backup = run("backup", "mine");
        assertEquals(1, backup.exitCode());
        assertTrue(backup.err().contains("there is a file"), backup.err());
        assertEquals("mine", Files.readString(home.resolve("mine")));
        Outcome restore = run("restore", "mine", "-c", "new");
        assertEquals(1, restore.exitCode());
        assertTrue(restore.err().contains("is damaged or no backup"), restore.err());
        assertEquals(1, run("verify", "-c", "nowhere").exitCode());
    }
}
