package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorVerbTest {
    @TempDir
    Path home;

    private static JsonNode json(Outcome outcome) throws IOException {
        return new ObjectMapper().readTree(outcome.out());
    }

    @Test
    @Tag("python")
    void a_healthy_machine_passes_every_check() throws IOException {
        PixieProcess pixie = PixieProcess.withPython(home)
                .environment("HF_HOME", home.resolve("hub").toString());
        Outcome lines = pixie.run("doctor");
        assertEquals(0, lines.exitCode(), lines.out());
        assertEquals("", lines.err());
        assertFalse(lines.out().contains("broken"), lines.out());

        JsonNode report = json(pixie.run("doctor", "--json"));
        assertTrue(report.get("ok").booleanValue());
        assertEquals(
                PixieProcess.python(), report.get("python").get("executable").textValue());
        assertEquals(report.get("java").get("jep"), report.get("python").get("jep"));
        assertEquals(home.toString(), report.get("home").get("path").textValue());
        List<String> names = new ArrayList<>();
        report.get("checks").forEach(check -> names.add(check.get("name").textValue()));
        assertTrue(
                names.containsAll(List.of(
                        "java",
                        "python",
                        "shared",
                        "threads",
                        "jep",
                        "libjep",
                        "numpy",
                        "torch",
                        "transformers",
                        "model",
                        "cpu",
                        "dtype",
                        "home")),
                names.toString());
    }

    @Test
    @Tag("python")
    void a_missing_default_model_is_a_warning() throws IOException {
        Outcome outcome = PixieProcess.withPython(home)
                .environment("HF_HOME", home.resolve("hub").toString())
                .run("doctor", "--json");
        assertEquals(0, outcome.exitCode());
        for (JsonNode check : json(outcome).get("checks")) {
            if (check.get("name").textValue().equals("model")) {
                assertEquals("warning", check.get("status").textValue());
                assertTrue(check.get("message")
                        .textValue()
                        .contains(home.resolve("hub").toString()));
            }
        }
    }

    @Test
    void without_python_it_says_how_to_get_it() throws IOException {
        PixieProcess pixie = PixieProcess.withoutPython(home);
        Outcome lines = pixie.run("doctor");
        assertEquals(1, lines.exitCode());
        assertTrue(lines.out().contains("broken   python"), lines.out());
        assertTrue(lines.out().contains("fix: run: pixie setup"), lines.out());
        Outcome report = pixie.run("doctor", "--json");
        assertEquals(1, report.exitCode());
        assertFalse(json(report).get("ok").booleanValue());
        assertTrue(json(report).get("python").isNull());
    }

    @Test
    void a_file_that_is_no_python_is_told() throws IOException {
        Path impostor = Files.writeString(home.resolve("python3"), "#!/bin/sh\necho nonsense\nexit 3\n");
        assertTrue(impostor.toFile().setExecutable(true));
        Outcome outcome = PixieProcess.withoutPython(home).run("doctor", "--python", impostor.toString());
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.out().contains(impostor.toString()), outcome.out());
    }

    @Test
    void a_home_that_can_not_be_made_is_told() throws IOException {
        Path file = Files.createFile(home.resolve("file"));
        Outcome outcome = PixieProcess.withoutPython(file.resolve("home")).run("doctor");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.out().contains("broken   home"), outcome.out());
    }
}
