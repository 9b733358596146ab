package dev.pixie;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/**
 * What a change of the index did.
 *
 * @param kind the kind now
 * @param settings those of its settings that are not left to it
 * @param before the kind before
 * @param vectors how many vectors the index holds
 * @param search how it looks: {@code exact scan} where there are too few vectors for anything else
 * @param elapsed wall-clock time
 */
public record ReindexReport(
        IndexKind kind,
        Map<String, Integer> settings,
        IndexKind before,
        long vectors,
        String search,
        Duration elapsed) {
    public ReindexReport {
        Objects.requireNonNull(kind, "kind");
        settings = Map.copyOf(settings);
        Objects.requireNonNull(before, "before");
        Objects.requireNonNull(search, "search");
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
