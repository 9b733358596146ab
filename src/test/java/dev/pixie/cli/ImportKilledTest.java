package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pixie import} ended by SIGKILL while it embeds. */
@Tag("python")
class ImportKilledTest {
    private static final int ROWS = 3000;
    private static final int SIGKILL = 128 + 9;

    @TempDir
    Path home;

    private PixieProcess pixie() {
        return PixieProcess.withPython(home).in(home);
    }

    private JsonNode json(String... words) throws IOException {
        Outcome outcome = pixie().run(words);
        assertEquals(0, outcome.exitCode(), outcome.err());
        return new ObjectMapper().readTree(outcome.out());
    }

    /** How many rows an import told of before it was killed. */
    private long killed() throws IOException {
        Process process = pixie().start("import", "words.csv", "--model", "demo", "--progress", "json");
        long done = 0;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("{") && line.endsWith("}")) {
                    done = new ObjectMapper().readTree(line).get("done").asLong();
                }
                if (done > 0) {
                    // The process's own method would close the stream that is being read.
                    process.toHandle().destroyForcibly();
                }
            }
        }
        assertEquals(SIGKILL, PixieProcess.exitCode(process));
        return done;
    }

    @Test
    void what_it_told_of_is_there_and_the_next_import_goes_on() throws IOException {
        String rows = IntStream.range(0, ROWS)
                .mapToObj(row -> row + ",words of row " + row + "\n")
                .collect(Collectors.joining());
        Files.writeString(home.resolve("words.csv"), "id,text\n" + rows);
        long told = killed();

        JsonNode verified = json("verify", "--full");
        assertTrue(verified.get("sound").booleanValue(), verified.toString());
        long items = verified.get("items").longValue();
        assertTrue(told > 0 && told <= items && items < ROWS, told + " of " + items);

        JsonNode report = json("import", "words.csv", "--json");
        assertEquals(items, report.get("unchanged").longValue());
        assertEquals(ROWS - items, report.get("added").longValue());
        // Each row was embedded once, but for those that no commit followed, which were cut off.
        JsonNode again = json("verify", "--full");
        assertTrue(again.get("sound").booleanValue(), again.toString());
        assertEquals(ROWS, again.get("rows").longValue());
    }
}
