package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The samples that the Python half's tests read as well, read into Java's values. */
class JsonSamplesTest {
    private static final String BEACH = "Pictures/2020/beach 🏖.jpg";
    private static final Path BEACH_FILE = Path.of("/home/ann/Pictures/2020/beach 🏖.jpg");
    private static final Model MODEL =
            new Model("openai/clip-vit-large-patch14", "0123456789abcdef0123456789abcdef", 768);

    @Test
    void an_item_with_a_picture() throws Exception {
        Item item = CollectionJson.item(sample("item"));
        Item expected = new Item(
                BEACH,
                BEACH_FILE,
                null,
                "a dog on a beach",
                beachMetadata(),
                new Item.Stored(
                        OptionalInt.of(4032),
                        OptionalInt.of(3024),
                        Optional.of("JPEG"),
                        OptionalLong.of(3145728),
                        Optional.of(Instant.parse("2020-05-13T11:22:01.123456789Z")),
                        Optional.of("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
                        new Item.Exif(
                                OptionalInt.of(6),
                                Optional.of(LocalDateTime.parse("2020-05-13T13:21:58")),
                                Optional.of("FUJIFILM X100V"),
                                Optional.empty(),
                                OptionalDouble.of(48.1375),
                                OptionalDouble.of(-11.575)),
                        Optional.of(Instant.parse("2026-06-01T00:00:00Z")),
                        Instant.parse("2026-05-04T03:02:01Z"),
                        EnumSet.allOf(Modality.class)));
        assertEquals(expected, item);
        assertEquals(
                List.copyOf(beachMetadata().keySet()),
                List.copyOf(item.metadata().keySet()));
    }

    @Test
    void a_prune_report() throws Exception {
        assertEquals(new PruneReport(List.of(BEACH), 2, true), CollectionJson.pruneReport(sample("prune_report")));
    }

    @Test
    void an_item_that_is_a_text() throws Exception {
        Item item = CollectionJson.item(sample("item_of_text"));
        Item expected = new Item(
                "note",
                null,
                null,
                "bring the umbrella",
                Map.of(),
                new Item.Stored(
                        OptionalInt.empty(),
                        OptionalInt.empty(),
                        Optional.empty(),
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Item.Exif.NONE,
                        Optional.empty(),
                        Instant.parse("2026-05-04T03:02:01Z"),
                        EnumSet.of(Modality.TEXT)));
        assertEquals(expected, item);
    }

    @Test
    void a_hit_and_a_warning() throws Exception {
        Hit hit = new Hit(
                BEACH,
                0.3125,
                Optional.of(BEACH_FILE),
                Optional.of("a dog on a beach"),
                beachMetadata(),
                Modality.IMAGE);
        assertEquals(hit, CollectionJson.hit(sample("hit")));
        String message = "the text is longer than 77 tokens; its end was left out";
        assertEquals(
                new SearchResult(List.of(hit), List.of(new Warning("text_truncated", message, Optional.empty()))),
                CollectionJson.searchResult(sample("search_result")));
        assertEquals(
                new Warning("text_truncated", message, Optional.of("note")), CollectionJson.warning(sample("warning")));
    }

    @Test
    void what_a_search_looked_at_and_missed() throws Exception {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("probes", 40);
        settings.put("candidates", null);
        settings.put("exact_below", 50000);
        settings.put("seed", 0);
        settings.put("buckets", null);
        Explanation explanation = new Explanation(
                "kmeans",
                "layers",
                200_000,
                150_000,
                settings,
                List.of(
                        new Explanation.Layer("buckets", 40, Optional.of(Duration.ofNanos(100_000))),
                        new Explanation.Layer("vectors", 20, Optional.empty())),
                Duration.ofNanos(1_500_000),
                Map.of("searches", 1));
        assertEquals(explanation, CollectionJson.explanation(sample("explanation")));
        Hit missed = CollectionJson.hit(sample("hit"));
        RecallCheck check = new RecallCheck(0.5, 2, List.of(true, false), List.of(missed));
        assertEquals(check, CollectionJson.recallCheck(sample("recall_check")));
    }

    @Test
    void a_logged_query() throws Exception {
        LoggedQuery query = new LoggedQuery(
                Instant.parse("2026-05-04T03:02:01.123Z"),
                List.of("@/home/ann/holiday.jpg", "0.5:snow 🏔", "-1:(vector of 768 numbers)"),
                Optional.empty(),
                "kmeans",
                Map.of("probes", 40),
                10,
                Duration.ofNanos(1_500_000),
                7,
                OptionalDouble.of(0.5));
        assertEquals(query, CollectionJson.loggedQuery(sample("logged_query")));
    }

    @Test
    void a_failure() throws Exception {
        Failure failure = new Failure(
                "Pictures/half.jpg",
                Optional.of(Path.of("/home/ann/Pictures/half.jpg")),
                "truncated",
                "/home/ann/Pictures/half.jpg is damaged or cut short: image file is truncated");
        assertEquals(failure, CollectionJson.failure(sample("failure")));
    }

    @Test
    void what_is_known_of_a_collection() throws Exception {
        CollectionInfo info = new CollectionInfo(
                "photos",
                Path.of("/home/ann/.local/share/pixie/collections/photos"),
                Optional.of("all since 2010"),
                OptionalLong.of(2),
                Optional.of(MODEL),
                65536,
                Optional.of(Instant.parse("2026-05-04T03:02:00Z")),
                Optional.empty());
        assertEquals(info, CollectionJson.collectionInfo(sample("collection_info")));
    }

    @Test
    void stats_and_model() throws Exception {
        Stats stats = new Stats(
                "photos",
                Path.of("/home/ann/.local/share/pixie/collections/photos"),
                2,
                Map.of(Modality.IMAGE, 1L, Modality.TEXT, 2L),
                1,
                0,
                1,
                MODEL,
                new Stats.Index("lsh", Map.of()),
                new Stats.Bytes(12288, 53248, 0),
                List.of(new Root("Pictures", Path.of("/home/ann/Pictures"))),
                Instant.parse("2026-05-04T03:02:00Z"));
        assertEquals(stats, CollectionJson.stats(sample("stats")));
        assertEquals(MODEL, CollectionJson.model(sample("model")));
    }

    @Test
    void strings_of_every_kind() throws Exception {
        List<String> strings = CollectionJson.list(sample("strings"), JsonNode::asText);
        assertEquals("emoji 🐶🏽\u200d", strings.get(1));
        assertEquals("nul \0 inside", strings.get(2));
        assertEquals("high surrogate \uD83D alone", strings.get(3));
        assertEquals("not utf-8 \uDCFF\uDCE4", strings.get(5));
    }

    @Test
    void facets() throws Exception {
        assertEquals(
                new Facets(
                        List.of(
                                new Facets.Facet("red", 12),
                                new Facets.Facet(2020, 3),
                                new Facets.Facet(2.5, 2),
                                new Facets.Facet(true, 1)),
                        17,
                        4),
                CollectionJson.facets(sample("facets")));
    }

    private static Map<String, Object> beachMetadata() {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("year", 2020);
        metadata.put("rating", 4.5);
        metadata.put("favourite", true);
        metadata.put("place", null);
        metadata.put("camera", "X100V");
        return metadata;
    }

    private static JsonNode sample(String name) throws IOException {
        return new ObjectMapper()
                .readTree(Path.of("tests/data/json", name + ".json").toFile());
    }
}
