package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.ExportReport;
import dev.pixie.Failure;
import dev.pixie.ImportReport;
import dev.pixie.Modality;
import dev.pixie.ReembedReport;
import dev.pixie.Warning;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What came of importing, exporting and embedding again, as JSON in the shapes that {@code docs/json.md} states. */
final class TableJson {
    private static final double NANOS = 1e9;

    private TableJson() {}

    static String of(ExportReport report) {
        return JsonLine.of(json -> {
            json.writeStringField("format", report.format());
            json.writeNumberField("items", report.items());
            json.writeObjectFieldStart("vectors");
            for (Modality modality : Modality.values()) {
                json.writeNumberField(modality.toString(), report.vectors().getOrDefault(modality, 0L));
            }
            json.writeEndObject();
            json.writeNumberField("elapsed_seconds", report.elapsed().toNanos() / NANOS);
        });
    }

    static String of(ImportReport report) {
        return JsonLine.of(json -> {
            json.writeNumberField("rows", report.rows());
            json.writeNumberField("added", report.added());
            json.writeNumberField("updated", report.updated());
            json.writeNumberField("unchanged", report.unchanged());
            json.writeNumberField("failed_before", report.failedBefore());
            json.writeNumberField("repeated", report.repeated());
            writeTrouble(json, report.failures(), report.warnings());
            json.writeNumberField("elapsed_seconds", report.elapsed().toNanos() / NANOS);
            json.writeBooleanField("interrupted", report.interrupted());
        });
    }

    static String of(ReembedReport report) {
        return JsonLine.of(json -> {
            ResultJson.writePath(json, Optional.of(report.path()));
            ResultJson.writeModel(json, "before", report.before());
            ResultJson.writeModel(json, report.model());
            json.writeNumberField("items", report.items());
            json.writeNumberField("embedded", report.embedded());
            json.writeNumberField("copied", report.copied());
            json.writeNumberField("done_before", report.doneBefore());
            writeTrouble(json, report.failures(), report.warnings());
            json.writeBooleanField("swapped", report.swapped());
            ResultJson.writeString(json, "left_out", report.leftOut().map(FileArgument::nameOf));
            json.writeNumberField("elapsed_seconds", report.elapsed().toNanos() / NANOS);
            json.writeBooleanField("interrupted", report.interrupted());
        });
    }

    private static void writeTrouble(JsonGenerator json, List<Failure> failures, List<Warning> warnings)
            throws IOException {
        json.writeArrayFieldStart("failures");
        for (Failure failure : failures) {
            json.writeStartObject();
            ResultJson.writeFailure(json, failure);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("warnings");
        for (Warning warning : warnings) {
            json.writeStartObject();
            json.writeStringField("code", warning.code());
            json.writeStringField("message", warning.message());
            json.writeStringField("item", warning.item().orElse(null));
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
