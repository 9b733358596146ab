package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals sent to a process in the middle of indexing. */
@Tag("python")
class InterruptTest {
    private static final int COPIES = 4;

    // A shell that starts a job in the background has it ignore Ctrl-C, and children inherit that.
    static final String HEED_SIGNALS =
            "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])";

    @TempDir
    static Path shared;

    @TempDir
    Path home;

    private static Path folder;
    private static int pictures;

    @BeforeAll
    static void take_more_pictures_than_are_done_in_a_moment() throws IOException {
        folder = Files.createDirectories(shared.resolve("many"));
        try (Stream<Path> drawings = Files.list(ShippedFiles.pictures())) {
            for (Path drawing :
                    drawings.filter(file -> file.toString().endsWith(".png")).toList()) {
                for (int i = 0; i < COPIES; i++) {
                    Files.copy(drawing, folder.resolve(i + "-" + drawing.getFileName()));
                    pictures++;
                }
            }
        }
    }

    private PixieProcess pixie() {
        return PixieProcess.withPython(home).through(PixieProcess.python(), "-c", HEED_SIGNALS);
    }

    private Process startIndexing() {
        return pixie().start("index", "--model", "demo", "--progress", "json", "--json", folder.toString());
    }

    /** Sends a signal once something is committed, and again as often as asked; returns what was on standard error. */
    private static String signal(Process process, String name, int times) throws IOException, InterruptedException {
        var err = new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        StringBuilder seen = new StringBuilder();
        int sent = 0;
        for (String line = err.readLine(); line != null; line = err.readLine()) {
            seen.append(line).append('\n');
            boolean committed = line.startsWith("{") && json(line).path("done").intValue() > 0;
            boolean heeded = line.contains("stopping");
            if (sent == 0 && committed || sent > 0 && sent < times && heeded) {
                new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor();
                sent++;
            }
        }
        assertTrue(sent > 0, seen.toString());
        return seen.toString();
    }

    private static JsonNode json(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    private long items() throws IOException {
        Outcome outcome = PixieProcess.withPython(home).run("stats");
        assertEquals(0, outcome.exitCode(), outcome.err());
        return json(outcome.out()).get("items").longValue();
    }

    private void assertStopsWell(String signal, int exitCode) throws Exception {
        Process process = startIndexing();
        String err = signal(process, signal, 1);
        JsonNode report = json(PixieProcess.text(process.getInputStream()));
        assertEquals(exitCode, PixieProcess.exitCode(process), err);
        assertTrue(report.get("interrupted").booleanValue());
        assertTrue(err.contains("go on with: pixie index "), err);
        long added = report.get("added").longValue();
        assertTrue(added > 0 && added < pictures, report.toString());
        assertEquals(added, items());
    }

    @Test
    void the_first_ctrl_c_saves_what_is_done_and_the_next_run_goes_on() throws Exception {
        assertStopsWell("INT", 130);
        long saved = items();
        JsonNode rest = json(pixie().run("index", "--json", folder.toString()).out());
        assertEquals(saved, rest.get("unchanged").longValue());
        assertEquals(pictures - saved, rest.get("added").longValue());
        assertFalse(rest.get("interrupted").booleanValue());
    }

    @Test
    void being_terminated_saves_what_is_done_too() throws Exception {
        assertStopsWell("TERM", 143);
    }

    @Test
    void the_second_ctrl_c_ends_at_once_and_loses_nothing_that_was_saved() throws Exception {
        Process process = startIndexing();
        String err = signal(process, "INT", 2);
        assertEquals(130, PixieProcess.exitCode(process), err);
        List<String> progress = err.lines().filter(line -> line.startsWith("{")).toList();
        long committed = json(progress.get(progress.size() - 1)).get("done").longValue();
        assertTrue(items() >= committed);
    }

    @Test
    void being_killed_loses_nothing_that_was_saved() throws Exception {
        Process process = startIndexing();
        String err = signal(process, "KILL", 1);
        assertEquals(137, PixieProcess.exitCode(process), err);
        assertTrue(items() > 0);
        assertEquals(0, pixie().run("index", folder.toString()).exitCode());
        assertEquals(pictures, items());
    }
}
