package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.python.FileName;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The JSON shapes of what a collection answers, read into values. {@code docs/json.md} states them. */
final class CollectionJson {
    private static final long NANOS = 1_000_000_000L;

    private CollectionJson() {}

    static Item item(JsonNode json) {
        Set<Modality> vectors = EnumSet.noneOf(Modality.class);
        json.path("vectors").forEach(name -> vectors.add(modality(name)));
        Item.Stored stored = new Item.Stored(
                has(json, "width") ? OptionalInt.of(json.get("width").asInt()) : OptionalInt.empty(),
                has(json, "height") ? OptionalInt.of(json.get("height").asInt()) : OptionalInt.empty(),
                has(json, "size") ? OptionalLong.of(json.get("size").asLong()) : OptionalLong.empty(),
                has(json, "mtime_ns")
                        ? Optional.of(fileTime(json.get("mtime_ns").asLong()))
                        : Optional.empty(),
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

    static Warning warning(JsonNode json) {
        return new Warning(json.get("code").asText(), json.get("message").asText(), text(json, "item"));
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

    private static boolean has(JsonNode json, String key) {
        return json.hasNonNull(key);
    }

    static Instant time(JsonNode json) {
        return OffsetDateTime.parse(json.asText()).toInstant();
    }

    private static Instant fileTime(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
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
