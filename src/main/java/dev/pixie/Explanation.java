package dev.pixie;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a search looked at.
 *
 * @param kind the kind of index, such as {@code kmeans}
 * @param search how it looked, such as {@code layers} or {@code exact scan}
 * @param rows how many vectors the index holds
 * @param allowedRows how many of them {@link Query#target} allowed
 * @param settings the settings of this search, null where the index chose; unmodifiable
 * @param layers what was looked at, in order
 * @param took time of the index alone
 * @param facts what else the kind tells, such as how often the index was asked ({@code searches}); unmodifiable
 */
public record Explanation(
        String kind,
        String search,
        long rows,
        long allowedRows,
        Map<String, @Nullable Object> settings,
        List<Layer> layers,
        Duration took,
        Map<String, @Nullable Object> facts) {
    public Explanation {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(search, "search");
        Objects.requireNonNull(took, "took");
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        layers = List.copyOf(layers);
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /**
     * One step of a search.
     *
     * @param name what was looked at, such as {@code buckets} or {@code vectors}
     * @param lookedAt how many of them
     * @param took how long that took, where it is known
     */
    public record Layer(String name, double lookedAt, Optional<Duration> took) {
        public Layer {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(took, "took");
        }
    }
}
