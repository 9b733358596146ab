package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class BadInputTest {
    @TempDir
    private Path folder;

    private Pixie pixie;

    @BeforeEach
    void open() {
        pixie = Pixie.builder(folder.resolve("photos")).model("demo").open();
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    @Test
    void bad_pictures_among_good_ones_are_named_and_skipped() throws Exception {
        byte[] png = TestPictures.png(1);
        Path missing = folder.resolve("missing.png");
        List<Item> items = List.of(
                Item.picture("good-1", png),
                Item.picture("cut", Arrays.copyOf(png, png.length / 2)),
                Item.picture("gone", missing),
                Item.picture("none", new byte[0]),
                Item.picture("words", "hello".getBytes()).withText("a text beside a bad picture"),
                Item.picture("good-2", TestPictures.png(2)));
        List<Failure> told = new ArrayList<>();

        AddReport report = pixie.addAll(items, new ProgressListener() {
            @Override
            public void progressed(Progress progress) {}

            @Override
            public void failed(Failure failure) {
                told.add(failure);
            }
        });

        assertEquals(2, report.added());
        assertEquals(
                List.of("cut truncated", "gone missing", "none empty", "words not_an_image"),
                report.failures().stream()
                        .map(failure -> failure.id() + " " + failure.code())
                        .toList());
        assertEquals(Optional.of(missing), report.failures().get(1).path());
        assertEquals(report.failures(), told);
        assertEquals(2, pixie.size());
        assertEquals(List.of(), pixie.failures(), "only files that were indexed are remembered");
    }

    @Test
    void add_takes_in_all_or_nothing() throws Exception {
        Path notes = Files.writeString(folder.resolve("notes.png"), "no picture");
        InvalidInputException failure = assertThrows(
                InvalidInputException.class,
                () -> pixie.add(Item.text("a", "a dog"), Item.picture("b", notes), Item.text("c", "a cat")));
        assertEquals(Optional.of("b"), failure.item());
        assertEquals(Optional.of("not_an_image"), failure.code());
        assertEquals(0, pixie.size());
    }

    @Test
    void a_batch_of_nothing_but_bad_pictures_is_no_error_of_the_run() {
        AddReport report = pixie.addAll(Stream.of(Item.picture("a", new byte[] {1, 2, 3})), ProgressListener.NONE);
        assertEquals(0, report.added());
        assertEquals(1, report.failures().size());
    }

    @Test
    void adding_nothing_is_no_error() {
        assertEquals(0, pixie.add().added());
        assertEquals(0, pixie.addAll(Stream.empty(), ProgressListener.NONE).added());
    }

    @Test
    void what_a_stream_of_items_throws_comes_out_and_what_came_before_is_kept() {
        Stream<Item> items = Stream.iterate(0, i -> i + 1).map(i -> {
            if (i == 500) {
                throw new IllegalStateException("the source broke");
            }
            return Item.text("item-" + i, "text " + i);
        });
        IllegalStateException failure =
                assertThrows(IllegalStateException.class, () -> pixie.addAll(items, ProgressListener.NONE));
        assertEquals("the source broke", failure.getMessage());
        assertTrue(pixie.size() > 0, "whole batches before the failure are committed");
        assertEquals(1, pixie.add(Item.text("after", "a dog")).added());
    }

    @Test
    void a_query_for_an_unknown_item_names_it() {
        pixie.add(Item.text("a", "a dog"));
        InvalidInputException failure =
                assertThrows(InvalidInputException.class, () -> pixie.search(Query.of(Term.item("nobody"))));
        assertTrue(failure.message().contains("nobody"), failure.message());
    }

    @Test
    void a_picture_term_that_is_no_picture_names_the_file_and_the_reason() throws Exception {
        Path notes = Files.writeString(folder.resolve("notes.png"), "no picture");
        InvalidInputException failure =
                assertThrows(InvalidInputException.class, () -> pixie.search(Query.of(Term.picture(notes))));
        assertEquals(Optional.of("not_an_image"), failure.code());
        assertTrue(failure.message().contains("notes.png"), failure.message());
        InvalidInputException missing = assertThrows(
                InvalidInputException.class, () -> pixie.search(Query.of(Term.picture(folder.resolve("missing.png")))));
        assertEquals(Optional.of("missing"), missing.code());
    }

    @Test
    void terms_that_cancel_each_other_out_are_refused() {
        pixie.add(Item.text("a", "a dog"));
        assertThrows(
                InvalidInputException.class,
                () -> pixie.search(
                        Query.of(Term.text("a cat"), Term.text("a cat").minus())));
    }

    @Test
    void a_vector_of_another_length_is_refused_with_both_lengths() {
        String message = assertThrows(
                        InvalidInputException.class, () -> pixie.search(Query.of(Term.vector(new float[] {1, 2, 3}))))
                .message();
        assertTrue(message.contains("3"), message);
    }

    @Test
    void an_empty_collection_has_no_hits() {
        assertEquals(List.of(), pixie.search("a dog").hits());
    }

    @Test
    void indexing_a_folder_that_is_not_there_names_it() {
        Path nowhere = folder.resolve("nowhere");
        InvalidInputException failure = assertThrows(
                InvalidInputException.class,
                () -> pixie.index(List.of(nowhere), IndexOptions.DEFAULT, ProgressListener.NONE));
        assertTrue(failure.message().contains(nowhere.toString()), failure.message());
    }

    @Test
    void indexing_a_folder_without_pictures_finds_none() throws Exception {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        IndexReport report = pixie.index(List.of(empty), IndexOptions.DEFAULT, ProgressListener.NONE);
        assertEquals(0, report.found());
        assertEquals(List.of(), pixie.stats().roots());
    }

    @Test
    void a_page_out_of_range_is_refused() {
        assertThrows(InvalidInputException.class, () -> pixie.list("", -1, 10));
        assertThrows(InvalidInputException.class, () -> pixie.list("", 0, 0));
    }
}
