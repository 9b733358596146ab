package dev.pixie.python;

import dev.pixie.PixieException;
import java.util.List;
import java.util.Map;

/**
 * How a batch went.
 *
 * @param warnings about single rows
 * @param failed rows that have no vector, and why; the others have theirs
 */
public record BulkResult(List<RowWarning> warnings, Map<Integer, PixieException> failed) {
    public BulkResult {
        warnings = List.copyOf(warnings);
        failed = Map.copyOf(failed);
    }
}
