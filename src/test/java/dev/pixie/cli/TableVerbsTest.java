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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pixie import} and {@code pixie export} as processes. */
@Tag("python")
class TableVerbsTest {
    @TempDir
    Path home;

    private PixieProcess pixie() {
        return PixieProcess.withPython(home).in(home);
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.writeString(home.resolve(name), String.join("\n", lines) + "\n");
    }

    private static JsonNode json(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    @Test
    void a_table_is_imported_found_and_exported_again() throws IOException {
        Files.copy(ShippedFiles.pictures().resolve("dog.png"), home.resolve("dog.png"));
        write(
                "products.csv",
                "sku,file,title,price",
                "7,dog.png,a dog,2.50",
                "8,,a cat,3.75",
                "9,gone.png,a fish,1.00");
        Outcome imported = pixie().run("import", "products.csv", "--id", "sku", "--model", "demo");
        assertEquals(3, imported.exitCode(), imported.err());
        assertTrue(
                imported.out().startsWith("imported 2 rows into default (2 new, 0 changed), 0 unchanged, 1 failed"),
                imported.out());
        assertTrue(imported.err().contains("row 3: ") && imported.err().contains("[missing]"), imported.err());
        assertEquals(
                "7",
                json(pixie().run("search", "a dog", "-k", "1").out()).get("id").asText());

        Outcome again = pixie().run("import", "products.csv", "--id", "sku", "--json");
        assertEquals(2, json(again.out()).get("unchanged").asInt());

        Outcome printed = pixie().run("export", "--format", "ndjson");
        assertEquals(0, printed.exitCode(), printed.err());
        assertEquals(2, printed.lines().size());
        assertEquals(
                2.5, json(printed.lines().get(0)).get("metadata").get("price").asDouble());

        Outcome exported = pixie().run("export", "--vectors", "out.ndjson", "--json");
        assertEquals(0, exported.exitCode(), exported.err());
        assertEquals(2, json(exported.out()).get("vectors").get("text").asInt());
        Outcome back = pixie().run("import", "out.ndjson", "-c", "copy", "--model", "demo");
        assertEquals(0, back.exitCode(), back.err());
        assertEquals(
                pixie().run("list").out(), pixie().run("list", "-c", "copy").out());
    }

    @Test
    void a_table_comes_through_a_pipe_and_from_a_query() throws IOException {
        Outcome piped = pixie().input("{\"id\": 1, \"text\": \"a dog\"}\n{\"id\": 2, \"text\": \"a cat\"}\n")
                .run("import", "-", "--format", "ndjson", "--model", "demo", "--json");
        assertEquals(0, piped.exitCode(), piped.err());
        assertEquals(2, json(piped.out()).get("added").asInt());

        Path database = home.resolve("collections/default/items.sqlite");
        Outcome asked = pixie().run(
                        "import",
                        "--db",
                        database.toString(),
                        "--sql",
                        "SELECT id || '-copy' AS id, text FROM items",
                        "--json");
        assertEquals(0, asked.exitCode(), asked.err());
        assertEquals(2, json(asked.out()).get("added").asInt());
        assertEquals(4, pixie().run("list").lines().size());
    }

    @Test
    void a_reader_that_stops_reading_an_export_is_no_error() throws Exception {
        StringBuilder rows = new StringBuilder("id,text,note\n");
        for (int i = 0; i < 1500; i++) {
            rows.append(i).append(",a dog,").append("x".repeat(200)).append('\n');
        }
        write("rows.csv", rows.toString());
        assertEquals(0, pixie().run("import", "rows.csv", "--model", "demo").exitCode());
        Process process = pixie().start("export", "--format", "ndjson");
        process.getInputStream().read();
        process.getInputStream().close();
        String said = PixieProcess.text(process.getErrorStream());
        assertEquals(0, PixieProcess.exitCode(process), said);
        assertEquals("", said);
    }

    @Test
    void a_wrong_column_is_told_with_those_there_are() throws IOException {
        write("products.csv", "id,caption", "1,a dog");
        Outcome outcome = pixie().run("import", "products.csv", "--text", "captoin", "--model", "demo");
        assertEquals(1, outcome.exitCode());
        assertEquals(
                "pixie: the table has no column 'captoin'; did you mean 'caption'? there are 'id', 'caption'",
                outcome.err().strip());
    }

    @Test
    void what_makes_no_sense_is_refused_at_once() {
        assertEquals(2, pixie().run("import").exitCode());
        assertEquals(2, pixie().run("import", "--sql", "SELECT 1").exitCode());
        assertEquals(
                2,
                pixie().run("import", "a.csv", "--sql", "SELECT 1", "--db", "a.db")
                        .exitCode());
        assertEquals(2, pixie().run("export", "out.csv", "--no-metadata").exitCode());
    }
}
