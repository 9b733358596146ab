package dev.pixie.cli;

import dev.pixie.Explanation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a search looked at, as a person reads it. */
final class ExplanationOutput {
    private ExplanationOutput() {}

    static void print(Explanation explanation, Console console) {
        Map<String, String> fields = fields(explanation);
        int width = fields.keySet().stream().mapToInt(TextWidth::of).max().orElse(0);
        fields.forEach((label, value) -> console.field(width + 1, label, value));
        layers(explanation).print(console);
    }

    private static Map<String, String> fields(Explanation explanation) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("index", explanation.kind());
        fields.put("search", explanation.search());
        boolean filtered = explanation.allowedRows() < explanation.rows();
        fields.put(
                "vectors",
                Quantity.count(explanation.rows())
                        + (filtered ? ", of which " + Quantity.count(explanation.allowedRows()) + " are allowed" : ""));
        String settings = settings(explanation.settings());
        if (!settings.isEmpty()) {
            fields.put("settings", settings);
        }
        explanation.facts().forEach((name, value) -> {
            if (explanation.layers().stream().noneMatch(layer -> layer.name().equals(name))) {
                fields.put(name.replace('_', ' '), String.valueOf(value));
            }
        });
        return fields;
    }

    /** Settings that have a value, as in {@code probes 8, candidates 200}. */
    static String settings(Map<String, ?> settings) {
        return settings.entrySet().stream()
                .filter(setting -> setting.getValue() != null)
                .map(setting -> setting.getKey().replace('_', ' ') + " " + setting.getValue())
                .collect(Collectors.joining(", "));
    }

    private static Table layers(Explanation explanation) {
        Table table = Table.of(
                List.of("layer", "looked at", "", "time"),
                List.of(Table.Fit.WORD, Table.Fit.NUMBER, Table.Fit.WORD, Table.Fit.NUMBER));
        for (Explanation.Layer layer : explanation.layers()) {
            Object all = explanation.facts().get(layer.name());
            table.add(
                    layer.name(),
                    number(layer.lookedAt()),
                    all instanceof Number known ? "of " + number(known.doubleValue()) : "",
                    layer.took().map(Quantity::milliseconds).orElse(""));
        }
        table.add("all", "", "", Quantity.milliseconds(explanation.took()));
        return table;
    }

    private static String number(double number) {
        return number == Math.rint(number)
                ? Quantity.count((long) number)
                : String.format(Locale.ROOT, "%,.1f", number);
    }
}
