package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.Failure;
import dev.pixie.IndexReport;
import dev.pixie.Root;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the command line writes is what the samples say, which the Python half's tests read as well. */
class ResultJsonTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void an_index_report() throws Exception {
        JsonNode sample =
                JSON.readTree(Path.of("tests/data/json/index_report.json").toFile());
        JsonNode failure = sample.get("failures").get(0);
        IndexReport report = new IndexReport(
                14,
                2,
                1,
                1,
                1,
                7,
                2,
                3,
                4,
                List.of(new Failure(
                        failure.get("id").asText(),
                        Optional.of(Path.of(failure.get("path").asText())),
                        failure.get("code").asText(),
                        failure.get("message").asText())),
                List.of(new Root("Pictures", Path.of("/home/ann/Pictures"))),
                Duration.ofMillis(300),
                false);
        // As text, because the order of keys counts.
        assertEquals(JSON.writeValueAsString(sample), JSON.writeValueAsString(JSON.readTree(ResultJson.of(report))));
    }
}
