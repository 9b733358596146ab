package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exporting through the JVM, and importing what was exported. */
@Tag("python")
class ExportTest {
    @TempDir
    private Path folder;

    private Pixie shop;

    @BeforeEach
    void fill() throws Exception {
        Path picture = TestPictures.write(folder.resolve("pictures/a.png"), 1);
        shop = open("shop");
        shop.add(
                Item.picture("a", picture).withText("a red box").withMetadata(Map.of("n", 1, "x", 0.1)),
                Item.text("b", "words\u0000").withMetadata(Map.of("half", "\ud83d")),
                Item.picture("c", TestPictures.png(2)));
    }

    @AfterEach
    void close() {
        shop.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.ndjson", "out.csv", "out.parquet", "out.npy"})
    void what_was_exported_comes_back_without_the_model(String name) {
        ExportReport report = shop.export(folder.resolve(name), ExportOptions.DEFAULT.vectors(true), step -> {});
        assertEquals(3, report.items());
        assertEquals(Map.of(Modality.IMAGE, 2L, Modality.TEXT, 2L), report.vectors());
        try (Pixie other = open("other")) {
            ImportReport taken = other.importTable(folder.resolve(name), ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(3, taken.added());
            assertEquals(shop.list("", 0, 10).items(), other.list("", 0, 10).items());
            Query query = Query.text("a red box").exact(true);
            assertEquals(shop.search(query).hits(), other.search(query).hits());
            assertEquals(
                    3,
                    other.importTable(folder.resolve(name), ImportOptions.DEFAULT, ProgressListener.NONE)
                            .unchanged());
        }
    }

    @Test
    void an_export_that_is_stopped_leaves_nothing() throws Exception {
        Path table = folder.resolve("out.csv");
        assertThrows(
                CancellationException.class,
                () -> shop.export(table, ExportOptions.DEFAULT, step -> {
                    throw new CancellationException();
                }));
        assertFalse(Files.exists(table));
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of("pictures", "shop"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void a_format_that_there_is_none_of_is_refused() {
        var error = assertThrows(
                InvalidInputException.class,
                () -> shop.export(folder.resolve("out.xls"), ExportOptions.DEFAULT, step -> {}));
        assertEquals(
                "give it with --format: ndjson, csv, parquet, npy", error.fix().orElseThrow());
        assertArrayEquals(
                new String[] {"a", "b", "c"},
                shop.list("", 0, 9).items().stream().map(Item::id).toArray());
    }

    private Pixie open(String name) {
        return Pixie.builder(folder.resolve(name)).model("demo").open();
    }
}
