package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.Failure;
import dev.pixie.Model;
import dev.pixie.ReembedReport;
import dev.pixie.Warning;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Reports as the samples that the Python half's tests read as well. */
class TableJsonTest {
    @Test
    void a_reembed_report_is_two_models_and_what_became_of_the_items() throws Exception {
        JsonNode sample = new ObjectMapper()
                .readTree(Path.of("tests/data/json/reembed_report.json").toFile());
        ReembedReport report = new ReembedReport(
                Path.of("/home/ann/photos"),
                new Model("demo", "0123456789abcdef0123456789abcdef", 256),
                new Model("openai/clip-vit-base-patch32", "fedcba9876543210fedcba9876543210", 512),
                342,
                100,
                7,
                241,
                List.of(new Failure(
                        "Pictures/half.jpg",
                        Optional.of(Path.of("/home/ann/Pictures/half.jpg")),
                        "truncated",
                        "/home/ann/Pictures/half.jpg is damaged or cut short")),
                List.of(new Warning(
                        "text_truncated",
                        "the text is longer than 77 tokens; its end was left out",
                        Optional.of("words"))),
                true,
                Optional.of(Path.of("/home/ann/photos/left-out-20261121T152929.323413Z.ndjson")),
                Duration.ofMillis(12500),
                false);
        assertEquals(
                sample.toString(),
                new ObjectMapper().readTree(TableJson.of(report)).toString());
    }
}
