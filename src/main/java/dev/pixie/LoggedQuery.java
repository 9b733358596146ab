package dev.pixie;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A query that was answered, as the collection's log keeps it.
 *
 * @param time when
 * @param terms what was asked for, each term as {@link Term#toString} writes it
 * @param modality what the terms were made from, if they all were from one
 * @param kind the kind of index that answered, such as {@code kmeans}
 * @param settings settings of this search, given or tuned; those left to the index are not there; unmodifiable
 * @param limit how many hits were asked for
 * @param took time that the index and the records took, without the model
 * @param hits how many hits there were
 * @param recall share of the true hits that were found, if that was checked
 */
public record LoggedQuery(
        Instant time,
        List<String> terms,
        Optional<Modality> modality,
        String kind,
        Map<String, @Nullable Object> settings,
        int limit,
        Duration took,
        int hits,
        OptionalDouble recall) {
    public LoggedQuery {
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(modality, "modality");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(recall, "recall");
        terms = List.copyOf(terms);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }
}
