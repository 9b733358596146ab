package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.Explanation;
import dev.pixie.FederatedSearch.CollectionHit;
import dev.pixie.Hit;
import dev.pixie.LoggedQuery;
import dev.pixie.RecallCheck;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/** What there is to tell of a search besides its hits, as JSON in the shapes that {@code docs/json.md} states. */
final class SearchJson {
    private static final double NANOS = 1e9;

    private SearchJson() {}

    /** A hit that was checked. */
    static String of(Hit hit, boolean correct) {
        return JsonLine.of(json -> {
            ResultJson.writeHit(json, hit);
            json.writeBooleanField("correct", correct);
        });
    }

    /** A hit of one of several collections. */
    static String of(CollectionHit found) {
        return JsonLine.of(json -> {
            json.writeStringField("collection", found.collection());
            ResultJson.writeHit(json, found.hit());
        });
    }

    static String of(Explanation explanation) {
        return JsonLine.of(json -> {
            json.writeObjectFieldStart("explanation");
            json.writeStringField("kind", explanation.kind());
            json.writeStringField("search", explanation.search());
            json.writeNumberField("rows", explanation.rows());
            json.writeNumberField("allowed_rows", explanation.allowedRows());
            json.writeFieldName("settings");
            JsonLine.writeValue(json, explanation.settings());
            json.writeArrayFieldStart("layers");
            for (Explanation.Layer layer : explanation.layers()) {
                json.writeStartObject();
                json.writeStringField("name", layer.name());
                json.writeNumberField("looked_at", layer.lookedAt());
                if (layer.took().isPresent()) {
                    writeSeconds(json, layer.took().get());
                } else {
                    json.writeNullField("seconds");
                }
                json.writeEndObject();
            }
            json.writeEndArray();
            writeSeconds(json, explanation.took());
            for (Map.Entry<String, ?> fact : explanation.facts().entrySet()) {
                json.writeFieldName(fact.getKey());
                JsonLine.writeValue(json, fact.getValue());
            }
            json.writeEndObject();
        });
    }

    static String of(RecallCheck check) {
        return JsonLine.of(json -> {
            json.writeObjectFieldStart("check");
            json.writeNumberField("recall", check.recall());
            json.writeNumberField("k", check.limit());
            json.writeFieldName("correct");
            JsonLine.writeValue(json, check.correct());
            json.writeArrayFieldStart("missed");
            for (Hit hit : check.missed()) {
                json.writeStartObject();
                ResultJson.writeHit(json, hit);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    static String of(LoggedQuery query) {
        return JsonLine.of(json -> {
            json.writeStringField("time", query.time().toString());
            json.writeFieldName("terms");
            JsonLine.writeValue(json, query.terms());
            json.writeStringField(
                    "modality", query.modality().map(Object::toString).orElse(null));
            json.writeStringField("kind", query.kind());
            json.writeFieldName("settings");
            JsonLine.writeValue(json, query.settings());
            json.writeNumberField("k", query.limit());
            writeSeconds(json, query.took());
            json.writeNumberField("hits", query.hits());
            if (query.recall().isPresent()) {
                json.writeNumberField("recall", query.recall().getAsDouble());
            } else {
                json.writeNullField("recall");
            }
        });
    }

    private static void writeSeconds(JsonGenerator json, Duration took) throws IOException {
        json.writeNumberField("seconds", took.toNanos() / NANOS);
    }
}
