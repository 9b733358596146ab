package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLineTest {
    private static String text(String value) {
        return JsonLine.of(json -> json.writeStringField("text", value));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"plain", "日本 🐶", "tab\tand\nline", "nul\0", "high \ud83d alone", "\udc80 low alone", "\"\\/"})
    void every_text_survives_utf8_on_one_line(String value) throws Exception {
        String line = text(value);
        assertFalse(line.contains("\n"));
        JsonNode read =
                new ObjectMapper().readTree(new String(line.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        assertEquals(value, read.get("text").textValue());
    }

    @Test
    void readable_text_is_not_escaped() {
        assertEquals("{\"text\":\"日本 🐶\"}", text("日本 🐶"));
    }

    @Test
    void writes_every_value_that_metadata_holds() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("s", "x");
        values.put("i", 1);
        values.put("l", 5_000_000_000L);
        values.put("b", new BigInteger("123456789012345678901234567890"));
        values.put("d", 0.5);
        values.put("t", true);
        values.put("n", null);
        values.put("list", Arrays.asList(1, "a", List.of()));
        values.put("map", Map.of("k", "v"));
        String line = JsonLine.of(json -> {
            json.writeFieldName("metadata");
            JsonLine.writeValue(json, values);
        });
        assertEquals(
                "{\"metadata\":{\"s\":\"x\",\"i\":1,\"l\":5000000000,\"b\":123456789012345678901234567890,"
                        + "\"d\":0.5,\"t\":true,\"n\":null,\"list\":[1,\"a\",[]],\"map\":{\"k\":\"v\"}}}",
                line);
    }
}
