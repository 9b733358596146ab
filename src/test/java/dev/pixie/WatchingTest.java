package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders that are watched by a process that does other things as well. */
@Tag("python")
@Timeout(300)
class WatchingTest {
    @TempDir
    private Path folder;

    private final BlockingQueue<IndexReport> reports = new LinkedBlockingQueue<>();
    private Pixie pixie;
    private Path pictures;

    @BeforeEach
    void open() throws Exception {
        pictures = Files.createDirectory(folder.resolve("Pictures"));
        pixie = Pixie.builder(folder.resolve("photos")).model("demo").open();
        TestPictures.writeMany(pictures, 12);
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    private IndexReport next() throws InterruptedException {
        IndexReport report = reports.poll(2, TimeUnit.MINUTES);
        assertTrue(report != null, "nothing was told");
        return report;
    }

    @Test
    void what_changes_is_searched_for_soon_after() throws Exception {
        Watching watching = pixie.watch(List.of(pictures), WatchOptions.DEFAULT, reports::add);
        assertEquals(12, next().added());
        Path added = TestPictures.write(pictures.resolve("new.png"), 500);
        assertEquals(1, next().added());
        assertEquals(
                "Pictures/new.png",
                pixie.search(Query.of(Term.picture(added))).hits().get(0).id());
        float[] before = vector("Pictures/new.png");
        Files.createDirectory(pictures.resolve("2020"));
        Files.move(added, pictures.resolve("2020/moved.png"));
        IndexReport moved = next();
        assertEquals(1, moved.moved());
        assertEquals(0, moved.added() + moved.updated() - moved.copied(), "nothing was embedded");
        assertEquals(1, score("Pictures/2020/moved.png", before), 1e-6);
        assertTrue(watching.isRunning());

        watching.close();
        assertFalse(watching.isRunning());
        assertTrue(watching.await(Duration.ZERO));
        TestPictures.write(pictures.resolve("later.png"), 501);
        Thread.sleep(2000);
        assertEquals(null, reports.poll());
    }

    private float[] vector(String id) {
        return pixie.embed(pixie.get(id).orElseThrow().path().orElseThrow());
    }

    private double score(String id, float[] vector) {
        Hit best = pixie.search(Query.of(Term.vector(vector))).hits().get(0);
        assertEquals(id, best.id());
        return best.score();
    }

    @Test
    void closing_the_collection_ends_its_watches() throws Exception {
        Watching watching = pixie.watch(List.of(pictures), WatchOptions.DEFAULT, reports::add);
        next();
        pixie.close();
        assertTrue(watching.await(Duration.ofMinutes(1)));
        watching.close();
    }

    @Test
    void a_listener_that_throws_ends_the_watch_with_its_exception() throws Exception {
        Watching watching = pixie.watch(List.of(pictures), WatchOptions.DEFAULT, report -> {
            throw new IllegalStateException("no more");
        });
        assertThrows(IllegalStateException.class, () -> watching.await(Duration.ofMinutes(2)));
        assertFalse(watching.isRunning());
    }

    @Test
    void what_makes_no_sense_is_refused_at_once() throws Exception {
        assertThrows(InvalidInputException.class, () -> WatchOptions.DEFAULT.rescanEvery(Duration.ZERO));
        assertThrows(
                InvalidInputException.class, () -> pixie.watch(List.of(), WatchOptions.DEFAULT, WatchListener.NONE));
        Path file = pictures.resolve("1.png");
        assertThrows(
                InvalidInputException.class,
                () -> pixie.watch(List.of(file), WatchOptions.DEFAULT, WatchListener.NONE));
    }

    @Test
    void what_is_missing_is_pruned_when_told() throws Exception {
        pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
        Path away = Files.move(pictures, folder.resolve("away"));
        IndexReport report = pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
        assertEquals(12, report.missing());
        assertEquals(12, pixie.stats().missing());
        assertEquals(12, pixie.prune(Duration.ZERO, true).ids().size());
        assertEquals(0, pixie.prune(Duration.ofHours(1), false).ids().size());
        Files.move(away, pictures);
        assertEquals(12, pixie.prune(Duration.ZERO, false).returned());
        assertEquals(
                12,
                pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE)
                        .unchanged());
        assertEquals(0, pixie.stats().missing());
    }

    @Test
    void patterns_choose_among_files_and_failures_are_listed_by_reason() throws Exception {
        Files.writeString(pictures.resolve("bad.png"), "no picture");
        Files.createFile(pictures.resolve("empty.png"));
        IndexOptions options = IndexOptions.DEFAULT.exclude(List.of("1*.png")).include(List.of("*.png"));
        IndexReport report = pixie.index(List.of(pictures), options, ProgressListener.NONE);
        assertEquals(report.found(), report.added() + 2);
        assertEquals(2, pixie.failures("", 0, 10).total());
        FailurePage page = pixie.failures("empty", 0, 10);
        assertEquals(1, page.total());
        assertEquals("Pictures/empty.png", page.failures().get(0).id());
        assertThrows(InvalidInputException.class, () -> pixie.failures("", 0, 0));
    }
}
