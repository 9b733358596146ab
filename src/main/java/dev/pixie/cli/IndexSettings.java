package dev.pixie.cli;

import java.util.Map;
import java.util.stream.Collectors;

/** Settings of an index as people read them. */
final class IndexSettings {
    private IndexSettings() {}

    /** {@code candidates 60, probes 181}. */
    static String text(Map<String, Integer> settings) {
        return settings.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(setting -> setting.getKey() + " " + setting.getValue())
                .collect(Collectors.joining(", "));
    }
}
