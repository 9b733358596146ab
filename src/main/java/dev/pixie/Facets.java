package dev.pixie;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * The values that items have under a name, the most frequent first.
 *
 * @param facets those that were asked for
 * @param total how many values there are in all
 * @param without how many items have no value
 */
public record Facets(List<Facet> facets, long total, long without) implements Iterable<Facets.Facet> {
    public Facets {
        facets = List.copyOf(facets);
    }

    /** Iterates over the values that were asked for. */
    @Override
    public Iterator<Facet> iterator() {
        return facets.iterator();
    }

    /**
     * A value, and how many items have it.
     *
     * @param value a String, Integer, Long, BigInteger, Double or Boolean
     * @param count how many items
     */
    public record Facet(Object value, long count) {
        public Facet {
            Objects.requireNonNull(value, "value");
        }
    }
}
