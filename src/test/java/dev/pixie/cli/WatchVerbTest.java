package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
@Timeout(300)
class WatchVerbTest {
    @TempDir
    Path home;

    private Path folder;

    @BeforeEach
    void take_some_drawings() throws IOException {
        folder = Files.createDirectories(home.resolve("drawings"));
        for (String name : List.of("dog", "cat", "pizza", "rocket", "accordion", "airplane")) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
    }

    private static JsonNode next(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        assertTrue(line != null, "it ended");
        return new ObjectMapper().readTree(line);
    }

    @Test
    void a_process_that_watches_prints_a_line_for_each_change_and_ends_with_ctrl_c() throws Exception {
        Process process = PixieProcess.withPython(home)
                .through(PixieProcess.python(), "-c", InterruptTest.HEED_SIGNALS)
                .start("watch", "--model", "demo", folder.toString());
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        assertEquals(6, next(lines).get("added").intValue());

        Files.move(folder.resolve("dog.png"), folder.resolve("hound.png"));
        assertEquals(1, next(lines).get("moved").intValue());
        Files.copy(ShippedFiles.pictures().resolve("dog.png"), folder.resolve("dog.png"));
        JsonNode copied = next(lines);
        assertEquals(1, copied.get("added").intValue());
        assertEquals(1, copied.get("copied").intValue());
        Files.delete(folder.resolve("pizza.png"));
        assertEquals(1, next(lines).get("removed").intValue());

        Outcome refused = PixieProcess.withPython(home).run("index", folder.toString());
        assertEquals(1, refused.exitCode());
        assertTrue(refused.err().contains("is being written by process"), refused.err());
        assertEquals(0, PixieProcess.withPython(home).run("search", "a dog").exitCode());

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertEquals(130, PixieProcess.exitCode(process), PixieProcess.text(process.getErrorStream()));
        assertEquals(6, PixieProcess.withPython(home).run("list").lines().size());
    }

    @Test
    void there_must_be_something_to_watch() {
        Outcome outcome = PixieProcess.withPython(home).run("watch", "--model", "demo");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().contains("no folder was indexed into default yet"), outcome.err());
        assertEquals(
                2,
                PixieProcess.withPython(home).run("watch", "--rescan", "often").exitCode());
    }
}
