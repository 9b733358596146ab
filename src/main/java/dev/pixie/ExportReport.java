package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * What was exported.
 *
 * @param format the format it was written in
 * @param items how many items
 * @param vectors how many vectors of each modality
 * @param elapsed wall-clock time
 */
public record ExportReport(String format, long items, Map<Modality, Long> vectors, Duration elapsed) {
    private static final double NANOS = 1e9;

    public ExportReport {
        Objects.requireNonNull(format, "format");
        vectors = Map.copyOf(vectors);
        Objects.requireNonNull(elapsed, "elapsed");
    }

    static ExportReport of(JsonNode json) {
        Map<Modality, Long> vectors = new EnumMap<>(Modality.class);
        for (Modality modality : Modality.values()) {
            vectors.put(modality, json.get("vectors").path(modality.toString()).asLong());
        }
        return new ExportReport(
                json.get("format").asText(),
                json.get("items").asLong(),
                vectors,
                Duration.ofNanos(Math.round(json.get("seconds").asDouble() * NANOS)));
    }
}
