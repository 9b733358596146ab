package dev.pixie;

import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The answer to a query.
 *
 * @param hits best first; equal scores in the order the items were added
 * @param warnings what the caller may want to know, such as a text that was cut
 * @param explanation what was looked at, if {@link Query#explain} asked for it
 * @param check what was missed, if {@link Query#check} asked for it
 */
public record SearchResult(
        List<Hit> hits, List<Warning> warnings, Optional<Explanation> explanation, Optional<RecallCheck> check)
        implements Iterable<Hit> {
    public SearchResult {
        hits = List.copyOf(hits);
        warnings = List.copyOf(warnings);
        Objects.requireNonNull(explanation, "explanation");
        Objects.requireNonNull(check, "check");
    }

    /** A result that tells neither what was looked at nor what was missed. */
    public SearchResult(List<Hit> hits, List<Warning> warnings) {
        this(hits, warnings, Optional.empty(), Optional.empty());
    }

    /** Iterates over the hits, best first. */
    @Override
    public Iterator<Hit> iterator() {
        return hits.iterator();
    }
}
