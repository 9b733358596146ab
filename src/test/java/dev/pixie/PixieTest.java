package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class PixieTest {
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
    void a_picture_that_was_added_is_found_by_itself() throws Exception {
        Path file = TestPictures.write(folder.resolve("a.png"), 1);
        AddReport report = pixie.add(
                Item.picture("a", file),
                Item.picture("b", TestPictures.png(2)),
                Item.text("c", "a house by the sea").withMetadata(Map.of("year", 2020)));

        assertEquals(new AddReport(3, 0, List.of(), List.of(), false), report);
        assertEquals(3, pixie.size());
        Hit best = pixie.search(Query.of(Term.picture(file))).hits().get(0);
        assertEquals("a", best.id());
        assertEquals(1, best.score(), 1e-4);
        assertEquals(Optional.of(file), best.path());
        assertEquals(Modality.IMAGE, best.modality());
        assertEquals("b", bestOf(Term.picture(TestPictures.png(2))).id());
        Hit text = bestOf(Term.text("a house by the sea"));
        assertEquals("c", text.id());
        assertEquals(Optional.of("a house by the sea"), text.text());
        assertEquals(Map.of("year", 2020), text.metadata());
    }

    @Test
    void an_item_comes_back_with_what_the_collection_knows_of_it() throws Exception {
        Path file = TestPictures.write(folder.resolve("a.png"), 1);
        pixie.add(Item.picture("a", file).withText("shapes"));

        Item item = pixie.get("a").orElseThrow();
        Item.Stored stored = item.stored().orElseThrow();
        assertEquals(Optional.of(file), item.path());
        assertEquals(OptionalInt.of(96), stored.width());
        assertEquals(OptionalInt.of(64), stored.height());
        assertEquals(Files.size(file), stored.size().orElseThrow());
        assertEquals(
                Files.getLastModifiedTime(file).toInstant(), stored.modified().orElseThrow());
        assertEquals(EnumSet.allOf(Modality.class), stored.vectors());
        assertEquals(Optional.empty(), pixie.get("b"));
    }

    @Test
    void characters_of_every_kind_survive_as_id_text_and_metadata() {
        for (String name : List.of(
                "😀👩‍👩‍👧‍👦", "a\0b", "\uD83D", "x\uDE00y", "日本", "\uFEFFbom", "\u2028", "'; DROP TABLE items")) {
            Map<String, Object> metadata = new HashMap<>(Map.of("name", name, "日本 😀 \0", "key"));
            metadata.put("nothing", null);
            Item item = Item.text(name, "about " + name).withMetadata(metadata);
            pixie.add(item);
            Item found = pixie.get(name).orElseThrow();
            assertEquals(item.text(), found.text());
            assertEquals(item.metadata(), found.metadata());
            assertEquals(
                    name, bestOf(Term.item(name), Term.text("about " + name)).id());
            assertEquals(1, pixie.remove(name));
        }
    }

    @Test
    void an_item_of_the_same_id_takes_the_place_of_the_one_before() {
        pixie.add(Item.picture("a", TestPictures.png(1)).withText("before"));
        AddReport report = pixie.add(Item.text("a", "after"));

        assertEquals(1, report.updated());
        assertEquals(1, pixie.size());
        Item item = pixie.get("a").orElseThrow();
        assertEquals(Optional.of("after"), item.text());
        assertEquals(EnumSet.of(Modality.TEXT), item.stored().orElseThrow().vectors());
    }

    @Test
    void of_two_items_with_one_id_in_one_call_the_later_counts() {
        pixie.add(Item.text("a", "first"), Item.text("b", "other"), Item.text("a", "second"));
        pixie.addAll(Stream.of(Item.text("c", "first"), Item.text("c", "second")), ProgressListener.NONE);
        assertEquals(Optional.of("second"), pixie.get("a").orElseThrow().text());
        assertEquals(Optional.of("second"), pixie.get("c").orElseThrow().text());
        assertEquals(3, pixie.size());
    }

    @Test
    void a_removed_item_is_not_found_any_more() {
        pixie.add(Item.text("a", "a dog"), Item.text("b", "a cat"));
        assertEquals(1, pixie.remove("a", "unknown"));
        assertEquals(List.of("b"), ids(pixie.search("a dog")));
        assertEquals(Optional.empty(), pixie.get("a"));
        assertEquals(1, pixie.size());
    }

    @Test
    void items_are_listed_page_by_page_in_the_order_of_their_ids() {
        pixie.addAll(
                IntStream.range(0, 25)
                        .mapToObj(i -> Item.text("%s/%02d".formatted(i < 20 ? "x" : "y", i), "text " + i)),
                ProgressListener.NONE);
        ItemPage first = pixie.list("x/", 0, 15);
        ItemPage second = pixie.list("x/", 15, 15);
        assertEquals(20, first.total());
        assertTrue(first.hasNext());
        assertFalse(second.hasNext());
        assertEquals("x/00", first.items().get(0).id());
        assertEquals("x/19", second.items().get(4).id());
        assertEquals(25, pixie.list("", 0, 1000).items().size());
        assertEquals(List.of(), pixie.list("z", 0, 10).items());
    }

    @Test
    void stats_count_what_there_is() {
        pixie.add(Item.picture("a", TestPictures.png(1)).withText("shapes"), Item.text("b", "a text"));
        pixie.remove("b");
        Stats stats = pixie.stats();
        assertEquals(1, stats.items());
        assertEquals(Map.of(Modality.IMAGE, 1L, Modality.TEXT, 1L), stats.vectors());
        assertEquals(1, stats.deadRows());
        assertEquals("demo", stats.model().name());
        assertEquals(pixie.model(), stats.model());
        assertEquals(folder.resolve("photos"), stats.path());
        assertTrue(stats.bytes().total() > 0);
    }

    @Test
    void a_vector_finds_what_its_text_finds() {
        pixie.add(Item.text("a", "a dog"), Item.text("b", "a boat"));
        float[] vector = pixie.embed("a dog");
        assertEquals(pixie.model().dimension(), vector.length);
        double length = IntStream.range(0, vector.length)
                .mapToDouble(i -> vector[i] * vector[i])
                .sum();
        assertEquals(1, length, 1e-5);
        assertEquals(
                pixie.search("a dog").hits().get(0).score(),
                bestOf(Term.vector(vector)).score(),
                1e-5);
    }

    @Test
    void terms_add_up_by_their_weights() {
        pixie.add(Item.text("a", "a dog"), Item.text("b", "a boat on the sea"));
        assertEquals(
                "a",
                bestOf(Term.text("a dog"), Term.text("a boat on the sea").weight(0.2))
                        .id());
        assertEquals(
                "b",
                bestOf(Term.text("a dog").weight(0.2), Term.text("a boat on the sea"))
                        .id());
        assertEquals(
                "b",
                bestOf(Term.text("a boat on the sea"), Term.text("a dog").minus())
                        .id());
    }

    @Test
    void an_item_that_is_searched_for_is_not_its_own_hit() {
        pixie.add(Item.text("a", "a dog"), Item.text("b", "a boat"));
        assertEquals(List.of("b"), ids(pixie.search(Query.of(Term.item("a")))));
    }

    @Test
    void limit_offset_score_and_target_narrow_the_answer() {
        pixie.add(
                Item.picture("a", TestPictures.png(1)),
                Item.text("b", "a boat"),
                Item.text("c", "a dog"),
                Item.text("d", "a dog"));
        Query query = Query.text("a dog");
        List<String> all = ids(pixie.search(query));
        assertEquals(4, all.size());
        assertEquals(all.subList(1, 3), ids(pixie.search(query.offset(1).limit(2))));
        assertEquals(List.of("c", "d"), ids(pixie.search(query.minScore(0.999))));
        assertEquals(List.of("a"), ids(pixie.search(query.target(Modality.IMAGE))));
        assertEquals(List.of(), ids(pixie.search(query.offset(1_000_000))));
        assertEquals(all, ids(pixie.search(query.limit(Integer.MAX_VALUE).exact(true))));
    }

    @Test
    void a_text_that_the_model_cuts_comes_with_a_warning() {
        AddReport report = pixie.add(Item.text("long", "a dog ".repeat(100)), Item.text("short", "a dog"));
        assertEquals(
                List.of(Optional.of("long")),
                report.warnings().stream().map(Warning::item).toList());
        Warning warning = pixie.search("a dog ".repeat(100)).warnings().get(0);
        assertEquals("text_truncated", warning.code());
    }

    @Test
    void an_async_search_gives_what_a_search_gives() throws Exception {
        pixie.add(Item.text("a", "a dog"));
        assertEquals(
                "a", pixie.searchAsync(Query.text("a dog")).get().hits().get(0).id());
        Exception failure = assertThrows(
                Exception.class,
                () -> pixie.searchAsync(Query.of(Term.item("unknown"))).get());
        assertEquals(InvalidInputException.class, failure.getCause().getClass());
    }

    @Test
    void a_text_or_picture_has_one_vector_however_it_comes() throws Exception {
        Path file = TestPictures.write(folder.resolve("a.png"), 1);
        try (Embedder embedder = Embedder.open("demo")) {
            assertArrayEquals(pixie.embed(file), embedder.embed(file), 1e-5f);
            assertArrayEquals(pixie.embed(file), embedder.embed(TestPictures.png(1)), 1e-5f);
            assertArrayEquals(pixie.embed("a dog"), embedder.embed("a dog"), 1e-5f);
            assertEquals(pixie.model(), embedder.model());
            List<float[]> texts = embedder.embed(List.of("a dog", "a boat"));
            assertArrayEquals(pixie.embed("a dog"), texts.get(0), 1e-5f);
            assertArrayEquals(pixie.embed("a boat"), texts.get(1), 1e-5f);
        }
    }

    private Hit bestOf(Term... terms) {
        return pixie.search(Query.of(terms)).hits().get(0);
    }

    private static List<String> ids(SearchResult result) {
        return result.hits().stream().map(Hit::id).toList();
    }
}
