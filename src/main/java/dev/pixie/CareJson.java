package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.python.FileName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The JSON shapes of what {@link PixieCare} reports, read into values. {@code docs/json.md} states them. */
final class CareJson {
    private static final double NANOS = 1e9;

    private CareJson() {}

    static VerifyReport verifyReport(JsonNode json) {
        Map<String, Long> counts = new LinkedHashMap<>();
        json.get("counts")
                .properties()
                .forEach(count -> counts.put(count.getKey(), count.getValue().asLong()));
        return new VerifyReport(
                path(json.get("path")),
                number(json.get("items")),
                number(json.get("rows")),
                json.get("searched").asLong(),
                CollectionJson.list(json.get("findings"), CareJson::finding),
                counts,
                seconds(json));
    }

    static Finding finding(JsonNode json) {
        return new Finding(
                json.get("code").asText(),
                json.get("message").asText(),
                json.get("fix").asText(),
                text(json.get("item")),
                number(json.get("row")));
    }

    static RepairReport repairReport(JsonNode json) {
        return new RepairReport(
                path(json.get("path")),
                json.get("dry_run").asBoolean(),
                CollectionJson.list(json.get("actions"), CareJson::action),
                text(json.get("copies")).map(FileName::path),
                CollectionJson.list(json.get("left"), CareJson::finding),
                seconds(json));
    }

    private static RepairReport.Action action(JsonNode json) {
        return new RepairReport.Action(
                json.get("code").asText(),
                json.get("message").asText(),
                text(json.get("item")),
                number(json.get("row")));
    }

    static CompactReport compactReport(JsonNode json) {
        return new CompactReport(
                path(json.get("path")),
                json.get("dry_run").asBoolean(),
                json.get("rows").asLong(),
                json.get("removed_rows").asLong(),
                json.get("removed_bytes").asLong(),
                json.get("bytes_before").asLong(),
                json.get("bytes_after").asLong(),
                seconds(json));
    }

    static BackupReport backupReport(JsonNode json) {
        return new BackupReport(
                path(json.get("path")),
                path(json.get("file")),
                json.get("items").asLong(),
                json.get("rows").asLong(),
                json.get("bytes").asLong(),
                CollectionJson.time(json.get("created")),
                seconds(json));
    }

    private static Path path(JsonNode json) {
        return FileName.path(json.asText());
    }

    private static Optional<String> text(JsonNode json) {
        return json.isNull() ? Optional.empty() : Optional.of(json.asText());
    }

    private static OptionalLong number(JsonNode json) {
        return json.isNull() ? OptionalLong.empty() : OptionalLong.of(json.asLong());
    }

    private static Duration seconds(JsonNode json) {
        return Duration.ofNanos(Math.round(json.get("seconds").asDouble() * NANOS));
    }
}
