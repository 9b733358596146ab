package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a search tells of itself, and what is kept of it. */
@Tag("python")
class QueryLogTest {
    @TempDir
    private Path folder;

    private Pixie pixie;

    @BeforeEach
    void open() {
        pixie = photos().model("demo").open();
        pixie.add(Item.text("a", "a dog"), Item.text("b", "a cat"), Item.text("c", "a house"));
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    private PixieBuilder photos() {
        return Pixie.builder(folder.resolve("photos"));
    }

    private List<List<String>> asked(Pixie collection) {
        return collection.log(0, 100).queries().stream().map(LoggedQuery::terms).toList();
    }

    @Test
    void a_plain_search_tells_nothing_more() {
        SearchResult result = pixie.search("a dog");
        assertEquals(Optional.empty(), result.explanation());
        assertEquals(Optional.empty(), result.check());
        assertEquals(List.of(), result.warnings());
    }

    @Test
    void a_search_by_another_kind_is_explained_and_checked() {
        Query query =
                Query.text("a dog").limit(2).kind(IndexKind.KMEANS).probes(3).candidates(50);
        SearchResult result = pixie.search(query.explain(true).check(true));
        assertEquals(pixie.search(query.exact(false)).hits(), result.hits());
        Explanation explanation = result.explanation().orElseThrow();
        assertEquals("kmeans", explanation.kind());
        assertEquals(3, explanation.rows());
        assertEquals(3, explanation.settings().get("probes"));
        assertFalse(explanation.took().isZero());
        assertFalse(explanation.layers().isEmpty());
        assertEquals(
                new RecallCheck(1, 2, List.of(true, true), List.of()),
                result.check().orElseThrow());
        assertEquals(
                List.of("index_built"),
                result.warnings().stream().map(Warning::code).toList());
    }

    @Test
    void a_setting_that_the_kind_has_not_is_refused() {
        InvalidInputException refusal = assertThrows(
                InvalidInputException.class,
                () -> pixie.search(Query.text("a dog").exact(true).probes(2)));
        assertTrue(refusal.message().contains("'probes'"), refusal.message());
        assertEquals(List.of(), asked(pixie));
    }

    @Test
    void a_query_is_kept_with_what_it_asked_and_how_it_was_answered() {
        byte[] picture = TestPictures.png(1);
        pixie.search(Query.of(
                        Term.text("a dog"),
                        Term.text("12:30").weight(0.5),
                        Term.item("a").minus(),
                        Term.picture(picture),
                        Term.vector(pixie.embed("x")).weight(2))
                .limit(2));
        pixie.search(
                Query.text("a cat \uD83D\0🐱").kind(IndexKind.KMEANS).probes(3).check(true));
        LogPage page = pixie.log(0, 10);
        assertEquals(2, page.total());
        assertTrue(page.on());
        assertFalse(page.hasNext());
        assertEquals(List.of(), page.warnings());
        LoggedQuery newest = page.queries().get(0);
        assertEquals(List.of("a cat \uD83D\0🐱"), newest.terms());
        assertEquals(Optional.of(Modality.TEXT), newest.modality());
        assertEquals("kmeans", newest.kind());
        assertEquals(Map.of("probes", 3), newest.settings());
        assertEquals(3, newest.hits());
        assertEquals(OptionalDouble.of(1), newest.recall());
        LoggedQuery oldest = page.queries().get(1);
        assertEquals(
                List.of(
                        "a dog",
                        "0.5:text:12:30",
                        "-1:id:a",
                        "@(picture of " + picture.length + " bytes)",
                        "2:(vector of 256 numbers)"),
                oldest.terms());
        assertEquals(Optional.empty(), oldest.modality());
        assertEquals(2, oldest.limit());
        assertEquals(OptionalDouble.empty(), oldest.recall());
    }

    @Test
    void the_log_is_read_page_by_page() {
        for (String text : List.of("one", "two", "three")) {
            pixie.search(text);
        }
        assertEquals(List.of(List.of("three"), List.of("two"), List.of("one")), asked(pixie));
        LogPage page = pixie.log(1, 1);
        assertEquals(List.of("two"), page.queries().get(0).terms());
        assertTrue(page.hasNext());
        assertEquals(3, page.total());
        assertThrows(InvalidInputException.class, () -> pixie.log(-1, 1));
        assertThrows(InvalidInputException.class, () -> pixie.log(0, 0));
    }

    @Test
    void comma_separated_values_are_quoted_where_they_must() {
        pixie.search("a \"dog\", or\ntwo");
        pixie.search(Query.of(Term.text("a dog"), Term.text("snow")));
        List<String> rows = List.of(pixie.logAsCsv(0, 10).split("\r\n"));
        assertEquals("time,query,modality,kind,settings,k,seconds,hits,recall", rows.get(0));
        assertTrue(rows.get(1).contains(",'a dog' snow,text,auto,,10,"), rows.get(1));
        assertTrue(rows.get(2).contains(",\"a \"\"dog\"\", or\ntwo\",text,auto,,10,"), rows.get(2));
        assertEquals(3, rows.size());
    }

    @Test
    void readers_are_logged_as_well_and_may_clear() {
        try (Pixie reader = photos().readOnly(true).open()) {
            reader.search("by a reader");
            assertEquals(List.of(List.of("by a reader")), asked(reader));
            CollectionException refusal = assertThrows(CollectionException.class, () -> reader.setLog(false));
            assertEquals("read_only", refusal.code());
            assertEquals(1, reader.clearLog());
        }
        assertEquals(List.of(), asked(pixie));
    }

    @Test
    void a_log_that_is_off_keeps_nothing_new() {
        pixie.search("before");
        pixie.setLog(false);
        pixie.search("a secret");
        assertFalse(pixie.log(0, 1).on());
        assertEquals(List.of(List.of("before")), asked(pixie));
        pixie.close();
        pixie = photos().open();
        pixie.search("a secret");
        assertEquals(List.of(List.of("before")), asked(pixie));
        pixie.setLog(true);
        pixie.search("after");
        assertEquals(List.of(List.of("after"), List.of("before")), asked(pixie));
    }

    @Test
    void a_damaged_log_is_set_aside_and_searches_go_on() throws Exception {
        pixie.search("before");
        pixie.close();
        Path file = folder.resolve("photos/queries.sqlite");
        Files.write(file, "no database".repeat(1000).getBytes(StandardCharsets.UTF_8));
        pixie = photos().open();
        SearchResult result = pixie.search("a dog");
        assertEquals("a", result.hits().get(0).id());
        assertEquals(
                List.of("log_damaged"),
                result.warnings().stream().map(Warning::code).toList());
        assertEquals(List.of(List.of("a dog")), asked(pixie));
        assertTrue(Files.exists(folder.resolve("photos/queries.sqlite.damaged")));
    }

    @Test
    void a_closed_collection_tells_no_queries() {
        pixie.close();
        assertThrows(ClosedException.class, () -> pixie.log(0, 1));
        assertThrows(ClosedException.class, () -> pixie.clearLog());
        assertThrows(ClosedException.class, () -> pixie.setLog(true));
    }
}
