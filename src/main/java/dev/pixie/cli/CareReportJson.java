package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.BackupReport;
import dev.pixie.CompactReport;
import dev.pixie.Finding;
import dev.pixie.RepairReport;
import dev.pixie.VerifyReport;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** What is reported of a collection's folder, as JSON in the shapes that {@code docs/json.md} states. */
final class CareReportJson {
    private static final double NANOS = 1e9;

    private CareReportJson() {}

    static String of(VerifyReport report) {
        return JsonLine.of(json -> {
            ResultJson.writePath(json, Optional.of(report.path()));
            json.writeBooleanField("sound", report.sound());
            writeNumber(json, "items", report.items());
            writeNumber(json, "rows", report.rows());
            json.writeNumberField("searched", report.searched());
            writeFindings(json, "findings", report.findings());
            json.writeFieldName("counts");
            JsonLine.writeValue(json, new TreeMap<>(report.counts()));
            json.writeNumberField("seconds", seconds(report.elapsed()));
        });
    }

    static String of(RepairReport report) {
        return JsonLine.of(json -> {
            ResultJson.writePath(json, Optional.of(report.path()));
            json.writeBooleanField("dry_run", report.dryRun());
            json.writeBooleanField("sound", report.sound());
            json.writeArrayFieldStart("actions");
            for (RepairReport.Action action : report.actions()) {
                json.writeStartObject();
                json.writeStringField("code", action.code());
                json.writeStringField("message", action.message());
                ResultJson.writeString(json, "item", action.item());
                writeNumber(json, "row", action.row());
                json.writeEndObject();
            }
            json.writeEndArray();
            ResultJson.writeString(json, "copies", report.copies().map(FileArgument::nameOf));
            writeFindings(json, "left", report.left());
            json.writeNumberField("seconds", seconds(report.elapsed()));
        });
    }

    static String of(CompactReport report) {
        return JsonLine.of(json -> {
            ResultJson.writePath(json, Optional.of(report.path()));
            json.writeBooleanField("dry_run", report.dryRun());
            json.writeNumberField("rows", report.rows());
            json.writeNumberField("removed_rows", report.removedRows());
            json.writeNumberField("removed_bytes", report.removedBytes());
            json.writeNumberField("bytes_before", report.bytesBefore());
            json.writeNumberField("bytes_after", report.bytesAfter());
            json.writeNumberField("seconds", seconds(report.elapsed()));
        });
    }

    static String of(BackupReport report) {
        return JsonLine.of(json -> {
            ResultJson.writePath(json, Optional.of(report.path()));
            json.writeStringField("file", FileArgument.nameOf(report.file()));
            json.writeNumberField("items", report.items());
            json.writeNumberField("rows", report.rows());
            json.writeNumberField("bytes", report.bytes());
            json.writeStringField("created", report.created().toString());
            json.writeNumberField("seconds", seconds(report.elapsed()));
        });
    }

    private static void writeFindings(JsonGenerator json, String name, List<Finding> findings) throws IOException {
        json.writeArrayFieldStart(name);
        for (Finding finding : findings) {
            json.writeStartObject();
            json.writeStringField("code", finding.code());
            json.writeStringField("message", finding.message());
            json.writeStringField("fix", finding.fix());
            ResultJson.writeString(json, "item", finding.item());
            writeNumber(json, "row", finding.row());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeNumber(JsonGenerator json, String name, OptionalLong number) throws IOException {
        if (number.isPresent()) {
            json.writeNumberField(name, number.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }

    private static double seconds(Duration elapsed) {
        return elapsed.toNanos() / NANOS;
    }
}
