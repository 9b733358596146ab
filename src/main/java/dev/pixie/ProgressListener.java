package dev.pixie;

/**
 * Told how adding or indexing goes, always on the thread that called {@code addAll} or {@code index}, one call at a
 * time. A listener that throws ends the run with its exception; what is committed stays.
 */
@FunctionalInterface
public interface ProgressListener {
    /** A listener that does not care. */
    ProgressListener NONE = progress -> {};

    /** Called at the start and after each commit. */
    void progressed(Progress progress);

    /** Called for each item that could not be taken in, before the progress that counts it. */
    default void failed(Failure failure) {}
}
