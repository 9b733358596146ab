package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills up under a real process; the shell's limit on the size of files stands for it. */
@Tag("python")
class FullDiskTest {
    private static final int ROWS = 3000;

    /** In units of 512 bytes: more than the JVM writes for itself, less than the records of all rows. */
    private static final int LIMIT = 1024;

    @TempDir
    Path home;

    private PixieProcess pixie() {
        return PixieProcess.withPython(home).in(home);
    }

    private static JsonNode json(Outcome outcome) throws IOException {
        return new ObjectMapper().readTree(outcome.out());
    }

    @Test
    void an_import_that_finds_no_room_says_so_and_the_next_one_goes_on() throws IOException {
        String rows = IntStream.range(0, ROWS)
                .mapToObj(row -> row + ",words of row " + row + "\n")
                .collect(Collectors.joining());
        Files.writeString(home.resolve("words.csv"), "id,text\n" + rows);

        Outcome full = pixie().through("sh", "-c", "ulimit -f " + LIMIT + "; exec \"$@\"", "sh")
                .run("import", "words.csv", "--model", "demo");
        assertEquals(1, full.exitCode(), full.err());
        assertTrue(full.err().contains("no room to write"), full.err());
        assertTrue(full.err().contains("what was committed before is safe"), full.err());

        JsonNode verified = json(pixie().run("verify", "--full"));
        assertTrue(verified.get("sound").booleanValue(), verified.toString());
        int committed = verified.get("items").intValue();
        assertTrue(committed > 0 && committed < ROWS, verified.toString());

        JsonNode again = json(pixie().run("import", "words.csv", "--json"));
        assertEquals(committed, again.get("unchanged").intValue());
        assertEquals(ROWS - committed, again.get("added").intValue());
        assertTrue(json(pixie().run("verify", "--full")).get("sound").booleanValue());
    }
}
