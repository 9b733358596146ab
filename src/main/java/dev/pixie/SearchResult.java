package dev.pixie;

import java.util.Iterator;
import java.util.List;

/**
 * The answer to a query.
 *
 * @param hits best first; equal scores in the order the items were added
 * @param warnings what the caller may want to know, such as a text that was cut
 */
public record SearchResult(List<Hit> hits, List<Warning> warnings) implements Iterable<Hit> {
    public SearchResult {
        hits = List.copyOf(hits);
        warnings = List.copyOf(warnings);
    }

    /** Iterates over the hits, best first. */
    @Override
    public Iterator<Hit> iterator() {
        return hits.iterator();
    }
}
