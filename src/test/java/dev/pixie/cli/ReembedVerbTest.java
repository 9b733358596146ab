package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.TestCheckpoint;
import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All vectors anew by a process that may be interrupted and killed. */
@Tag("python")
class ReembedVerbTest {
    @TempDir
    static Path shared;

    @TempDir
    Path home;

    private static Path tiny;
    private Path pictures;
    private long items;

    @BeforeAll
    static void make_another_model() throws Exception {
        tiny = TestCheckpoint.write(shared.resolve("tiny"));
    }

    @BeforeEach
    void index() throws IOException {
        pictures = Files.createDirectories(home.resolve("Pictures"));
        try (Stream<Path> drawings = Files.list(ShippedFiles.pictures())) {
            for (Path drawing :
                    drawings.filter(file -> file.toString().endsWith(".png")).toList()) {
                Files.copy(drawing, pictures.resolve(drawing.getFileName()));
            }
        }
        items = json(run("index", "--model", "demo", "--json", pictures.toString())
                        .out())
                .get("added")
                .longValue();
        assertTrue(items > 100);
    }

    private PixieProcess pixie() {
        return PixieProcess.withPython(home).through(PixieProcess.python(), "-c", InterruptTest.HEED_SIGNALS);
    }

    private Outcome run(String... words) {
        return pixie().run(words);
    }

    private Outcome reembed(String... more) {
        return run(Stream.concat(Stream.of("reembed", "--model", tiny.toString()), Stream.of(more))
                .toArray(String[]::new));
    }

    private static JsonNode json(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    private JsonNode model() throws IOException {
        return json(run("stats").out()).get("model");
    }

    /** Starts a run and sends it a signal once something is committed; returns what was on standard error. */
    private String signal(Process process, String name) throws IOException, InterruptedException {
        var err = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        StringBuilder seen = new StringBuilder();
        boolean sent = false;
        for (String line = err.readLine(); line != null; line = err.readLine()) {
            seen.append(line).append('\n');
            if (!sent && line.startsWith("{") && json(line).path("done").intValue() > 0) {
                new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor();
                sent = true;
            }
        }
        assertTrue(sent, seen.toString());
        return seen.toString();
    }

    private Process start() {
        return pixie().start("reembed", "--model", tiny.toString(), "--progress", "json", "--json");
    }

    @Test
    void a_collection_goes_over_to_another_model() throws Exception {
        Outcome done = reembed();
        assertEquals(0, done.exitCode(), done.err());
        assertTrue(done.out().startsWith("embedded " + items + " items of default again ("), done.out());
        assertEquals(TestCheckpoint.DIMENSION, model().get("dimension").intValue());
        assertEquals(0, run("verify").exitCode());
        Outcome again = reembed("--json");
        assertEquals(0, again.exitCode(), again.err());
        JsonNode report = json(again.out());
        assertFalse(report.get("swapped").booleanValue());
        assertEquals(items, report.get("done_before").longValue());
        assertTrue(reembed().out().contains("of this model already"));
        String cat = pictures.resolve("cat.png").toString();
        assertEquals(
                "Pictures/cat.png",
                json(run("search", "@" + cat, "-k", "1").out()).get("id").textValue());
    }

    @Test
    void the_first_ctrl_c_saves_what_is_done_and_the_same_command_goes_on() throws Exception {
        Process process = start();
        String err = signal(process, "INT");
        JsonNode report = json(PixieProcess.text(process.getInputStream()));
        assertEquals(130, PixieProcess.exitCode(process), err);
        assertTrue(report.get("interrupted").booleanValue());
        assertTrue(err.contains("go on with: pixie reembed --model "), err);
        long saved = report.get("embedded").longValue();
        assertTrue(saved > 0 && saved < items, report.toString());
        assertEquals("demo", model().get("name").textValue());
        JsonNode rest = json(reembed("--json").out());
        assertEquals(saved, rest.get("done_before").longValue());
        assertEquals(items - saved, rest.get("embedded").longValue());
        assertTrue(rest.get("swapped").booleanValue());
    }

    @Test
    void being_killed_loses_nothing_that_was_saved() throws Exception {
        Process process = start();
        String err = signal(process, "KILL");
        assertEquals(137, PixieProcess.exitCode(process), err);
        List<String> progress = err.lines().filter(line -> line.startsWith("{")).toList();
        long committed = json(progress.get(progress.size() - 1)).get("done").longValue();
        assertEquals("demo", model().get("name").textValue());
        assertEquals(0, run("verify").exitCode());
        JsonNode rest = json(reembed("--json").out());
        assertTrue(rest.get("done_before").longValue() >= committed, rest.toString());
        assertEquals(
                items,
                rest.get("done_before").longValue() + rest.get("embedded").longValue());
        assertTrue(rest.get("swapped").booleanValue());
        assertEquals(0, run("verify").exitCode());
    }

    @Test
    void a_picture_that_is_gone_is_named_and_can_be_left_behind() throws Exception {
        Files.delete(pictures.resolve("dog.png"));
        Outcome refused = reembed();
        assertEquals(1, refused.exitCode(), refused.err());
        assertTrue(refused.err().contains("dog.png"), refused.err());
        assertTrue(refused.err().contains("default keeps the model demo: 1 item could not be"), refused.err());
        assertEquals("demo", model().get("name").textValue());
        Outcome left = reembed("--skip-failed", "--json");
        assertEquals(3, left.exitCode(), left.err());
        JsonNode report = json(left.out());
        assertTrue(report.get("swapped").booleanValue());
        assertEquals(items - 1, report.get("done_before").longValue());
        assertTrue(run("errors").out().contains("Pictures/dog.png"));
        Files.copy(ShippedFiles.pictures().resolve("dog.png"), pictures.resolve("dog.png"));
        Outcome back = run("import", report.get("left_out").textValue(), "--json");
        assertEquals(1, json(back.out()).get("added").longValue());
        assertEquals(items, json(run("stats").out()).get("items").longValue());
    }

    @Test
    void what_makes_no_sense_is_refused() {
        Outcome outcome = run("reembed");
        assertEquals(2, outcome.exitCode());
        assertTrue(outcome.err().contains("--model MODEL"), outcome.err());
        Outcome missing = reembed("-c", "nowhere");
        assertEquals(1, missing.exitCode());
        assertTrue(missing.err().contains("there is no collection"), missing.err());
    }
}
