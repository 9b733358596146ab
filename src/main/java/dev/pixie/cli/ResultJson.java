package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.Facets;
import dev.pixie.Failure;
import dev.pixie.Hit;
import dev.pixie.IndexReport;
import dev.pixie.Item;
import dev.pixie.Model;
import dev.pixie.Progress;
import dev.pixie.PruneReport;
import dev.pixie.Root;
import dev.pixie.Stats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** What Pixie answers, as JSON in the shapes that {@code docs/json.md} states. */
final class ResultJson {
    private static final double NANOS = 1e9;

    private ResultJson() {}

    static String of(Hit hit) {
        return JsonLine.of(json -> writeHit(json, hit));
    }

    static void writeHit(JsonGenerator json, Hit hit) throws IOException {
        json.writeStringField("id", hit.id());
        json.writeNumberField("score", rounded(hit.score()));
        writePath(json, hit.path());
        writeString(json, "text", hit.text());
        writeMap(json, "metadata", hit.metadata());
        json.writeStringField("modality", hit.modality().toString());
    }

    static String of(Item item) {
        return JsonLine.of(json -> {
            json.writeStringField("id", item.id());
            writePath(json, item.path());
            writeString(json, "text", item.text());
            writeMap(json, "metadata", item.metadata());
            if (item.stored().isPresent()) {
                writeStored(json, item.stored().get());
            }
        });
    }

    private static void writeStored(JsonGenerator json, Item.Stored stored) throws IOException {
        Item.Exif exif = stored.exif();
        writeWhole(json, "width", stored.width());
        writeWhole(json, "height", stored.height());
        writeString(json, "format", stored.format());
        if (stored.size().isPresent()) {
            json.writeNumberField("size", stored.size().getAsLong());
        } else {
            json.writeNullField("size");
        }
        if (stored.modified().isPresent()) {
            Instant modified = stored.modified().get();
            json.writeNumberField("mtime_ns", modified.getEpochSecond() * 1_000_000_000L + modified.getNano());
        } else {
            json.writeNullField("mtime_ns");
        }
        writeString(json, "sha256", stored.sha256());
        writeWhole(json, "orientation", exif.orientation());
        writeString(json, "taken", exif.taken().map(DateTimeFormatter.ISO_LOCAL_DATE_TIME::format));
        writeString(json, "camera", exif.camera());
        writeString(json, "lens", exif.lens());
        writeNumber(json, "latitude", exif.latitude());
        writeNumber(json, "longitude", exif.longitude());
        writeString(json, "missing", stored.missing().map(Instant::toString));
        json.writeStringField("added", stored.added().toString());
        writeStrings(
                json, "vectors", stored.vectors().stream().map(Object::toString).sorted());
    }

    private static void writeWhole(JsonGenerator json, String name, OptionalInt value) throws IOException {
        if (value.isPresent()) {
            json.writeNumberField(name, value.getAsInt());
        } else {
            json.writeNullField(name);
        }
    }

    private static void writeNumber(JsonGenerator json, String name, OptionalDouble value) throws IOException {
        if (value.isPresent()) {
            json.writeNumberField(name, value.getAsDouble());
        } else {
            json.writeNullField(name);
        }
    }

    static void writeModel(JsonGenerator json, Model model) throws IOException {
        writeModel(json, "model", model);
    }

    static void writeModel(JsonGenerator json, String name, Model model) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("name", model.name());
        json.writeStringField("fingerprint", model.fingerprint());
        json.writeNumberField("dimension", model.dimension());
        json.writeEndObject();
    }

    static String of(Facets.Facet facet) {
        return JsonLine.of(json -> {
            json.writeFieldName("value");
            JsonLine.writeValue(json, facet.value());
            json.writeNumberField("count", facet.count());
        });
    }

    static String of(Failure failure) {
        return JsonLine.of(json -> writeFailure(json, failure));
    }

    static void writeFailure(JsonGenerator json, Failure failure) throws IOException {
        json.writeStringField("id", failure.id());
        writePath(json, failure.path());
        json.writeStringField("code", failure.code());
        json.writeStringField("message", failure.message());
    }

    static String of(Stats stats) {
        return JsonLine.of(json -> {
            json.writeStringField("name", stats.name());
            json.writeStringField("path", FileArgument.nameOf(stats.path()));
            json.writeNumberField("items", stats.items());
            json.writeObjectFieldStart("vectors");
            for (var count : stats.vectors().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .toList()) {
                json.writeNumberField(count.getKey().toString(), count.getValue());
            }
            json.writeEndObject();
            json.writeNumberField("dead_rows", stats.deadRows());
            json.writeNumberField("missing", stats.missing());
            json.writeNumberField("failures", stats.failures());
            writeModel(json, stats.model());
            json.writeObjectFieldStart("index");
            json.writeStringField("kind", stats.index().kind());
            for (var detail : stats.index().details().entrySet()) {
                json.writeFieldName(detail.getKey());
                JsonLine.writeValue(json, detail.getValue());
            }
            json.writeEndObject();
            json.writeObjectFieldStart("bytes");
            json.writeNumberField("vectors", stats.bytes().vectors());
            json.writeNumberField("items", stats.bytes().items());
            json.writeNumberField("index", stats.bytes().index());
            json.writeEndObject();
            writeRoots(json, stats.roots());
            json.writeStringField("created", stats.created().toString());
        });
    }

    static String of(IndexReport report) {
        return JsonLine.of(json -> {
            json.writeNumberField("found", report.found());
            json.writeNumberField("added", report.added());
            json.writeNumberField("updated", report.updated());
            json.writeNumberField("moved", report.moved());
            json.writeNumberField("copied", report.copied());
            json.writeNumberField("unchanged", report.unchanged());
            json.writeNumberField("failed_before", report.failedBefore());
            json.writeNumberField("removed", report.removed());
            json.writeNumberField("missing", report.missing());
            json.writeArrayFieldStart("failures");
            for (Failure failure : report.failures()) {
                json.writeStartObject();
                writeFailure(json, failure);
                json.writeEndObject();
            }
            json.writeEndArray();
            writeRoots(json, report.roots());
            json.writeNumberField("elapsed_seconds", report.elapsed().toNanos() / NANOS);
            json.writeBooleanField("interrupted", report.interrupted());
        });
    }

    static String of(PruneReport report) {
        return JsonLine.of(json -> {
            writeStrings(json, "ids", report.ids().stream());
            json.writeNumberField("returned", report.returned());
            json.writeBooleanField("dry_run", report.dryRun());
        });
    }

    static String of(Progress progress) {
        return JsonLine.of(json -> {
            json.writeStringField("event", "progress");
            json.writeNumberField("done", progress.done());
            json.writeNumberField("failed", progress.failed());
            json.writeNumberField("skipped", progress.skipped());
            if (progress.total().isPresent()) {
                json.writeNumberField("total", progress.total().getAsLong());
            } else {
                json.writeNullField("total");
            }
            json.writeNumberField("added", progress.added());
            json.writeNumberField("updated", progress.updated());
            json.writeNumberField("moved", progress.moved());
            json.writeNumberField("unchanged", progress.unchanged());
            json.writeNumberField("items_per_second", rounded(progress.itemsPerSecond()));
            if (progress.remaining().isPresent()) {
                json.writeNumberField(
                        "remaining_seconds", progress.remaining().get().toSeconds());
            } else {
                json.writeNullField("remaining_seconds");
            }
        });
    }

    static String ofEvent(Failure failure) {
        return JsonLine.of(json -> {
            json.writeStringField("event", "failed");
            writeFailure(json, failure);
        });
    }

    /** A vector and the input it was made from. */
    static String of(String input, float[] vector) {
        return JsonLine.of(json -> {
            json.writeStringField("input", input);
            json.writeArrayFieldStart("vector");
            for (float number : vector) {
                json.writeNumber(number);
            }
            json.writeEndArray();
        });
    }

    private static void writeRoots(JsonGenerator json, List<Root> roots) throws IOException {
        json.writeArrayFieldStart("roots");
        for (Root root : roots) {
            json.writeStartObject();
            json.writeStringField("name", root.name());
            json.writeStringField("path", FileArgument.nameOf(root.path()));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    static void writePath(JsonGenerator json, Optional<Path> path) throws IOException {
        writeString(json, "path", path.map(FileArgument::nameOf));
    }

    static void writeString(JsonGenerator json, String field, Optional<String> text) throws IOException {
        if (text.isPresent()) {
            json.writeStringField(field, text.get());
        } else {
            json.writeNullField(field);
        }
    }

    private static void writeStrings(JsonGenerator json, String field, Stream<String> texts) throws IOException {
        json.writeArrayFieldStart(field);
        for (String text : texts.toList()) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    private static void writeMap(JsonGenerator json, String field, Map<String, ?> map) throws IOException {
        json.writeFieldName(field);
        JsonLine.writeValue(json, map);
    }

    // float32 carries seven digits; the rest would be noise of the conversion
    private static double rounded(double score) {
        return Math.rint(score * 1e7) / 1e7;
    }
}
