package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.python.FileName;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The JSON shapes of what a collection answers, read into values. {@code docs/json.md} states them. */
final class CollectionJson {
    private static final long NANOS = 1_000_000_000L;
    private static final List<String> EXPLANATION_KEYS =
            List.of("kind", "search", "rows", "allowed_rows", "settings", "layers", "seconds");

    private CollectionJson() {}

    static Item item(JsonNode json) {
        Set<Modality> vectors = EnumSet.noneOf(Modality.class);
        json.path("vectors").forEach(name -> vectors.add(modality(name)));
        Item.Stored stored = new Item.Stored(
                whole(json, "width"),
                whole(json, "height"),
                text(json, "format"),
                has(json, "size") ? OptionalLong.of(json.get("size").asLong()) : OptionalLong.empty(),
                has(json, "mtime_ns")
                        ? Optional.of(fileTime(json.get("mtime_ns").asLong()))
                        : Optional.empty(),
                text(json, "sha256"),
                exif(json),
                has(json, "missing") ? Optional.of(time(json.get("missing"))) : Optional.empty(),
                time(json.get("added")),
                vectors);
        return new Item(
                json.get("id").asText(),
                path(json).orElse(null),
                null,
                text(json, "text").orElse(null),
                Metadata.copyOf(object(json.path("metadata"))),
                stored);
    }

    private static Item.Exif exif(JsonNode json) {
        return new Item.Exif(
                whole(json, "orientation"),
                text(json, "taken").map(LocalDateTime::parse),
                text(json, "camera"),
                text(json, "lens"),
                number(json, "latitude"),
                number(json, "longitude"));
    }

    static CollectionInfo collectionInfo(JsonNode json) {
        return new CollectionInfo(
                json.get("name").asText(),
                FileName.path(json.get("path").asText()),
                text(json, "description"),
                has(json, "items") ? OptionalLong.of(json.get("items").asLong()) : OptionalLong.empty(),
                has(json, "model") ? Optional.of(model(json.get("model"))) : Optional.empty(),
                json.get("bytes").asLong(),
                has(json, "created") ? Optional.of(time(json.get("created"))) : Optional.empty(),
                text(json, "error"));
    }

    static Hit hit(JsonNode json) {
        return new Hit(
                json.get("id").asText(),
                json.get("score").asDouble(),
                path(json),
                text(json, "text"),
                object(json.path("metadata")),
                modality(json.get("modality")));
    }

    static Failure failure(JsonNode json) {
        return new Failure(
                json.get("id").asText(),
                path(json),
                json.get("code").asText(),
                json.get("message").asText());
    }

    static PruneReport pruneReport(JsonNode json) {
        return new PruneReport(
                list(json.get("ids"), JsonNode::asText),
                json.get("returned").asLong(),
                json.get("dry_run").asBoolean());
    }

    static Warning warning(JsonNode json) {
        return new Warning(json.get("code").asText(), json.get("message").asText(), text(json, "item"));
    }

    static SearchResult searchResult(JsonNode json) {
        return new SearchResult(
                list(json.get("hits"), CollectionJson::hit),
                list(json.get("warnings"), CollectionJson::warning),
                has(json, "explanation") ? Optional.of(explanation(json.get("explanation"))) : Optional.empty(),
                has(json, "check") ? Optional.of(recallCheck(json.get("check"))) : Optional.empty());
    }

    static Explanation explanation(JsonNode json) {
        Map<String, @Nullable Object> facts = object(json);
        EXPLANATION_KEYS.forEach(facts::remove);
        return new Explanation(
                json.get("kind").asText(),
                json.get("search").asText(),
                json.get("rows").asLong(),
                json.get("allowed_rows").asLong(),
                object(json.get("settings")),
                list(json.get("layers"), CollectionJson::layer),
                duration(json.get("seconds")),
                facts);
    }

    private static Explanation.Layer layer(JsonNode json) {
        return new Explanation.Layer(
                json.get("name").asText(),
                json.get("looked_at").asDouble(),
                has(json, "seconds") ? Optional.of(duration(json.get("seconds"))) : Optional.empty());
    }

    static RecallCheck recallCheck(JsonNode json) {
        return new RecallCheck(
                json.get("recall").asDouble(),
                json.get("k").asInt(),
                list(json.get("correct"), JsonNode::asBoolean),
                list(json.get("missed"), CollectionJson::hit));
    }

    static Facets facets(JsonNode json) {
        return new Facets(
                list(json.get("facets"), CollectionJson::facet),
                json.get("total").asLong(),
                json.get("without").asLong());
    }

    private static Facets.Facet facet(JsonNode json) {
        Object value = Objects.requireNonNull(value(json.get("value")), "a facet without a value");
        return new Facets.Facet(value, json.get("count").asLong());
    }

    static LogPage logPage(JsonNode json, int offset) {
        return new LogPage(
                list(json.get("queries"), CollectionJson::loggedQuery),
                offset,
                json.get("total").asLong(),
                json.get("on").asBoolean(),
                list(json.get("warnings"), CollectionJson::warning));
    }

    static LoggedQuery loggedQuery(JsonNode json) {
        return new LoggedQuery(
                time(json.get("time")),
                list(json.get("terms"), JsonNode::asText),
                has(json, "modality") ? Optional.of(modality(json.get("modality"))) : Optional.empty(),
                json.get("kind").asText(),
                object(json.get("settings")),
                json.get("k").asInt(),
                duration(json.get("seconds")),
                json.get("hits").asInt(),
                number(json, "recall"));
    }

    static Model model(JsonNode json) {
        return new Model(
                json.get("name").asText(),
                json.get("fingerprint").asText(),
                json.get("dimension").asInt());
    }

    static Root root(JsonNode json) {
        return new Root(
                json.get("name").asText(), FileName.path(json.get("path").asText()));
    }

    static Stats stats(JsonNode json) {
        Map<Modality, Long> vectors = new EnumMap<>(Modality.class);
        for (Modality modality : Modality.values()) {
            vectors.put(modality, json.get("vectors").path(modality.toString()).asLong());
        }
        Map<String, @Nullable Object> details = object(json.get("index"));
        String kind = String.valueOf(details.remove("kind"));
        JsonNode bytes = json.get("bytes");
        return new Stats(
                json.get("name").asText(),
                FileName.path(json.get("path").asText()),
                json.get("items").asLong(),
                vectors,
                json.get("dead_rows").asLong(),
                json.get("missing").asLong(),
                json.get("failures").asLong(),
                model(json.get("model")),
                new Stats.Index(kind, details),
                new Stats.Bytes(
                        bytes.get("vectors").asLong(),
                        bytes.get("items").asLong(),
                        bytes.get("index").asLong()),
                list(json.get("roots"), CollectionJson::root),
                time(json.get("created")));
    }

    static <T extends @Nullable Object> List<T> list(JsonNode json, Function<JsonNode, T> read) {
        List<T> values = new ArrayList<>(json.size());
        json.forEach(element -> values.add(read.apply(element)));
        return values;
    }

    static Modality modality(JsonNode json) {
        return Modality.valueOf(json.asText().toUpperCase(Locale.ROOT));
    }

    private static Optional<Path> path(JsonNode json) {
        return text(json, "path").map(FileName::path);
    }

    private static Optional<String> text(JsonNode json, String key) {
        return has(json, key) ? Optional.of(json.get(key).asText()) : Optional.empty();
    }

    private static OptionalInt whole(JsonNode json, String key) {
        return has(json, key) ? OptionalInt.of(json.get(key).asInt()) : OptionalInt.empty();
    }

    private static OptionalDouble number(JsonNode json, String key) {
        return has(json, key) ? OptionalDouble.of(json.get(key).asDouble()) : OptionalDouble.empty();
    }

    private static boolean has(JsonNode json, String key) {
        return json.hasNonNull(key);
    }

    static Instant time(JsonNode json) {
        return OffsetDateTime.parse(json.asText()).toInstant();
    }

    private static Instant fileTime(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    private static Duration duration(JsonNode seconds) {
        return Duration.ofNanos(Math.round(seconds.asDouble() * NANOS));
    }

    private static Map<String, @Nullable Object> object(JsonNode json) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        json.properties().forEach(field -> map.put(field.getKey(), value(field.getValue())));
        return map;
    }

    private static @Nullable Object value(JsonNode json) {
        return switch (json.getNodeType()) {
            case NULL, MISSING -> null;
            case BOOLEAN -> json.booleanValue();
            case NUMBER -> json.numberValue();
            case OBJECT -> object(json);
            case ARRAY -> list(json, CollectionJson::value);
            default -> json.asText();
        };
    }
}
