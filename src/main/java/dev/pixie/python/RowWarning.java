package dev.pixie.python;

/**
 * Something to know about one row of a batch.
 *
 * @param row the row's number in the batch
 * @param code short and stable, for example {@code text_truncated}
 * @param message one sentence for people
 */
public record RowWarning(int row, String code, String message) {}
