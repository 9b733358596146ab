package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kinds of index whose libraries bring threads and memory of their own into this process. */
@Tag("python")
@Timeout(300)
class IndexKindTest {
    private static final int ITEMS = 1100;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"hnsw,graph", "pq,quantised", "kmeans,layers"})
    void a_kind_answers_beside_the_model_while_items_come_and_go(String kind, String way) throws Exception {
        Pixie.builder(folder.resolve("photos")).model("demo").open().close();
        choose(kind);
        try (Pixie pixie = Pixie.open(folder.resolve("photos"))) {
            addTexts(pixie, 0, ITEMS);
            List<CompletableFuture<SearchResult>> searches = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                searches.add(pixie.searchAsync(Query.text("text " + i)));
                searches.add(pixie.searchAsync(Query.of(Term.picture(TestPictures.png(i % 5)))));
                if (i % 20 == 10) {
                    addTexts(pixie, ITEMS + 600 * (i / 20), ITEMS + 600 * (i / 20 + 1));
                    pixie.remove("text-" + i);
                }
            }
            searches.forEach(search -> assertEquals(10, search.join().hits().size()));
            assertEquals(kind, pixie.stats().index().kind());
            assertEquals(way, pixie.stats().index().details().get("search"));
            int shared = 0;
            for (int i = 0; i < 20; i++) {
                Query query = Query.text("a number near " + i);
                shared += shared(pixie.search(query), pixie.search(query.exact(true)));
            }
            assertTrue(shared >= 160, shared + " of 200 hits are those of a scan");
        }
        try (Pixie again = Pixie.open(folder.resolve("photos"))) {
            assertEquals(
                    "text-7",
                    again.search(Query.text("text 7").limit(1)).hits().get(0).id());
        }
    }

    /** Hits that two answers have in common, each with one score. */
    private static int shared(SearchResult one, SearchResult other) {
        Set<Hit> hits = new HashSet<>(one.hits());
        hits.retainAll(other.hits());
        return hits.size();
    }

    private void choose(String kind) throws IOException {
        Path manifest = folder.resolve("photos/collection.json");
        ObjectMapper json = new ObjectMapper();
        ObjectNode whole = (ObjectNode) json.readTree(manifest.toFile());
        ((ObjectNode) whole.get("settings"))
                .set("index", json.createObjectNode().put("kind", kind).put("exact_below", 500));
        json.writeValue(manifest.toFile(), whole);
    }

    private static void addTexts(Pixie pixie, int first, int end) {
        pixie.addAll(
                IntStream.range(first, end).mapToObj(i -> Item.text("text-" + i, "text " + i)), ProgressListener.NONE);
    }
}
