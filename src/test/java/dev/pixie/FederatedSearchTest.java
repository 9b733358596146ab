package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.FederatedSearch.CollectionHit;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One search over several collections finds what one collection with all their items would. */
@Tag("python")
class FederatedSearchTest {
    private static final List<String> WORDS =
            List.of("a red dog", "a blue cat", "the green sea", "an old ship", "two birds", "rain at night");

    @TempDir
    private Path folder;

    private Pixie even;
    private Pixie odd;
    private Pixie all;

    @BeforeEach
    void open() {
        even = Pixie.builder(folder.resolve("even")).model("demo").open();
        odd = Pixie.builder(folder.resolve("odd")).model("demo").open();
        all = Pixie.builder(folder.resolve("all")).model("demo").open();
        for (int number = 0; number < WORDS.size(); number++) {
            Item item = Item.text("" + number, WORDS.get(number)).withMetadata(Map.of("number", number));
            (number % 2 == 0 ? even : odd).add(item);
            all.add(item);
        }
    }

    @AfterEach
    void close() {
        List.of(even, odd, all).forEach(Pixie::close);
    }

    @Test
    void it_finds_what_all_items_together_would() {
        for (Query query : List.of(
                Query.text("a dog at sea"),
                Query.text("a dog at sea").limit(2).offset(3),
                Query.text("a dog at sea").offset(6),
                Query.text("a dog").where(Filter.gte("number", 3)))) {
            List<CollectionHit> found =
                    FederatedSearch.search(List.of(even, odd), query).hits();
            assertEquals(
                    all.search(query).hits().stream().map(Hit::id).toList(),
                    found.stream().map(each -> each.hit().id()).toList());
            for (CollectionHit each : found) {
                assertEquals(Integer.parseInt(each.hit().id()) % 2 == 0 ? "even" : "odd", each.collection());
            }
        }
    }

    @Test
    void what_makes_no_sense_is_refused() {
        Query query = Query.text("a dog");
        assertThrows(InvalidInputException.class, () -> FederatedSearch.search(List.of(), query));
        assertThrows(InvalidInputException.class, () -> FederatedSearch.search(List.of(even), query.sort("date")));
        InvalidInputException item = assertThrows(
                InvalidInputException.class,
                () -> FederatedSearch.search(List.of(even, odd), Query.of(Term.item("0"))));
        assertTrue(item.getMessage().contains("can't tell of which one"), item.getMessage());
        odd.close();
        assertThrows(ClosedException.class, () -> FederatedSearch.search(List.of(even, odd), query));
    }
}
