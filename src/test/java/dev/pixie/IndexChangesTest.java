package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changing a collection's index, tuning it and measuring it. */
@Tag("python")
class IndexChangesTest {
    private static final int TEXTS = 40;

    @TempDir
    private Path folder;

    private Pixie pixie;

    @BeforeEach
    void open() {
        pixie = Pixie.builder(folder.resolve("photos")).model("demo").open();
        pixie.addAll(
                IntStream.range(0, TEXTS).mapToObj(i -> Item.text("text-" + i, "picture number " + i)),
                ProgressListener.NONE);
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    @Test
    void an_index_becomes_another_and_finds_what_it_found() {
        List<Hit> before = pixie.search("picture number 7").hits();
        ReindexReport report = pixie.reindex(IndexKind.KMEANS, Map.of("seed", 3, "exact_below", 10));
        assertEquals(IndexKind.KMEANS, report.kind());
        assertEquals(TEXTS, report.vectors());
        assertEquals(Map.of("seed", 3, "exact_below", 10), report.settings());
        assertFalse(report.elapsed().isNegative());
        assertEquals(before, pixie.search("picture number 7").hits());
        assertEquals("kmeans", pixie.stats().index().kind());

        Map<String, @Nullable Integer> changes = new HashMap<>();
        changes.put("seed", null);
        assertEquals(Map.of("exact_below", 10), pixie.reindex(changes).settings());
        assertEquals(IndexKind.KMEANS, pixie.reindex(IndexKind.EXACT, Map.of()).before());
    }

    @Test
    void settings_that_make_no_sense_are_refused_and_change_nothing() {
        var unknown = assertThrows(InvalidInputException.class, () -> pixie.reindex(Map.of("trees", 3)));
        assertTrue(unknown.getMessage().contains("there are: "), unknown.getMessage());
        assertThrows(InvalidInputException.class, () -> pixie.reindex(IndexKind.KMEANS, Map.of("buckets", 0)));
        assertThrows(InvalidInputException.class, () -> pixie.tune(TuneOptions.DEFAULT.recall(1.5), step -> {}));
        assertThrows(InvalidInputException.class, () -> pixie.tune(TuneOptions.DEFAULT.recall(0), step -> {}));
        assertThrows(InvalidInputException.class, () -> pixie.bench(BenchOptions.DEFAULT.limit(0), step -> {}));
        assertEquals(
                TEXTS, pixie.search(Query.text("picture").limit(100)).hits().size());
    }

    @Test
    void a_reader_may_measure_and_change_nothing() {
        try (Pixie reader =
                Pixie.builder(folder.resolve("photos")).readOnly(true).open()) {
            assertThrows(CollectionException.class, () -> reader.reindex(Map.of()));
            TuneOptions options = TuneOptions.DEFAULT.kinds(List.of(IndexKind.EXACT));
            assertThrows(CollectionException.class, () -> reader.tune(options, step -> {}));
            assertEquals(
                    Optional.empty(),
                    reader.tune(options.dryRun(true), step -> {}).tuned());
        }
    }

    @Test
    void tuning_reports_each_kind_that_was_asked_for() {
        List<Step> steps = new ArrayList<>();
        TuneReport report = pixie.tune(
                TuneOptions.DEFAULT
                        .kinds(List.of(IndexKind.EXACT, IndexKind.LSH))
                        .limit(3),
                steps::add);
        assertEquals(
                List.of(IndexKind.EXACT, IndexKind.LSH),
                report.kinds().stream().map(TuneReport.Kind::kind).toList());
        TuneReport.Result result = report.kinds().get(0).results().get(0);
        assertEquals(Modality.TEXT, result.modality());
        assertEquals(1, result.recall());
        assertTrue(result.reached() && result.queriesPerSecond() > 0);
        assertEquals(TEXTS, report.vectors());
        assertEquals(3, report.limit());
        assertEquals(0, steps.get(0).done());
        assertEquals(steps.size(), steps.get(0).total());
    }

    @Test
    void curves_are_drawn_inside_the_jvm_as_often_as_one_likes() throws Exception {
        Path out = folder.resolve("curves");
        BenchOptions options = BenchOptions.DEFAULT
                .kinds(List.of(IndexKind.EXACT, IndexKind.KMEANS))
                .queries(10)
                .folder(out);
        for (int time = 0; time < 3; time++) {
            BenchReport report = pixie.bench(options, step -> {});
            assertEquals(2, report.kinds().size());
            assertEquals(Map.of(Modality.TEXT, 10), report.queries());
            assertEquals(out.resolve("bench.png"), report.files().get("png"));
            byte[] png = Files.readAllBytes(out.resolve("bench.png"));
            assertEquals("PNG", new String(png, 1, 3, StandardCharsets.ISO_8859_1));
            assertTrue(Files.readString(out.resolve("bench.svg")).contains("<svg"));
            Files.delete(out.resolve("bench.png"));
        }
        assertEquals(
                TEXTS, pixie.search(Query.text("picture").limit(100)).hits().size());
    }

    @Test
    void work_that_is_broken_off_leaves_the_collection_open_to_all() {
        assertThrows(
                IllegalStateException.class,
                () -> pixie.tune(TuneOptions.DEFAULT, step -> {
                    throw new IllegalStateException("enough");
                }));
        assertEquals(
                TEXTS,
                pixie.tune(TuneOptions.DEFAULT.kinds(List.of(IndexKind.LSH)), step -> {})
                        .vectors());
        assertEquals(1, pixie.remove("text-0"));
    }
}
