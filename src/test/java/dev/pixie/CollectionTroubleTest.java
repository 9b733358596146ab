package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class CollectionTroubleTest {
    @TempDir
    private Path folder;

    private PixieBuilder photos() {
        return Pixie.builder(folder.resolve("photos"));
    }

    private void makePhotos() {
        try (Pixie pixie = photos().model("demo").open()) {
            pixie.add(Item.text("a", "a dog"), Item.text("b", "a cat"));
        }
    }

    @Test
    void a_collection_that_is_not_there_is_made_only_when_that_is_wanted() {
        assertEquals("missing", codeOf(photos().create(false)));
        assertEquals("missing", codeOf(photos().readOnly(true)));
        makePhotos();
        try (Pixie pixie = photos().create(false).open()) {
            assertEquals(2, pixie.size());
        }
    }

    @Test
    void a_collection_keeps_to_the_model_it_was_made_with() throws Exception {
        makePhotos();
        Path other = copyOfDemoModel();
        CollectionException refusal = assertThrows(
                CollectionException.class,
                () -> photos().model(other.toString()).open());
        assertEquals("wrong_model", refusal.code());
        assertTrue(refusal.message().contains("demo"), refusal.message());
        assertTrue(refusal.message().contains(other.toString()), refusal.message());
        try (Pixie pixie = photos().open()) {
            assertEquals("a", pixie.search("a dog").hits().get(0).id());
        }
    }

    @Test
    void a_second_writer_is_turned_away_and_a_reader_is_not() {
        try (Pixie writer = photos().model("demo").open()) {
            assertEquals("locked", codeOf(photos()));
            try (Pixie reader = photos().readOnly(true).open();
                    Pixie second = photos().readOnly(true).open()) {
                writer.add(Item.text("a", "a dog"));
                assertEquals(1, reader.size());
                assertEquals("a", second.search("a dog").hits().get(0).id());
            }
        }
        makePhotos();
    }

    @Test
    void a_reader_writes_nothing() throws Exception {
        makePhotos();
        try (Pixie reader = photos().readOnly(true).open()) {
            CollectionException refusal =
                    assertThrows(CollectionException.class, () -> reader.add(Item.text("c", "a boat")));
            assertEquals("read_only", refusal.code());
            assertEquals(
                    "read_only",
                    assertThrows(CollectionException.class, () -> reader.remove("a"))
                            .code());
            assertEquals(2, reader.size());
        }
    }

    @Test
    void vectors_that_are_cut_off_are_called_damage() throws Exception {
        makePhotos();
        Path vectors = folder.resolve("photos/vectors.f32");
        Files.write(vectors, new byte[100]);
        assertEquals("damaged", codeOf(photos()));
        assertEquals("damaged", codeOf(photos().readOnly(true)));
    }

    @Test
    void records_that_are_no_database_are_called_damage() throws Exception {
        makePhotos();
        Files.write(
                folder.resolve("photos/items.sqlite"),
                "not a database, but long enough to look".repeat(99).getBytes());
        Files.deleteIfExists(folder.resolve("photos/items.sqlite-wal"));
        assertEquals("damaged", codeOf(photos()));
    }

    @Test
    void vectors_that_no_commit_names_are_cut_off() throws Exception {
        makePhotos();
        Path vectors = folder.resolve("photos/vectors.f32");
        long size = Files.size(vectors);
        Files.write(vectors, new byte[1500], StandardOpenOption.APPEND);
        try (Pixie pixie = photos().open()) {
            assertEquals(size, Files.size(vectors));
            pixie.add(Item.text("c", "a boat"));
            assertEquals("c", pixie.search("a boat").hits().get(0).id());
        }
    }

    @Test
    void a_newer_format_asks_for_a_newer_pixie() throws Exception {
        makePhotos();
        Path manifest = folder.resolve("photos/collection.json");
        String newer = Files.readString(manifest).replaceFirst("\"format\": *\\d+", "\"format\": 999");
        Files.writeString(manifest, newer, StandardCharsets.UTF_8);
        assertEquals("newer_format", codeOf(photos()));
    }

    @Test
    void an_index_that_was_deleted_is_made_again() throws Exception {
        makePhotos();
        Path index = folder.resolve("photos/index");
        if (Files.exists(index)) {
            try (var files = Files.walk(index)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
        try (Pixie pixie = photos().open()) {
            assertEquals("a", pixie.search("a dog").hits().get(0).id());
        }
    }

    @Test
    void a_folder_with_other_things_in_it_is_not_taken_over() throws Exception {
        Files.createDirectories(folder.resolve("photos"));
        Files.writeString(folder.resolve("photos/diary.txt"), "mine");
        assertThrows(InvalidInputException.class, () -> photos().model("demo").open());
    }

    private static String codeOf(PixieBuilder settings) {
        return assertThrows(CollectionException.class, () -> settings.open().close())
                .code();
    }

    /** The demo model with other weights. */
    private Path copyOfDemoModel() throws Exception {
        Path demo = Path.of("python/pixie/models/demo").toAbsolutePath();
        Path other = Files.createDirectory(folder.resolve("other-model"));
        try (var files = Files.list(demo)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, other.resolve(file.getFileName()));
            }
        }
        byte[] weights = Files.readAllBytes(other.resolve("model.safetensors"));
        for (int i = weights.length / 2; i < weights.length; i++) {
            weights[i] ^= 1;
        }
        Files.write(other.resolve("model.safetensors"), weights);
        return other;
    }
}
