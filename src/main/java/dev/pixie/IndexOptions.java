package dev.pixie;

import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * How to index folders.
 *
 * <pre>{@code
 * AtomicBoolean stop = new AtomicBoolean();
 * pixie.index(folders, IndexOptions.DEFAULT.retryFailed(true).stopWhen(stop::get), ProgressListener.NONE);
 * }</pre>
 *
 * <p>Immutable and safe to share between threads.
 */
public final class IndexOptions {
    /** Files that failed before and have not changed are left alone, and nothing but an interrupt stops the run. */
    public static final IndexOptions DEFAULT = new IndexOptions(false, () -> false);

    private final boolean retryFailed;
    private final BooleanSupplier stop;

    private IndexOptions(boolean retryFailed, BooleanSupplier stop) {
        this.retryFailed = retryFailed;
        this.stop = stop;
    }

    /** Whether files that failed before are tried again although they have not changed. */
    public IndexOptions retryFailed(boolean retryFailed) {
        return new IndexOptions(retryFailed, stop);
    }

    /**
     * Stops the run soon after {@code stop} turns true: what is being embedded is finished and committed, the rest is
     * left for the next run, and the report says {@code interrupted}. Interrupting the calling thread does the same.
     *
     * @param stop asked often, from the calling thread; cheap and safe for use by another thread
     */
    public IndexOptions stopWhen(BooleanSupplier stop) {
        return new IndexOptions(retryFailed, Objects.requireNonNull(stop, "stop"));
    }

    /** Whether files that failed before are tried again. */
    public boolean retryFailed() {
        return retryFailed;
    }

    /** Whether the run should stop now. */
    boolean stopped() {
        return stop.getAsBoolean();
    }

    @Override
    public String toString() {
        return "IndexOptions[retryFailed=" + retryFailed + "]";
    }
}
