package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Importing tables through the pipeline of the JVM. What tables may look like is tested on Python's side. */
@Tag("python")
class ImportTest {
    @TempDir
    private Path folder;

    private Path pictures;

    @BeforeEach
    void draw() throws Exception {
        pictures = TestPictures.writeMany(folder.resolve("pictures"), 2);
    }

    @Test
    void rows_with_pictures_and_texts_get_both_vectors() throws Exception {
        Path table = table("id,image,text,price", "a,pictures/0.png,a red box,2.50", "b,,only words,3.75");
        try (Pixie pixie = open()) {
            ImportReport report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(2L, 2L, 0L, 0L), counts(report));
            Item first = pixie.get("a").orElseThrow();
            assertEquals(
                    Set.of(Modality.IMAGE, Modality.TEXT),
                    first.stored().orElseThrow().vectors());
            assertEquals(Map.of("price", 2.5), first.metadata());
            assertEquals(pictures.resolve("0.png"), first.path().orElseThrow());
            assertTrue(first.stored().orElseThrow().sha256().isPresent());
        }
    }

    @Test
    void nested_metadata_and_long_numbers_arrive_as_they_are() throws Exception {
        Path table = folder.resolve("rows.ndjson");
        Files.writeString(
                table,
                "{\"id\": \"a\", \"text\": \"x\", \"deep\": {\"of\": [1, 1.0, null, \"\\ud83d\"]}, \"big\": "
                        + "1208925819614629174706176, \"tenth\": 0.1}");
        try (Pixie pixie = open()) {
            pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            Map<String, Object> metadata = pixie.get("a").orElseThrow().metadata();
            assertEquals(new BigInteger("1208925819614629174706176"), metadata.get("big"));
            assertEquals(0.1, metadata.get("tenth"));
            List<Object> expected = new ArrayList<>(List.of(1, 1.0));
            expected.add(null);
            expected.add("\ud83d");
            assertEquals(Map.of("of", expected), metadata.get("deep"));
            ImportReport again = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(1L, 0L, 0L, 1L), counts(again));
        }
    }

    @Test
    void only_what_changed_is_embedded_again() throws Exception {
        Path picture = pictures.resolve("0.png");
        try (Pixie pixie = open()) {
            importOf(pixie, "id,image,text,n", "a," + picture + ",words,1");
            assertEquals(0, pixie.stats().deadRows());
            assertEquals(
                    List.of(1L, 0L, 0L, 1L), counts(importOf(pixie, "id,image,text,n", "a," + picture + ",words,1")));
            assertEquals(
                    List.of(1L, 0L, 1L, 0L), counts(importOf(pixie, "id,image,text,n", "a," + picture + ",words,2")));
            assertEquals(0, pixie.stats().deadRows());
            assertEquals(
                    List.of(1L, 0L, 1L, 0L), counts(importOf(pixie, "id,image,text,n", "a," + picture + ",other,2")));
            assertEquals(1, pixie.stats().deadRows());
        }
    }

    @Test
    void failed_rows_are_kept_and_left_alone_until_they_are_asked_for_or_their_pictures_change() throws Exception {
        Path picture = pictures.resolve("0.png");
        byte[] sound = Files.readAllBytes(picture);
        Files.writeString(picture, "no picture");
        Path table = table("id,image,text", "a," + picture + ",words", "b,gone.png,words", "c,,words");
        try (Pixie pixie = open()) {
            ImportReport report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(2, report.failures().size());
            assertEquals(
                    Set.copyOf(report.failures()),
                    Set.copyOf(pixie.failures("", 0, 10).failures()));

            report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(3L, 0L, 0L, 1L), counts(report));
            assertEquals(1, report.failedBefore());
            assertEquals(
                    List.of("b"), report.failures().stream().map(Failure::id).toList());
            report = pixie.importTable(table, ImportOptions.DEFAULT.retryFailed(true), ProgressListener.NONE);
            assertEquals(2, report.failures().size());

            Files.write(picture, sound);
            report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(3L, 1L, 0L, 1L), counts(report));
            assertEquals(
                    List.of("b"),
                    pixie.failures("", 0, 10).failures().stream()
                            .map(Failure::id)
                            .toList());
        }
    }

    @Test
    void of_rows_with_one_id_the_last_is_embedded_alone() throws Exception {
        Path table = table("id,text,n", "a,first,1", "b,other,2", "a,last,3");
        try (Pixie pixie = open()) {
            ImportReport report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(3L, 2L, 0L, 0L), counts(report));
            assertEquals(1, report.repeated());
            assertEquals(
                    List.of("repeated_ids"),
                    report.warnings().stream().map(Warning::code).toList());
            assertEquals("last", pixie.get("a").orElseThrow().text().orElseThrow());
            report = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(List.of(3L, 0L, 0L, 2L), counts(report));
            assertEquals(1, report.repeated());
            assertEquals(0, pixie.stats().deadRows());
        }
    }

    @Test
    void rows_that_fail_are_named_and_the_others_are_taken() throws Exception {
        Path table = table("id,image,text", "a,,words", "b,gone.png,words", "c,https://example.org/c.png,", "d,,more");
        List<Failure> told = new ArrayList<>();
        try (Pixie pixie = open()) {
            ImportReport report = pixie.importTable(table, ImportOptions.DEFAULT, new ProgressListener() {
                @Override
                public void progressed(Progress progress) {
                    assertEquals(4, progress.total().orElseThrow());
                }

                @Override
                public void failed(Failure failure) {
                    told.add(failure);
                }
            });
            assertEquals(List.of(4L, 2L, 0L, 0L), counts(report));
            assertEquals(Set.copyOf(told), Set.copyOf(report.failures()));
            assertEquals(
                    Map.of("b", "missing", "c", "remote"),
                    Map.of(
                            told.get(0).id(), told.get(0).code(),
                            told.get(1).id(), told.get(1).code()));
            assertTrue(report.failures().stream()
                    .allMatch(failure -> failure.message().startsWith("row ")));
            assertEquals(2, pixie.size());
        }
    }

    @Test
    void a_run_that_is_stopped_goes_on_from_there() throws Exception {
        List<String> lines = new ArrayList<>(List.of("id,text"));
        for (int i = 0; i < 2000; i++) {
            lines.add(i + ",words of row " + i);
        }
        Path table = table(lines.toArray(String[]::new));
        AtomicLong done = new AtomicLong();
        try (Pixie pixie = open()) {
            ImportReport stopped = pixie.importTable(
                    table, ImportOptions.DEFAULT.stopWhen(() -> done.get() > 0), new ProgressListener() {
                        @Override
                        public void progressed(Progress progress) {
                            done.set(progress.done());
                        }

                        @Override
                        public void failed(Failure failure) {}
                    });
            assertTrue(stopped.interrupted());
            assertEquals(stopped.added(), pixie.size());
            assertTrue(stopped.added() < 2000);
            ImportReport rest = pixie.importTable(table, ImportOptions.DEFAULT, ProgressListener.NONE);
            assertFalse(rest.interrupted());
            assertEquals(stopped.added(), rest.unchanged());
            assertEquals(2000, rest.rows());
            assertEquals(2000, pixie.size());
        }
    }

    @Test
    void of_two_rows_with_one_id_the_later_counts() throws Exception {
        try (Pixie pixie = open()) {
            for (int i = 0; i < 2; i++) {
                importOf(pixie, "id,text,n", "a,first,1", "b,other,1", "a,last,2");
                assertEquals("last", pixie.get("a").orElseThrow().text().orElseThrow());
                assertEquals(Map.of("n", 2), pixie.get("a").orElseThrow().metadata());
            }
        }
    }

    @Test
    void a_wrong_column_is_refused_with_those_there_are() throws Exception {
        Path table = table("id,caption", "a,words");
        try (Pixie pixie = open()) {
            var error = assertThrows(
                    InvalidInputException.class,
                    () -> pixie.importTable(table, ImportOptions.DEFAULT.text("captoin"), ProgressListener.NONE));
            assertEquals("the table has no column 'captoin'", error.message());
            assertEquals(
                    "did you mean 'caption'? there are 'id', 'caption'",
                    error.fix().orElseThrow());
        }
    }

    private ImportReport importOf(Pixie pixie, String... lines) throws Exception {
        return pixie.importTable(table(lines), ImportOptions.DEFAULT, ProgressListener.NONE);
    }

    private Path table(String... lines) throws Exception {
        Path table = folder.resolve("rows.csv");
        Files.writeString(table, String.join("\n", lines) + "\n");
        return table;
    }

    private static List<Long> counts(ImportReport report) {
        return List.of(report.rows(), report.added(), report.updated(), report.unchanged());
    }

    private Pixie open() {
        return Pixie.builder(folder.resolve("shop")).model("demo").open();
    }
}
