package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All vectors anew with another model, from Java: the run, what it refuses, and readers that go on. */
@Tag("python")
class ReembedTest {
    private static final int PICTURES = 40;
    private static final ReembedOptions OPTIONS = ReembedOptions.DEFAULT.device("cpu");

    @TempDir
    static Path shared;

    @TempDir
    private Path folder;

    private static String other = "";
    private Path pictures;
    private String photos = "";

    @BeforeAll
    static void make_another_model() throws Exception {
        other = TestCheckpoint.write(shared.resolve("tiny")).toString();
    }

    @BeforeEach
    void fill() throws Exception {
        photos = folder.resolve("photos").toString();
        pictures = TestPictures.writeMany(folder.resolve("pictures"), PICTURES);
        Files.copy(pictures.resolve("0.png"), pictures.resolve("copy.png"));
        try (Pixie pixie = Pixie.builder(photos).model("demo").open()) {
            pixie.index(List.of(pictures), IndexOptions.DEFAULT, ProgressListener.NONE);
            pixie.add(
                    Item.text("words", "only words").withMetadata(Map.of("year", 2020)),
                    Item.picture("both", pictures.resolve("1.png")).withText("a picture with words"));
        }
    }

    private ReembedReport reembed(ReembedOptions options) {
        return PixieCollections.open().reembed(photos, other, options, ProgressListener.NONE);
    }

    private Pixie reader() {
        return Pixie.builder(photos).readOnly(true).open();
    }

    private Query picture(int number) {
        return Query.of(Term.picture(pictures.resolve(number + ".png")));
    }

    private static Map<String, Item> items(Pixie pixie) {
        Map<String, Item> items = new TreeMap<>();
        pixie.items().forEach(item -> items.put(item.id(), item));
        return items;
    }

    @Test
    void all_vectors_are_made_anew_and_all_else_stays() {
        List<Progress> told = new ArrayList<>();
        Map<String, Item> before;
        try (Pixie pixie = reader()) {
            before = items(pixie);
        }
        ReembedReport report = PixieCollections.open().reembed(photos, other, OPTIONS, told::add);
        assertTrue(report.swapped());
        assertTrue(report.needed());
        assertEquals(PICTURES + 3, report.items());
        assertEquals(PICTURES + 3, report.embedded());
        assertEquals(2, report.copied());
        assertEquals(List.of(), report.failures());
        assertEquals(Optional.empty(), report.leftOut());
        assertEquals("demo", report.before().name());
        assertEquals(TestCheckpoint.DIMENSION, report.model().dimension());
        Progress last = told.get(told.size() - 1);
        assertEquals(PICTURES + 3, last.done());
        assertEquals(PICTURES + 3, last.total().orElseThrow());
        try (Pixie pixie = reader()) {
            assertEquals(before, items(pixie));
            assertEquals(report.model(), pixie.model());
            assertEquals("words", pixie.search("only words").hits().get(0).id());
            assertEquals(1.0, pixie.search(picture(7)).hits().get(0).score(), 1e-4);
        }
        assertTrue(PixieCare.open().verify(photos, true, step -> {}).sound());
    }

    @Test
    void the_same_model_is_nothing_to_do() {
        ReembedReport report = PixieCollections.open().reembed(photos, "demo", OPTIONS, ProgressListener.NONE);
        assertFalse(report.needed());
        assertFalse(report.swapped());
        assertEquals(PICTURES + 3, report.doneBefore());
        assertEquals(0, report.embedded());
    }

    @Test
    void the_collection_can_be_written_at_once_afterwards() {
        assertTrue(reembed(OPTIONS).swapped());
        try (Pixie pixie = Pixie.open(Path.of(photos))) {
            pixie.add(Item.text("later", "words of later"));
            assertEquals("later", pixie.search("words of later").hits().get(0).id());
        }
    }

    @Test
    void an_interrupted_thread_stops_and_lets_the_next_run_go_on() {
        AtomicLong done = new AtomicLong();
        ReembedReport stopped = PixieCollections.open().reembed(photos, other, OPTIONS, progress -> {
            if (progress.done() > 0 && done.getAndSet(progress.done()) == 0) {
                Thread.currentThread().interrupt();
            }
        });
        assertTrue(Thread.interrupted());
        assertTrue(stopped.interrupted());
        assertTrue(reembed(OPTIONS).swapped());
    }

    @Test
    void a_run_that_is_stopped_goes_on_from_there() {
        AtomicLong done = new AtomicLong();
        ReembedReport stopped = PixieCollections.open()
                .reembed(photos, other, OPTIONS.stopWhen(() -> done.get() > 0), progress -> done.set(progress.done()));
        assertTrue(stopped.interrupted());
        assertFalse(stopped.swapped());
        assertTrue(stopped.embedded() > 0 && stopped.embedded() < PICTURES, stopped.toString());
        try (Pixie pixie = reader()) {
            assertEquals("demo", pixie.model().name());
            assertEquals("words", pixie.search("only words").hits().get(0).id());
        }
        ReembedReport rest = reembed(OPTIONS);
        assertTrue(rest.swapped());
        assertEquals(stopped.embedded(), rest.doneBefore());
        assertEquals(PICTURES + 3 - stopped.embedded(), rest.embedded());
    }

    @Test
    void a_picture_that_is_gone_keeps_the_old_model_unless_it_is_left_behind() throws Exception {
        Files.delete(pictures.resolve("3.png"));
        Files.writeString(pictures.resolve("4.png"), "no picture any more");
        ReembedReport refused = reembed(OPTIONS);
        assertFalse(refused.swapped());
        Map<String, String> codes = new TreeMap<>();
        refused.failures().forEach(failure -> codes.put(failure.id(), failure.code()));
        assertEquals(Map.of("pictures/3.png", "missing", "pictures/4.png", "not_an_image"), codes);
        try (Pixie pixie = reader()) {
            assertEquals("demo", pixie.model().name());
        }
        ReembedReport left = reembed(OPTIONS.skipFailed(true));
        assertTrue(left.swapped());
        assertEquals(PICTURES + 1, left.doneBefore());
        assertEquals(2, Files.readAllLines(left.leftOut().orElseThrow()).size());
        try (Pixie pixie = reader()) {
            assertEquals(PICTURES + 1, pixie.size());
            assertEquals(
                    codes.keySet(),
                    Set.copyOf(pixie.failures().stream().map(Failure::id).toList()));
        }
    }

    @Test
    void a_collection_that_is_written_is_refused() {
        try (Pixie pixie = Pixie.open(Path.of(photos))) {
            var error = assertThrows(CollectionException.class, () -> reembed(OPTIONS));
            assertEquals("locked", error.code());
            assertEquals("demo", pixie.model().name());
        }
        assertTrue(reembed(OPTIONS).swapped());
    }

    @Test
    void readers_go_on_with_the_new_model() {
        try (Pixie pixie = reader();
                Pixie fresh = reader()) {
            float[] before = pixie.embed("only words");
            assertEquals(
                    "words",
                    pixie.search(Query.of(Term.vector(before))).hits().get(0).id());
            reembed(OPTIONS);
            var error = assertThrows(CollectionException.class, () -> pixie.search(Query.of(Term.vector(before))));
            assertEquals("replaced", error.code());
            assertThrows(InvalidInputException.class, () -> pixie.search(Query.of(Term.vector(before))));
            assertEquals(TestCheckpoint.DIMENSION, pixie.model().dimension());
            assertEquals(TestCheckpoint.DIMENSION, pixie.embed("only words").length);
            // Of a reader that has not asked for anything yet, by a text, a picture and an item.
            assertEquals("words", fresh.search("only words").hits().get(0).id());
            assertEquals(1.0, fresh.search(picture(7)).hits().get(0).score(), 1e-4);
            assertEquals(
                    3,
                    fresh.search(Query.of(Term.item("words")).limit(3)).hits().size());
        }
    }

    @Test
    void several_collections_are_searched_by_the_model_they_have_now() {
        String more = folder.resolve("more").toString();
        try (Pixie pixie = Pixie.builder(more).model("demo").open()) {
            pixie.add(Item.text("more", "more words"));
        }
        try (Pixie first = reader();
                Pixie second = Pixie.builder(more).readOnly(true).open()) {
            Query query = Query.text("more words").limit(3);
            assertEquals(
                    3,
                    FederatedSearch.search(List.of(first, second), query).hits().size());
            reembed(OPTIONS);
            var error = assertThrows(
                    CollectionException.class, () -> FederatedSearch.search(List.of(first, second), query));
            assertEquals("wrong_model", error.code());
            PixieCollections.open().reembed(more, other, OPTIONS, ProgressListener.NONE);
            var hits = FederatedSearch.search(List.of(first, second), query).hits();
            assertEquals("more", hits.get(0).collection());
            assertEquals(1.0, hits.get(0).hit().score(), 1e-4);
        }
    }

    @Test
    void searches_are_answered_before_during_and_after() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        try (Pixie pixie = reader()) {
            List<CompletableFuture<Set<Integer>>> searching = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                int number = i + 5;
                searching.add(CompletableFuture.supplyAsync(() -> {
                    Set<Integer> dimensions = new HashSet<>();
                    while (!ended.get() || !dimensions.contains(TestCheckpoint.DIMENSION)) {
                        Hit hit = pixie.search(picture(number)).hits().get(0);
                        assertEquals("pictures/" + number + ".png", hit.id());
                        assertEquals(1.0, hit.score(), 1e-3);
                        dimensions.add(pixie.model().dimension());
                    }
                    return dimensions;
                }));
            }
            assertTrue(reembed(OPTIONS).swapped());
            ended.set(true);
            for (CompletableFuture<Set<Integer>> search : searching) {
                assertTrue(search.get().contains(TestCheckpoint.DIMENSION));
            }
        }
    }
}
