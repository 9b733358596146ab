package dev.pixie.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.pixie.python.PixieHome;
import dev.pixie.python.PixieVersion;
import dev.pixie.python.PythonFacts;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code pixie doctor --json} prints. */
final class DiagnosisJson {
    private DiagnosisJson() {}

    static String of(Diagnosis diagnosis) {
        return JsonLine.of(json -> {
            json.writeBooleanField("ok", !diagnosis.isBroken());
            json.writeStringField("pixie", PixieVersion.get());
            json.writeObjectFieldStart("java");
            json.writeStringField("version", Runtime.version().toString());
            json.writeStringField("home", System.getProperty("java.home"));
            json.writeStringField("jep", PixieVersion.jep());
            json.writeEndObject();
            json.writeFieldName("python");
            if (diagnosis.python().isPresent()) {
                writePython(json, diagnosis.python().get().facts());
            } else {
                json.writeNull();
            }
            if (diagnosis.machine().isPresent()) {
                for (var part : diagnosis.machine().get().properties()) {
                    json.writeFieldName(part.getKey());
                    json.writeRawValue(part.getValue().toString());
                }
            }
            json.writeObjectFieldStart("home");
            json.writeStringField("path", PixieHome.home().toString());
            json.writeNumberField("free_bytes", diagnosis.freeBytes());
            json.writeEndObject();
            writeChecks(json, diagnosis);
        });
    }

    private static void writePython(JsonGenerator json, PythonFacts facts) throws IOException {
        json.writeStartObject();
        json.writeStringField("executable", facts.executable().toString());
        json.writeStringField("version", facts.version());
        json.writeStringField("prefix", facts.prefix().toString());
        json.writeBooleanField("shared", facts.shared());
        json.writeBooleanField("free_threaded", facts.freeThreaded());
        json.writeStringField("jep", facts.jep().orElse(null));
        json.writeStringField("libjep", facts.libjep().map(Path::toString).orElse(null));
        json.writeFieldName("packages");
        JsonLine.writeValue(json, facts.packages());
        json.writeEndObject();
    }

    private static void writeChecks(JsonGenerator json, Diagnosis diagnosis) throws IOException {
        json.writeArrayFieldStart("checks");
        for (Check check : diagnosis.checks()) {
            json.writeStartObject();
            json.writeStringField("name", check.name());
            json.writeStringField("status", check.status().word());
            json.writeStringField("message", check.message());
            json.writeStringField("fix", check.fix().orElse(null));
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
