package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Some of a collection's items, chosen by filters. */
@Tag("python")
class ItemsTest {
    @TempDir
    private Path folder;

    private Pixie pixie;

    @BeforeEach
    void open() {
        pixie = Pixie.builder(folder.resolve("photos")).model("demo").open();
        pixie.add(
                Item.text("a", "a red house").withMetadata(Map.of("year", 2020, "tag", List.of("red", "house"))),
                Item.text("b", "a blue house").withMetadata(Map.of("year", 2021, "tag", "blue")),
                Item.text("c", "a red car").withMetadata(Map.of("year", "2021", "exif", Map.of("iso", 100))),
                Item.picture("d", TestPictures.png(1)));
    }

    @AfterEach
    void close() {
        pixie.close();
    }

    @Test
    void a_filter_and_its_text_choose_the_same_items() {
        assertEquals(List.of("a", "b"), ids(Filter.gte("year", 2020)));
        assertEquals(List.of("a", "b"), ids(Filter.parse("year >= 2020")));
        assertEquals(List.of("a"), ids(Filter.parse("tag = 'red'").and(Filter.gte("year", 2020))));
        assertEquals(List.of("c", "d"), ids(Filter.isNull("year").or(Filter.eq("exif.iso", 100))));
        assertEquals(List.of("b", "c"), ids(Filter.ne("year", 2020)));
        assertEquals(List.of(), ids(Filter.gt("added", Instant.now().plusSeconds(3600))));
        assertEquals(
                List.of("b"),
                pixie.items()
                        .where(Filter.has("tag"))
                        .where(Filter.gt("year", 2020))
                        .ids());
    }

    private List<String> ids(Filter filter) {
        return pixie.items().where(filter).ids();
    }

    @Test
    void as_many_hits_come_back_as_there_are_items_that_the_filter_matches() {
        Query query = Query.text("a blue house").limit(2);
        assertEquals("b", pixie.search(query).hits().get(0).id());
        List<Hit> hits = pixie.search(query.where(Filter.ne("tag", "blue").or(Filter.has("exif"))))
                .hits();
        assertEquals(2, hits.size());
        assertEquals(List.of("a", "c"), hits.stream().map(Hit::id).sorted().toList());
        assertEquals(
                List.of("c", "a"),
                pixie.search(query.where(Filter.in("id", "a", "c")).sort("id:desc")).hits().stream()
                        .map(Hit::id)
                        .toList());
    }

    @Test
    void items_come_in_an_order_and_in_pages() {
        Items byYear = pixie.items().sort("year:desc");
        assertEquals(List.of("c", "b", "a", "d"), byYear.ids());
        ItemPage second = byYear.page(1, 2);
        assertEquals(List.of("b", "a"), second.items().stream().map(Item::id).toList());
        assertEquals(4, second.total());
        assertTrue(second.hasNext());
        assertEquals(3, byYear.where(Filter.has("year")).count());
        assertEquals(List.of("d"), pixie.items().prefix("d").ids());
    }

    @Test
    void facets_count_the_values_under_a_name() {
        Facets tags = pixie.items().facets("tag", 0, 2);
        assertEquals(List.of(new Facets.Facet("blue", 1), new Facets.Facet("house", 1)), tags.facets());
        assertEquals(3, tags.total());
        assertEquals(2, tags.without());
        assertEquals(
                List.of(new Facets.Facet(2020, 1)),
                pixie.items()
                        .where(Filter.eq("tag", "red"))
                        .facets("year", 0, 10)
                        .facets());
    }

    @Test
    void keys_are_set_and_taken_away_and_the_others_stay() {
        int changed =
                pixie.items().where(Filter.has("year")).set(Map.of("exif.iso", 200, "draft", true), List.of("tag"));
        assertEquals(3, changed);
        assertEquals(
                Optional.of(Map.of("year", "2021", "exif", Map.of("iso", 200), "draft", true)),
                pixie.get("c").map(Item::metadata));
        assertFalse(pixie.get("a").orElseThrow().metadata().containsKey("tag"));
    }

    @Test
    void items_that_a_filter_matches_are_counted_and_removed() {
        Items dated = pixie.items().where(Filter.has("year"));
        assertEquals(3, dated.stats().items());
        assertEquals(3L, dated.stats().vectors().get(Modality.TEXT));
        assertEquals(3, dated.remove());
        assertEquals(List.of("d"), pixie.items().ids());
        assertEquals(1, pixie.size());
    }

    @Test
    void items_without_missing_files_are_in_both_lists_but_that_of_the_missing() {
        assertEquals(4, pixie.items().withMissing().count());
        assertEquals(0, pixie.items().missing().count());
    }

    @Test
    void a_filter_that_is_written_wrongly_is_told_where_it_is_used() {
        Filter wrong = Filter.parse("year >= 2020 adn x = 1");
        for (Runnable use : List.<Runnable>of(
                () -> pixie.items().where(wrong).ids(),
                () -> pixie.search(Query.text("a").where(wrong)),
                () -> pixie.items().where(Filter.has("a").and(wrong)).remove())) {
            InvalidInputException thrown = assertThrows(InvalidInputException.class, use::run);
            assertEquals(Optional.of("syntax"), thrown.code());
            assertTrue(
                    thrown.message().contains("wrong at character 14: expected and, or or the end"), thrown.message());
        }
    }

    @Test
    void an_order_or_a_page_that_is_none_is_refused() {
        assertThrows(
                InvalidInputException.class, () -> pixie.items().sort("gps").ids());
        assertThrows(InvalidInputException.class, () -> pixie.items().page(-1, 1));
        assertThrows(InvalidInputException.class, () -> pixie.items().page(0, 0));
        assertThrows(InvalidInputException.class, () -> pixie.items().facets("gps", 0, 1));
        assertThrows(InvalidInputException.class, () -> pixie.items().set(Map.of(), List.of()));
    }

    @Test
    void items_close_with_their_collection() {
        Items all = pixie.items();
        pixie.close();
        assertThrows(ClosedException.class, all::count);
    }
}
