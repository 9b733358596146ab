package dev.pixie.cli;

import dev.pixie.ExportReport;
import dev.pixie.Failure;
import dev.pixie.ImportReport;
import dev.pixie.Modality;
import dev.pixie.Warning;

/** What came of importing and exporting, as JSON in the shapes that {@code docs/json.md} states. */
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
            json.writeArrayFieldStart("failures");
            for (Failure failure : report.failures()) {
                json.writeStartObject();
                ResultJson.writeFailure(json, failure);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("warnings");
            for (Warning warning : report.warnings()) {
                json.writeStartObject();
                json.writeStringField("code", warning.code());
                json.writeStringField("message", warning.message());
                json.writeStringField("item", warning.item().orElse(null));
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("elapsed_seconds", report.elapsed().toNanos() / NANOS);
            json.writeBooleanField("interrupted", report.interrupted());
        });
    }
}
