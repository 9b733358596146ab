package dev.pixie;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What tuning found, and what it set.
 *
 * @param kind the collection's kind of index, the only one that is set
 * @param vectors how many vectors the collection has
 * @param recall the recall that was wanted
 * @param limit of how many nearest vectors
 * @param tuned the settings that searches have from now on, by what a query is: {@code image}, {@code text}, or
 *     {@code any} when it does not say; empty where nothing was set
 * @param kinds what each kind gives
 * @param warnings what is to be known of these numbers; see {@code docs/json.md}
 */
public record TuneReport(
        IndexKind kind,
        long vectors,
        double recall,
        int limit,
        Optional<Map<String, Map<String, Integer>>> tuned,
        List<Kind> kinds,
        List<Warning> warnings) {
    public TuneReport {
        Objects.requireNonNull(kind, "kind");
        tuned = tuned.map(Map::copyOf);
        kinds = List.copyOf(kinds);
        warnings = List.copyOf(warnings);
    }

    /**
     * What one kind gives.
     *
     * @param kind which
     * @param built how long it took to build; empty for the collection's own index, which was there
     * @param results one for each modality of which there were queries
     */
    public record Kind(IndexKind kind, Optional<Duration> built, List<Result> results) {
        public Kind {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(built, "built");
            results = List.copyOf(results);
        }
    }

    /**
     * What the queries of one modality get.
     *
     * @param modality what the queries are
     * @param queries how many of them this was measured on; as many others chose the settings
     * @param search how the index looked: {@code exact scan}, {@code layers}, ...
     * @param settings the settings chosen; empty where there was nothing to choose
     * @param recall the recall with these settings, on queries that they were not chosen on
     * @param reached whether that is what was wanted, or more
     * @param queriesPerSecond when all queries are asked at once
     * @param milliseconds median of a query asked alone
     */
    public record Result(
            Modality modality,
            int queries,
            String search,
            Map<String, Integer> settings,
            double recall,
            boolean reached,
            double queriesPerSecond,
            double milliseconds) {
        public Result {
            Objects.requireNonNull(modality, "modality");
            Objects.requireNonNull(search, "search");
            settings = Map.copyOf(settings);
        }
    }
}
