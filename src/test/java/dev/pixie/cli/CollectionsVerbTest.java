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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The collections there are, each command in a process of its own. */
@Tag("python")
class CollectionsVerbTest {
    @TempDir
    private Path home;

    @Test
    void they_are_listed_described_copied_renamed_and_deleted() throws IOException {
        Path folder = Files.createDirectories(home.resolve("drawings"));
        Files.copy(ShippedFiles.pictures().resolve("dog.png"), folder.resolve("dog.png"));
        assertEquals("", run("collections").out());
        assertEquals(
                0,
                run("index", "-c", "pets", "--model", "demo", folder.toString()).exitCode());

        JsonNode pets = json(run("collections"));
        assertEquals("pets", pets.get("name").asText());
        assertEquals(1, pets.get("items").asInt());
        assertEquals("demo", pets.at("/model/name").asText());
        assertTrue(pets.get("description").isNull());

        assertEquals(
                "all of them",
                json(run("collections", "describe", "pets", "all of them"))
                        .get("description")
                        .asText());
        assertEquals(
                "dogs",
                json(run("collections", "copy", "pets", "dogs")).get("name").asText());
        JsonNode friends = json(run("collections", "rename", "dogs", "friends"));
        assertEquals(
                home.resolve("collections/friends").toString(),
                friends.get("path").asText());
        assertEquals("all of them", friends.get("description").asText());
        assertEquals(2, run("collections").lines().size());
        assertEquals(1, run("search", "-c", "friends", "a dog").lines().size());

        Outcome asked = run("collections", "delete", "friends");
        assertEquals(ExitCode.USAGE, asked.exitCode());
        assertTrue(asked.err().contains("add --yes"), asked.err());
        assertEquals(
                "deleted friends\n",
                run("collections", "delete", "friends", "--yes").out());
        assertFalse(Files.exists(home.resolve("collections/friends")));
        assertTrue(Files.exists(folder.resolve("dog.png")));
        assertEquals("pets", json(run("collections")).get("name").asText());
    }

    @Test
    void what_makes_no_sense_is_refused() {
        Outcome missing = run("collections", "info", "birds");
        assertEquals(ExitCode.FAILED, missing.exitCode());
        assertTrue(missing.err().contains("there is no collection in"), missing.err());
        Outcome words = run("collections", "rename", "birds");
        assertEquals(ExitCode.USAGE, words.exitCode());
        assertTrue(words.err().contains("collections rename takes NAME NEW"), words.err());
        assertEquals(ExitCode.USAGE, run("collections", "shrink", "birds").exitCode());
    }

    private Outcome run(String... words) {
        return PixieProcess.withPython(home).run(words);
    }

    private static JsonNode json(Outcome outcome) throws IOException {
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.lines().size(), outcome.out());
        return new ObjectMapper().readTree(outcome.out());
    }
}
