package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Asks an interpreter about itself in a child process, which takes 0.1 to 0.2 s, and remembers the answer.
 *
 * <p>A remembered answer holds as long as the executable and the folder of its packages have not changed: installing or
 * removing a package touches that folder.
 */
final class PythonProbe {
    private static final Duration LIMIT = Duration.ofSeconds(60); // a cold disk, or a shim that builds its cache

    private PythonProbe() {}

    /**
     * The facts about an interpreter.
     *
     * @throws PythonSetupException if the file can't be run or is no Python
     */
    static PythonFacts facts(Path executable) {
        String source = source();
        Path remembered = PixieHome.cache().resolve("probe-" + key(executable, source) + ".json");
        Optional<PythonFacts> known = recall(remembered);
        if (known.isPresent()) {
            return known.get();
        }
        ObjectNode answer = ask(executable, source);
        PythonFacts facts = PythonFacts.of(answer);
        // What runs another interpreter, as pyenv's shims do, may run yet another one next time.
        if (facts.executable().normalize().equals(executable.normalize())) {
            remember(remembered, answer.put("stamp", stamp(facts)));
        }
        return facts;
    }

    private static ObjectNode ask(Path executable, String source) {
        String fix = "name a CPython 3.10 to 3.13 with --python or PIXIE_PYTHON, or run: pixie setup";
        try {
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.keySet().removeIf(name -> name.startsWith("PYTHON"));
            // -I: neither the folder of the caller nor the user's own packages count, as later inside the JVM.
            ChildProcess.Outcome outcome =
                    new ChildProcess(List.of(executable.toString(), "-I", "-c", source), environment, LIMIT).run();
            if (!outcome.succeeded()) {
                throw new PythonSetupException(
                        "%s does not run as a Python: %s".formatted(executable, outcome.lastError()), fix);
            }
            if (Json.MAPPER.readTree(lastLine(outcome.output())) instanceof ObjectNode answer) {
                return answer;
            }
            throw new PythonSetupException(executable + " does not answer as a Python", fix);
        } catch (IOException | IllegalArgumentException e) {
            throw new PythonSetupException(
                    "%s can't be asked about itself: %s".formatted(executable, e.getMessage()), fix, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while asking " + executable + " about itself");
        }
    }

    /** Packages with start-up code of their own may print before the probe does. */
    private static String lastLine(String output) {
        String text = output.strip();
        return text.substring(text.lastIndexOf('\n') + 1);
    }

    private static Optional<PythonFacts> recall(Path file) {
        try {
            JsonNode answer = Json.MAPPER.readTree(Files.readAllBytes(file));
            PythonFacts facts = PythonFacts.of(answer);
            return answer.path("stamp").asText().equals(stamp(facts)) ? Optional.of(facts) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static void remember(Path file, JsonNode answer) {
        try {
            Folders.write(file, Json.MAPPER.writeValueAsBytes(answer));
        } catch (IOException e) {
            // A home that can't be written to costs the probe's time again at the next start, nothing else.
            System.getLogger(PythonProbe.class.getName())
                    .log(System.Logger.Level.DEBUG, "The probe of Python is not remembered", e);
        }
    }

    private static String key(Path executable, String source) {
        String asked = String.join(
                "\0", executable.toString(), state(executable), Objects.toString(System.getenv("LD_LIBRARY_PATH")));
        return Digest.of(asked.getBytes(StandardCharsets.UTF_8), source.getBytes(StandardCharsets.UTF_8))
                .substring(0, 16);
    }

    private static String stamp(PythonFacts facts) {
        return state(facts.sitePackages())
                + facts.libjep().map(PythonProbe::state).orElse("");
    }

    private static String state(Path path) {
        try {
            return "%d %s;".formatted(Files.size(path), Files.getLastModifiedTime(path));
        } catch (IOException e) {
            return "missing;";
        }
    }

    private static String source() {
        try (InputStream in = PythonProbe.class.getResourceAsStream("/dev/pixie/python/pixie/probe.py")) {
            byte[] source = Objects.requireNonNull(in, "probe.py is missing from the jar")
                    .readAllBytes();
            return new String(source, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new PythonSetupException("Pixie's own files can't be read: " + e, "install Pixie again", e);
        }
    }
}
