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
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class IndexVerbTest {
    @TempDir
    Path home;

    private Path folder;

    @BeforeEach
    void take_some_drawings() throws IOException {
        folder = Files.createDirectories(home.resolve("drawings"));
        for (String name : List.of("dog", "cat")) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
    }

    private Outcome run(String... words) {
        return PixieProcess.withPython(home).run(words);
    }

    private Outcome index(String... words) {
        String[] all = new String[words.length + 4];
        all[0] = "index";
        all[1] = "--model";
        all[2] = "demo";
        all[3] = folder.toString();
        System.arraycopy(words, 0, all, 4, words.length);
        return run(all);
    }

    private static JsonNode json(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    @Test
    void unchanged_files_are_left_alone_and_changed_ones_are_not() throws IOException {
        assertEquals(0, index().exitCode());
        Files.copy(ShippedFiles.pictures().resolve("pizza.png"), folder.resolve("pizza.png"));
        Files.write(
                folder.resolve("cat.png"),
                Files.readAllBytes(ShippedFiles.pictures().resolve("rocket.png")));
        JsonNode report = json(index("--json").out());
        assertEquals(3, report.get("found").intValue());
        assertEquals(1, report.get("added").intValue());
        assertEquals(1, report.get("updated").intValue());
        assertEquals(1, report.get("unchanged").intValue());
        assertFalse(report.get("interrupted").booleanValue());
    }

    @Test
    void the_number_of_frames_is_the_collections() throws IOException {
        assertEquals(0, index("--frames", "4").exitCode());
        Path settings = home.resolve("collections/default/collection.json");
        assertEquals(4, json(Files.readString(settings)).at("/settings/frames").intValue());
        assertEquals(0, index("--frames", "4").exitCode());
        Outcome other = index("--frames", "2");
        assertEquals(1, other.exitCode());
        assertTrue(other.err().contains("embedded with 4 of the frames of an animation"), other.err());
        assertEquals(1, index("--frames", "33").exitCode());
    }

    @Test
    void files_that_fail_are_named_with_their_reason_and_the_rest_is_taken() throws IOException {
        Files.writeString(folder.resolve("broken.jpg"), "not a picture");
        Files.createFile(folder.resolve("empty.png"));
        Outcome outcome = index();
        assertEquals(3, outcome.exitCode());
        assertTrue(outcome.out().contains("indexed 2 pictures") && outcome.out().contains("2 failed"), outcome.out());
        List<String> named = outcome.err().lines().sorted().toList();
        assertEquals(2, named.size(), outcome.err());
        assertTrue(named.get(0).matches("pixie: .*/drawings/broken\\.jpg.* \\[not_an_image]"), named.get(0));
        assertTrue(named.get(1).matches("pixie: .*/drawings/empty\\.png.* \\[empty]"), named.get(1));

        List<String> listed = run("errors").lines();
        assertEquals(listed, run("list", "--failed").lines());
        assertEquals("drawings/broken.jpg", json(listed.get(0)).get("id").textValue());
        assertEquals("not_an_image", json(listed.get(0)).get("code").textValue());
        assertEquals(List.of(listed.get(1)), run("errors", "--code", "empty").lines());
        assertEquals(List.of(listed.get(1)), run("errors", "--offset", "1").lines());
        assertEquals(List.of(listed.get(0)), run("errors", "-k", "1").lines());
        assertEquals("", run("errors", "--code", "too_large").out());

        Outcome again = index();
        assertEquals(0, again.exitCode());
        assertTrue(again.err().contains("2 files failed before") && again.err().contains("pixie errors"), again.err());
        assertEquals(3, index("--retry").exitCode());
        assertEquals(3, index("--retry-failed").exitCode(), "its name in older versions");
    }

    @Test
    void a_program_can_follow_the_progress() throws IOException {
        Files.writeString(folder.resolve("broken.jpg"), "not a picture");
        Outcome outcome = index("--progress", "json", "--json");
        List<String> events = outcome.err().lines().toList();
        for (String event : events) {
            assertTrue(
                    List.of("progress", "failed")
                            .contains(json(event).get("event").textValue()),
                    event);
        }
        JsonNode last = json(events.get(events.size() - 1));
        assertEquals(2, last.get("done").intValue());
        assertEquals(1, last.get("failed").intValue());
        assertEquals(3, last.get("total").intValue());
        JsonNode failure = json(events.stream()
                .filter(event -> event.contains("\"failed\",\"id\""))
                .findFirst()
                .orElseThrow());
        assertEquals("drawings/broken.jpg", failure.get("id").textValue());
        assertEquals(
                "not_an_image",
                json(outcome.out()).get("failures").get(0).get("code").textValue());
    }

    @Test
    void moved_and_copied_files_are_counted_as_such() throws IOException {
        index();
        Files.move(folder.resolve("dog.png"), folder.resolve("hound.png"));
        Files.copy(folder.resolve("cat.png"), folder.resolve("kitten.png"));
        Outcome outcome = index("--json", "--progress", "json");
        JsonNode report = json(outcome.out());
        assertEquals(1, report.get("moved").intValue());
        assertEquals(1, report.get("added").intValue());
        assertEquals(1, report.get("copied").intValue());
        assertEquals(0, report.get("removed").intValue());
        List<String> events = outcome.err().lines().toList();
        JsonNode last = json(events.get(events.size() - 1));
        assertEquals(1, last.get("moved").intValue());
        assertEquals(1, last.get("added").intValue());
        assertEquals(1, last.get("unchanged").intValue());
        assertTrue(index().out().contains("(0 new, 0 changed, 0 moved), 3 unchanged"));
    }

    @Test
    void patterns_choose_among_files() throws IOException {
        Files.createDirectories(folder.resolve("raw"));
        Files.copy(ShippedFiles.pictures().resolve("pizza.png"), folder.resolve("raw/pizza.png"));
        Files.writeString(folder.resolve(".pixieignore"), "cat.*\n");
        JsonNode report = json(index("--json", "--exclude", "raw/").out());
        assertEquals(1, report.get("added").intValue());
        report = json(
                index("--json", "--include", "piz*", "--include", "dog.png").out());
        assertEquals(1, report.get("added").intValue());
        assertEquals(1, report.get("unchanged").intValue());
        Outcome wrong = index("--exclude", "!");
        assertEquals(1, wrong.exitCode());
        assertTrue(wrong.err().contains("'!' is no pattern"), wrong.err());
    }

    @Test
    void a_folder_that_is_away_stays_as_missing_until_it_is_pruned() throws IOException {
        index();
        Path away = Files.move(folder, home.resolve("away"));
        Outcome outcome = index();
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().contains("2 missing"), outcome.out());
        assertTrue(outcome.err().contains("is not there"), outcome.err());
        assertEquals(2, json(run("stats").out()).get("missing").intValue());

        Files.move(away, folder);
        assertEquals(2, json(index("--json").out()).get("unchanged").intValue());
        assertEquals(0, json(run("stats").out()).get("missing").intValue());

        Files.move(folder, away);
        index();
        assertEquals(2, run("prune").exitCode(), "there is no terminal to ask on");
        assertEquals(
                List.of("drawings/cat.png", "drawings/dog.png"),
                run("prune", "--dry-run").lines());
        assertEquals(
                0,
                json(run("prune", "--older-than", "1d", "--dry-run", "--json").out())
                        .get("ids")
                        .size());
        assertEquals(2, run("prune", "--older-than", "soon", "--yes").exitCode());
        assertEquals(
                "removed 2 missing items from default\n", run("prune", "--yes").out());
        assertEquals(0, json(run("stats").out()).get("items").intValue());
    }

    @Test
    void a_folder_without_pictures_is_told() throws IOException {
        Path empty = Files.createDirectories(home.resolve("empty"));
        Files.writeString(empty.resolve("notes.txt"), "nothing to see");
        Outcome outcome = run("index", "--model", "demo", empty.toString());
        assertEquals(1, outcome.exitCode());
        assertEquals("", outcome.out());
        assertTrue(outcome.err().startsWith("pixie: there are no pictures in " + empty), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @Test
    void a_collection_that_another_process_writes_to_is_refused() throws Exception {
        assertEquals(0, index().exitCode());
        Process holder = PixieProcess.withPython(home)
                .start(
                        "python",
                        "-c",
                        "import pixie, sys; c = pixie.open('default'); print('open', flush=True); sys.stdin.read()");
        try {
            assertEquals('o', holder.getInputStream().read());
            Outcome outcome = index();
            assertEquals(1, outcome.exitCode());
            assertTrue(outcome.err().contains("default"), outcome.err());
            assertEquals(1, outcome.err().lines().count(), outcome.err());
            assertEquals(0, run("list").exitCode());
        } finally {
            holder.getOutputStream().close();
            assertEquals(0, PixieProcess.exitCode(holder));
        }
    }

    @Test
    void a_model_that_is_not_here_is_told_without_a_network() {
        Outcome outcome = PixieProcess.withPython(home)
                .environment("HF_HUB_OFFLINE", "1")
                .environment("HF_HOME", home.resolve("hub").toString())
                .run("index", folder.toString());
        assertEquals(1, outcome.exitCode());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains("openai/clip-vit-large-patch14"), outcome.err());
        assertTrue(outcome.err().contains(home.resolve("hub").toString()), outcome.err());
        assertFalse(Files.exists(home.resolve("collections/default")));
    }
}
