package dev.pixie;

/**
 * Told what watching folders comes to, always on the watching thread, one call at a time. A listener that throws ends
 * the watch.
 */
public interface WatchListener extends ProgressListener {
    /** A listener that does not care. */
    WatchListener NONE = report -> {};

    /** Called after the first indexing, and after each later one that changed something. */
    void indexed(IndexReport report);

    @Override
    default void progressed(Progress progress) {}
}
