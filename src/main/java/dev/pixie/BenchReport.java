package dev.pixie;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Recall and speed of kinds of index on one collection.
 *
 * @param name the collection's name
 * @param vectors how many vectors it has
 * @param dimension numbers in a vector
 * @param limit of how many nearest vectors recall is the share found
 * @param queries how many queries of each modality were measured with
 * @param cpu the processor it was measured on
 * @param created when
 * @param kinds what each kind gives
 * @param files the files that were written: {@code png}, {@code svg} and {@code json}; empty where none were
 * @param warnings what is to be known of these numbers; see {@code docs/json.md}
 */
public record BenchReport(
        String name,
        long vectors,
        int dimension,
        int limit,
        Map<Modality, Integer> queries,
        String cpu,
        Instant created,
        List<Kind> kinds,
        Map<String, Path> files,
        List<Warning> warnings) {
    public BenchReport {
        Objects.requireNonNull(name, "name");
        queries = Map.copyOf(queries);
        Objects.requireNonNull(cpu, "cpu");
        Objects.requireNonNull(created, "created");
        kinds = List.copyOf(kinds);
        files = Map.copyOf(files);
        warnings = List.copyOf(warnings);
    }

    /**
     * What one kind gives.
     *
     * @param kind which
     * @param settings those of its settings that were not left to it
     * @param search how it looked: {@code exact scan}, {@code layers}, ...
     * @param built how long it took to build
     * @param bytesPerVector what it keeps of a vector beside the float32 numbers
     * @param points one for each set of settings that was measured
     */
    public record Kind(
            IndexKind kind,
            Map<String, Integer> settings,
            String search,
            Duration built,
            double bytesPerVector,
            List<Point> points) {
        public Kind {
            Objects.requireNonNull(kind, "kind");
            settings = Map.copyOf(settings);
            Objects.requireNonNull(search, "search");
            Objects.requireNonNull(built, "built");
            points = List.copyOf(points);
        }
    }

    /**
     * What one set of settings gives queries of one modality.
     *
     * @param modality what the queries are
     * @param settings of a search
     * @param recall the share of the true nearest vectors found
     * @param queriesPerSecond when all queries are asked at once
     * @param milliseconds median of a query asked alone
     * @param best whether no other settings of the kind are at once faster and no worse
     */
    public record Point(
            Modality modality,
            Map<String, Integer> settings,
            double recall,
            double queriesPerSecond,
            double milliseconds,
            boolean best) {
        public Point {
            Objects.requireNonNull(modality, "modality");
            settings = Map.copyOf(settings);
        }
    }
}
