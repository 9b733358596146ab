package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.python.FileName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The JSON shapes of what is reported of an index, read into values. {@code docs/json.md} states them. */
final class IndexJson {
    private static final double NANOS = 1e9;

    private IndexJson() {}

    static Step step(JsonNode json) {
        return new Step(
                json.get("name").asText(),
                json.get("done").asInt(),
                json.get("total").asInt());
    }

    static ReindexReport reindexReport(JsonNode json) {
        return new ReindexReport(
                IndexKind.of(json.get("kind").asText()),
                settings(json.get("settings")),
                IndexKind.of(json.get("before").asText()),
                json.get("vectors").asLong(),
                json.get("search").asText(),
                seconds(json.get("seconds")));
    }

    static TuneReport tuneReport(JsonNode json) {
        JsonNode tuned = json.get("tuned");
        return new TuneReport(
                IndexKind.of(json.get("kind").asText()),
                json.get("vectors").asLong(),
                json.get("recall").asDouble(),
                json.get("k").asInt(),
                tuned.isNull() ? Optional.empty() : Optional.of(map(tuned, IndexJson::settings)),
                CollectionJson.list(json.get("kinds"), IndexJson::tunedKind),
                CollectionJson.list(json.get("warnings"), CollectionJson::warning));
    }

    private static TuneReport.Kind tunedKind(JsonNode json) {
        JsonNode built = json.get("build_seconds");
        return new TuneReport.Kind(
                IndexKind.of(json.get("kind").asText()),
                built.isNull() ? Optional.empty() : Optional.of(seconds(built)),
                CollectionJson.list(json.get("results"), IndexJson::result));
    }

    private static TuneReport.Result result(JsonNode json) {
        return new TuneReport.Result(
                CollectionJson.modality(json.get("modality")),
                json.get("queries").asInt(),
                json.get("search").asText(),
                settings(json.get("settings")),
                json.get("recall").asDouble(),
                json.get("reached").asBoolean(),
                json.get("queries_per_second").asDouble(),
                json.get("milliseconds").asDouble());
    }

    static BenchReport benchReport(JsonNode json) {
        Map<Modality, Integer> queries = new EnumMap<>(Modality.class);
        for (Modality modality : Modality.values()) {
            if (json.get("queries").has(modality.toString())) {
                queries.put(
                        modality, json.get("queries").get(modality.toString()).asInt());
            }
        }
        return new BenchReport(
                json.get("name").asText(),
                json.get("vectors").asLong(),
                json.get("dimension").asInt(),
                json.get("k").asInt(),
                queries,
                json.get("cpu").asText(),
                CollectionJson.time(json.get("created")),
                CollectionJson.list(json.get("kinds"), IndexJson::benchKind),
                map(json.get("files"), IndexJson::path),
                CollectionJson.list(json.get("warnings"), CollectionJson::warning));
    }

    private static BenchReport.Kind benchKind(JsonNode json) {
        return new BenchReport.Kind(
                IndexKind.of(json.get("kind").asText()),
                settings(json.get("settings")),
                json.get("search").asText(),
                seconds(json.get("build_seconds")),
                json.get("bytes_per_vector").asDouble(),
                CollectionJson.list(json.get("points"), IndexJson::point));
    }

    private static BenchReport.Point point(JsonNode json) {
        return new BenchReport.Point(
                CollectionJson.modality(json.get("modality")),
                settings(json.get("settings")),
                json.get("recall").asDouble(),
                json.get("queries_per_second").asDouble(),
                json.get("milliseconds").asDouble(),
                json.get("best").asBoolean());
    }

    private static Path path(JsonNode json) {
        return FileName.path(json.asText());
    }

    private static Map<String, Integer> settings(JsonNode json) {
        return map(json, JsonNode::asInt);
    }

    private static <T> Map<String, T> map(JsonNode json, Function<JsonNode, T> read) {
        Map<String, T> map = new LinkedHashMap<>();
        json.properties().forEach(field -> map.put(field.getKey(), read.apply(field.getValue())));
        return map;
    }

    private static Duration seconds(JsonNode json) {
        return Duration.ofNanos(Math.round(json.asDouble() * NANOS));
    }
}
