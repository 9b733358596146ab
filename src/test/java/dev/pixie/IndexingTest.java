package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
@Timeout(300)
class IndexingTest {
    @TempDir
    private Path folder;

    private Pixie pixie;
    private Path pictures;

    @BeforeEach
    void open() throws Exception {
        pictures = Files.createDirectory(folder.resolve("Pictures"));
        pixie = Pixie.builder(folder.resolve("photos")).model("demo").open();
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    private IndexReport index() {
        return pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
    }

    @Test
    void every_picture_below_a_folder_is_found_afterwards() throws Exception {
        TestPictures.writeMany(pictures, 30);
        Path deep = TestPictures.write(pictures.resolve("2020/05/é 😀.png"), 77);

        IndexReport report = index();

        assertEquals(31, report.found());
        assertEquals(31, report.added());
        assertFalse(report.interrupted());
        assertEquals(List.of(new Root("Pictures", pictures)), report.roots());
        Hit best = pixie.search(Query.of(Term.picture(deep))).hits().get(0);
        assertEquals("Pictures/2020/05/é 😀.png", best.id());
        assertEquals(Optional.of(deep), best.path());
        assertEquals(1, best.score(), 1e-4);
    }

    @Test
    void indexing_again_leaves_alone_what_has_not_changed() throws Exception {
        TestPictures.writeMany(pictures, 12);
        index();
        Path touched = pictures.resolve("3.png");
        Files.setLastModifiedTime(touched, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        TestPictures.write(pictures.resolve("4.png"), 400);
        TestPictures.write(pictures.resolve("new.png"), 99);

        IndexReport second = index();

        assertEquals(13, second.found());
        assertEquals(1, second.added());
        assertEquals(1, second.updated());
        assertEquals(11, second.unchanged(), "a file that was only touched has not changed");
        assertEquals(13, index().unchanged(), "and is known by its new time the next time");
        assertEquals(
                "Pictures/4.png",
                pixie.search(Query.of(Term.picture(TestPictures.png(400))))
                        .hits()
                        .get(0)
                        .id());
    }

    @Test
    void equal_new_files_are_embedded_once() throws Exception {
        TestPictures.writeMany(pictures, 12);
        for (int copy = 0; copy < 40; copy++) {
            TestPictures.write(pictures.resolve("copies/" + copy + ".png"), 5);
            Files.writeString(pictures.resolve("copies/broken" + copy + ".png"), "no picture");
        }

        IndexReport report = index();

        assertEquals(92, report.found());
        assertEquals(52, report.added());
        assertEquals(40, report.copied());
        assertEquals(40, report.failures().size());
        assertFalse(report.interrupted());
        List<Hit> hits = pixie.search(
                        Query.of(Term.picture(TestPictures.png(5))).limit(41))
                .hits();
        assertEquals(41, hits.stream().filter(hit -> hit.score() > 1 - 1e-5).count());
        assertEquals(52, index().unchanged());
    }

    @Test
    void indexing_a_changed_file_keeps_the_text_it_was_given_since() throws Exception {
        Path file = TestPictures.write(pictures.resolve("a.png"), 1);
        index();
        pixie.add(Item.picture("Pictures/a.png", file).withText("shapes").withMetadata(Map.of("stars", 5)));
        TestPictures.write(file, 2);
        assertEquals(1, index().updated());
        Item item = pixie.get("Pictures/a.png").orElseThrow();
        assertEquals(Optional.of("shapes"), item.text());
        assertEquals(Map.of("stars", 5), item.metadata());
    }

    @Test
    void a_bad_file_is_named_remembered_and_left_alone_until_it_changes() throws Exception {
        TestPictures.writeMany(pictures, 9);
        byte[] png = TestPictures.png(1);
        Path bad = Files.write(pictures.resolve("bad.png"), Arrays.copyOf(png, png.length / 2));
        List<Failure> told = new ArrayList<>();

        IndexReport first = pixie.index(List.of(pictures), IndexOptions.DEFAULT, new ProgressListener() {
            @Override
            public void progressed(Progress progress) {}

            @Override
            public void failed(Failure failure) {
                told.add(failure);
            }
        });

        assertEquals(9, first.added());
        assertEquals(1, first.failures().size());
        Failure failure = first.failures().get(0);
        assertEquals("Pictures/bad.png truncated", failure.id() + " " + failure.code());
        assertEquals(Optional.of(bad), failure.path());
        assertEquals(first.failures(), told);
        assertEquals(first.failures(), pixie.failures());

        IndexReport second = index();
        assertEquals(1, second.failedBefore());
        assertEquals(List.of(), second.failures());
        IndexReport retried =
                pixie.index(List.of(pictures), IndexOptions.DEFAULT.retryFailed(true), ProgressListener.NONE);
        assertEquals(1, retried.failures().size());

        Files.write(bad, png);
        assertEquals(1, index().added());
        assertEquals(List.of(), pixie.failures());
    }

    @Test
    void a_file_that_vanishes_after_it_was_found_is_a_failure_of_its_own() throws Exception {
        TestPictures.writeMany(pictures, 40);
        Path last = TestPictures.write(pictures.resolve("zz.png"), 99);
        AtomicBoolean gone = new AtomicBoolean();

        IndexReport report = pixie.index(List.of(pictures), IndexOptions.DEFAULT, progress -> {
            if (gone.compareAndSet(false, true)) {
                last.toFile().delete();
            }
        });

        assertEquals(40, report.added());
        assertEquals("missing", report.failures().get(0).code());
    }

    @Test
    void a_run_that_is_stopped_keeps_what_it_reports_and_the_next_goes_on_from_there() throws Exception {
        TestPictures.writeMany(pictures, 120);
        AtomicBoolean stop = new AtomicBoolean();

        IndexReport first = pixie.index(
                List.of(pictures), IndexOptions.DEFAULT.stopWhen(stop::get), progress -> stop.set(progress.done() > 0));

        assertTrue(first.interrupted());
        assertTrue(first.added() > 0 && first.added() < 120, first.toString());
        assertEquals(first.added(), pixie.size());
        IndexReport second = index();
        assertEquals(first.added(), second.unchanged());
        assertEquals(120 - first.added(), second.added());
        assertEquals(120, pixie.size());
    }

    @Test
    void an_interrupt_stops_a_run_like_a_request_to_stop() throws Exception {
        TestPictures.writeMany(pictures, 120);
        Thread caller = Thread.currentThread();
        IndexReport report = pixie.index(List.of(pictures), IndexOptions.DEFAULT, progress -> {
            if (progress.done() > 0) {
                caller.interrupt();
            }
        });
        assertTrue(Thread.interrupted(), "the interrupt status is set again");
        assertTrue(report.interrupted());
        assertEquals(report.added(), pixie.size());
        assertEquals(120, pixie.size() + index().added());
    }

    @Test
    void what_a_listener_throws_ends_the_run_and_what_is_committed_stays() throws Exception {
        TestPictures.writeMany(pictures, 60);
        IllegalStateException failure = assertThrows(
                IllegalStateException.class,
                () -> pixie.index(List.of(pictures), IndexOptions.DEFAULT, progress -> {
                    if (progress.done() > 0) {
                        throw new IllegalStateException("enough");
                    }
                }));
        assertEquals("enough", failure.getMessage());
        long kept = pixie.size();
        assertTrue(kept > 0);
        assertEquals(60 - kept, index().added());
    }

    @Test
    void progress_counts_up_to_everything_there_is() throws Exception {
        TestPictures.writeMany(pictures, 50);
        Files.writeString(pictures.resolve("bad.png"), "no picture");
        List<Progress> told = new ArrayList<>();
        Set<Thread> tellers = new HashSet<>();

        pixie.index(List.of(pictures), IndexOptions.DEFAULT, progress -> {
            told.add(progress);
            tellers.add(Thread.currentThread());
        });

        assertEquals(Set.of(Thread.currentThread()), tellers);

        assertEquals(0, told.get(0).finished());
        Progress last = told.get(told.size() - 1);
        assertEquals(50, last.done());
        assertEquals(1, last.failed());
        assertEquals(51, last.total().orElseThrow());
        for (int i = 1; i < told.size(); i++) {
            assertTrue(told.get(i).finished() > told.get(i - 1).finished());
        }
    }

    @Test
    void a_collection_is_searched_while_it_is_indexed() throws Exception {
        TestPictures.writeMany(pictures, 150);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<IndexReport> indexing =
                CompletableFuture.supplyAsync(() -> pixie.index(List.of(pictures), IndexOptions.DEFAULT, progress -> {
                    if (progress.done() > 0) {
                        begun.countDown();
                    }
                }));
        begun.await();
        int searches = 0;
        while (!indexing.isDone() || searches == 0) {
            assertFalse(pixie.search("a dog").hits().isEmpty());
            searches++;
        }
        assertEquals(150, indexing.get().added());
        assertEquals(150, pixie.search(Query.text("a dog").limit(1000)).hits().size());
    }

    @Test
    void a_folder_that_moved_keeps_its_ids() throws Exception {
        TestPictures.writeMany(pictures, 5);
        index();
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere")).resolve("Pictures");
        Files.move(pictures, elsewhere);

        IndexReport report = pixie.index(List.of(elsewhere), IndexOptions.DEFAULT, ProgressListener.NONE);

        assertEquals(5, report.unchanged());
        assertEquals(
                Optional.of(elsewhere.resolve("1.png")),
                pixie.get("Pictures/1.png").orElseThrow().path());
    }

    @Test
    void nothing_to_do_opens_no_model(@TempDir Path other) throws Exception {
        TestPictures.writeMany(pictures, 3);
        index();
        pixie.close();
        Path manifest = folder.resolve("photos/collection.json");
        Files.writeString(manifest, Files.readString(manifest).replace("\"demo\"", "\"" + other + "/no-model\""));
        try (Pixie again = Pixie.open(folder.resolve("photos"))) {
            IndexReport report = again.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
            assertEquals(3, report.unchanged());
            assertEquals(3, again.list("", 0, 10).items().size());
            assertEquals(
                    2,
                    again.search(Query.of(Term.item("Pictures/1.png"))).hits().size());
            assertThrows(ModelException.class, () -> again.search("a dog"));
            assertEquals(1, again.remove("Pictures/1.png"));
        }
    }
}
