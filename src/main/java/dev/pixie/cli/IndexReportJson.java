package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.BenchReport;
import dev.pixie.ReindexReport;
import dev.pixie.TuneReport;
import dev.pixie.Warning;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is reported of an index, as JSON in the shapes that {@code docs/json.md} states. */
final class IndexReportJson {
    private static final double NANOS = 1e9;

    private IndexReportJson() {}

    static String of(ReindexReport report) {
        return JsonLine.of(json -> {
            json.writeStringField("kind", report.kind().toString());
            writeSettings(json, report.settings());
            json.writeStringField("before", report.before().toString());
            json.writeNumberField("vectors", report.vectors());
            json.writeStringField("search", report.search());
            json.writeNumberField("seconds", seconds(report.elapsed()));
        });
    }

    static String of(TuneReport report) {
        return JsonLine.of(json -> {
            json.writeStringField("kind", report.kind().toString());
            json.writeNumberField("vectors", report.vectors());
            json.writeNumberField("recall", report.recall());
            json.writeNumberField("k", report.limit());
            json.writeFieldName("tuned");
            JsonLine.writeValue(json, report.tuned().map(TreeMap::new).orElse(null));
            json.writeArrayFieldStart("kinds");
            for (TuneReport.Kind kind : report.kinds()) {
                json.writeStartObject();
                json.writeStringField("kind", kind.kind().toString());
                if (kind.built().isPresent()) {
                    json.writeNumberField("build_seconds", seconds(kind.built().get()));
                } else {
                    json.writeNullField("build_seconds");
                }
                json.writeArrayFieldStart("results");
                for (TuneReport.Result result : kind.results()) {
                    write(json, result);
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            writeWarnings(json, report.warnings());
        });
    }

    private static void write(JsonGenerator json, TuneReport.Result result) throws IOException {
        json.writeStartObject();
        json.writeStringField("modality", result.modality().toString());
        json.writeNumberField("queries", result.queries());
        json.writeStringField("search", result.search());
        writeSettings(json, result.settings());
        json.writeNumberField("recall", result.recall());
        json.writeBooleanField("reached", result.reached());
        json.writeNumberField("queries_per_second", result.queriesPerSecond());
        json.writeNumberField("milliseconds", result.milliseconds());
        json.writeEndObject();
    }

    static String of(BenchReport report) {
        return JsonLine.of(json -> {
            json.writeStringField("name", report.name());
            json.writeNumberField("vectors", report.vectors());
            json.writeNumberField("dimension", report.dimension());
            json.writeNumberField("k", report.limit());
            json.writeFieldName("queries");
            JsonLine.writeValue(json, new TreeMap<>(report.queries()));
            json.writeStringField("cpu", report.cpu());
            json.writeStringField("created", report.created().toString());
            json.writeArrayFieldStart("kinds");
            for (BenchReport.Kind kind : report.kinds()) {
                write(json, kind);
            }
            json.writeEndArray();
            json.writeObjectFieldStart("files");
            for (var file : new TreeMap<>(report.files()).entrySet()) {
                json.writeStringField(file.getKey(), FileArgument.nameOf(file.getValue()));
            }
            json.writeEndObject();
            writeWarnings(json, report.warnings());
        });
    }

    private static void write(JsonGenerator json, BenchReport.Kind kind) throws IOException {
        json.writeStartObject();
        json.writeStringField("kind", kind.kind().toString());
        writeSettings(json, kind.settings());
        json.writeStringField("search", kind.search());
        json.writeNumberField("build_seconds", seconds(kind.built()));
        json.writeNumberField("bytes_per_vector", kind.bytesPerVector());
        json.writeArrayFieldStart("points");
        for (BenchReport.Point point : kind.points()) {
            json.writeStartObject();
            json.writeStringField("modality", point.modality().toString());
            writeSettings(json, point.settings());
            json.writeNumberField("recall", point.recall());
            json.writeNumberField("queries_per_second", point.queriesPerSecond());
            json.writeNumberField("milliseconds", point.milliseconds());
            json.writeBooleanField("best", point.best());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeSettings(JsonGenerator json, Map<String, Integer> settings) throws IOException {
        json.writeFieldName("settings");
        JsonLine.writeValue(json, new TreeMap<>(settings));
    }

    private static void writeWarnings(JsonGenerator json, List<Warning> warnings) throws IOException {
        json.writeArrayFieldStart("warnings");
        for (Warning warning : warnings) {
            json.writeStartObject();
            json.writeStringField("code", warning.code());
            json.writeStringField("message", warning.message());
            if (warning.item().isPresent()) {
                json.writeStringField("item", warning.item().get());
            } else {
                json.writeNullField("item");
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static double seconds(Duration time) {
        return time.toNanos() / NANOS;
    }
}
