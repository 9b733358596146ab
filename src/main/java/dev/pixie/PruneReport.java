package dev.pixie;

import java.util.List;

/**
 * What pruning removed, or on trial would have.
 *
 * @param ids ids of the items, in order
 * @param returned how many missing items were left alone because their files are there again; indexing takes them back
 * @param dryRun whether nothing was removed
 */
public record PruneReport(List<String> ids, long returned, boolean dryRun) {
    public PruneReport {
        ids = List.copyOf(ids);
    }
}
