package dev.pixie.cli;

import dev.pixie.IndexKind;
import dev.pixie.Query;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to search, whatever for: by which index, how thoroughly, and how much is told of it. */
final class SearchOptions {
    @Option(names = "--exact", description = "Compare with every vector instead of asking the index.")
    private boolean exact;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            description = "Ask an index of this kind, built for this search if the collection has another:"
                    + " ${COMPLETION-CANDIDATES}.")
    private @Nullable IndexKind kind;

    @Option(names = "--probes", paramLabel = "N", description = "Open this many buckets of the index.")
    private @Nullable Integer probes;

    @Option(names = "--candidates", paramLabel = "N", description = "Look closer at this many vectors.")
    private @Nullable Integer candidates;

    @Option(names = "--explain", description = "Tell what was looked at, and how long that took.")
    private boolean explain;

    @Option(
            names = "--check",
            description = "Search exactly as well, mark each hit as right or wrong, and name what was missed.")
    private boolean check;

    /** The query with these options. */
    Query applyTo(Query query) {
        Query asked = query.exact(exact).explain(explain).check(check);
        asked = kind == null ? asked : asked.kind(kind);
        asked = probes == null ? asked : asked.probes(probes);
        return candidates == null ? asked : asked.candidates(candidates);
    }

    /** Whether there is more to tell than the hits. */
    boolean tellMore() {
        return explain || check;
    }
}
