package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verifying, repairing, compacting, backing up and restoring, from Java. */
@Tag("python")
class CareTest {
    private static final int TEXTS = 12;

    @TempDir
    private Path folder;

    private String photos = "";

    @BeforeEach
    void fill() {
        photos = folder.resolve("photos").toString();
        try (Pixie pixie = Pixie.builder(photos).model("demo").open()) {
            pixie.addAll(
                    IntStream.range(0, TEXTS)
                            .mapToObj(i -> Item.text("text-" + i, "picture number " + i))
                            .toList(),
                    ProgressListener.NONE);
        }
    }

    private void damageRow(int row) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(photos + "/vectors.f32", "rw")) {
            int dimension = (int) (file.length() / TEXTS / Float.BYTES);
            file.seek((long) row * dimension * Float.BYTES);
            file.write(new byte[dimension * Float.BYTES]);
        }
    }

    @Test
    void an_open_collection_is_verified_beside_its_own_writer() {
        try (Pixie pixie = Pixie.builder(photos).open()) {
            List<String> steps = new ArrayList<>();
            VerifyReport report = pixie.verify(true, step -> steps.add(step.name()));
            assertTrue(report.sound());
            assertEquals(OptionalLong.of(TEXTS), report.items());
            assertEquals(TEXTS, report.searched());
            assertEquals(folder.resolve("photos"), report.path());
            assertEquals("collection.json", steps.get(0));
        }
    }

    @Test
    void damage_is_found_and_repaired_and_what_was_whole_stays() throws IOException {
        damageRow(3);
        PixieCare care = PixieCare.open();
        VerifyReport found = care.verify(photos, false, step -> {});
        assertEquals(Map.of("vector_not_unit", 1L), found.counts());
        assertEquals(OptionalLong.of(3), found.findings().get(0).row());
        assertTrue(found.findings().get(0).fix().contains("pixie repair"));

        RepairReport planned = care.repair(photos, true, step -> {});
        assertTrue(planned.dryRun());
        assertEquals(Optional.empty(), planned.copies());
        assertFalse(care.verify(photos, false, step -> {}).sound());

        RepairReport repaired = care.repair(photos, false, step -> {});
        assertTrue(repaired.sound());
        assertTrue(Files.exists(repaired.copies().orElseThrow().resolve("rows.f32")));
        assertEquals(
                Optional.of("text-3"),
                repaired.actions().stream()
                        .filter(action -> action.code().equals("item_failed"))
                        .findFirst()
                        .flatMap(RepairReport.Action::item));
        try (Pixie pixie = Pixie.builder(photos).open()) {
            assertEquals(TEXTS - 1, pixie.size());
            assertEquals("damaged", pixie.failures().get(0).code());
        }
    }

    @Test
    void a_backup_restores_what_was_there() {
        Path file = folder.resolve("photos.backup");
        BackupReport made;
        try (Pixie pixie = Pixie.builder(photos).open()) {
            made = pixie.backup(file, step -> {});
            assertEquals(TEXTS, made.items());
            assertThrows(InvalidInputException.class, () -> pixie.backup(file, step -> {}));
        }
        PixieCare care = PixieCare.open();
        String again = folder.resolve("again").toString();
        assertEquals(made.created(), care.restore(file, again, step -> {}).created());
        assertThrows(InvalidInputException.class, () -> care.restore(file, again, step -> {}));
        try (Pixie pixie = Pixie.builder(again).readOnly(true).open()) {
            assertEquals(
                    "text-5", pixie.search("picture number 5").hits().get(0).id());
        }
    }

    @Test
    void compacting_takes_removed_rows_out_and_a_reader_goes_on() {
        PixieCare care = PixieCare.open();
        assertEquals(0, care.compact(photos, false, step -> {}).removedRows());
        try (Pixie pixie = Pixie.builder(photos).open()) {
            pixie.remove("text-1", "text-2");
            CompactReport planned = care.compact(photos, true, step -> {});
            assertTrue(planned.dryRun());
            assertEquals(2, planned.removedRows());
            assertEquals(planned.bytesBefore(), planned.bytesAfter());
            CollectionException e =
                    assertThrows(CollectionException.class, () -> care.compact(photos, false, step -> {}));
            assertEquals("locked", e.code());
        }
        try (Pixie reader = Pixie.builder(photos).readOnly(true).open()) {
            String found = reader.search("picture number 5").hits().get(0).id();
            List<String> steps = new ArrayList<>();
            CompactReport report = care.compact(photos, false, step -> steps.add(step.name()));
            assertEquals(TEXTS - 2, report.rows());
            assertEquals(2, report.removedRows());
            assertTrue(report.removedBytes() > 0 && report.removedBytes() % 2 == 0);
            assertTrue(report.bytesAfter() < report.bytesBefore());
            assertEquals(folder.resolve("photos"), report.path());
            assertEquals("items.sqlite", steps.get(0));
            assertEquals(found, reader.search("picture number 5").hits().get(0).id());
            assertEquals(0, reader.stats().deadRows());
        }
        assertTrue(care.verify(photos, true, step -> {}).sound());
    }

    @Test
    void a_collection_that_is_open_for_writing_is_not_repaired() {
        PixieCare care = PixieCare.open();
        try (Pixie pixie = Pixie.builder(photos).open()) {
            CollectionException e =
                    assertThrows(CollectionException.class, () -> care.repair(photos, false, step -> {}));
            assertEquals("locked", e.code());
            assertEquals(TEXTS, pixie.size());
        }
        CollectionException e = assertThrows(
                CollectionException.class,
                () -> care.verify(folder.resolve("nothing").toString(), false, step -> {}));
        assertEquals("missing", e.code());
    }
}
