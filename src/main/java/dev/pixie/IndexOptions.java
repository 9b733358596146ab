package dev.pixie;

import java.util.List;
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
    /**
     * Files that failed before and have not changed are left alone, no pattern chooses among files, and nothing but an
     * interrupt stops the run.
     */
    public static final IndexOptions DEFAULT = new IndexOptions(false, List.of(), List.of(), () -> false);

    private final boolean retryFailed;
    private final List<String> include;
    private final List<String> exclude;
    private final BooleanSupplier stop;

    private IndexOptions(boolean retryFailed, List<String> include, List<String> exclude, BooleanSupplier stop) {
        this.retryFailed = retryFailed;
        this.include = List.copyOf(include);
        this.exclude = List.copyOf(exclude);
        this.stop = stop;
    }

    /** Whether files that failed before are tried again although they have not changed. */
    public IndexOptions retryFailed(boolean retryFailed) {
        return new IndexOptions(retryFailed, include, exclude, stop);
    }

    /**
     * Takes only files that one of these patterns matches, this time; none for all. Items of other files stay as they
     * are.
     *
     * @param include as lines of a {@code .gitignore}, relative to each folder that is indexed, such as {@code *.jpg}
     */
    public IndexOptions include(List<String> include) {
        return new IndexOptions(retryFailed, include, exclude, stop);
    }

    /**
     * Leaves out files and folders that one of these patterns matches, this time. Items of such files stay as they are.
     *
     * @param exclude as lines of a {@code .gitignore}, relative to each folder that is indexed, such as {@code raw/}
     */
    public IndexOptions exclude(List<String> exclude) {
        return new IndexOptions(retryFailed, include, exclude, stop);
    }

    /**
     * Stops the run soon after {@code stop} turns true: what is being embedded is finished and committed, the rest is
     * left for the next run, and the report says {@code interrupted}. Interrupting the calling thread does the same.
     *
     * @param stop asked often, from the calling thread; cheap and safe for use by another thread
     */
    public IndexOptions stopWhen(BooleanSupplier stop) {
        return new IndexOptions(retryFailed, include, exclude, Objects.requireNonNull(stop, "stop"));
    }

    /** Whether files that failed before are tried again. */
    public boolean retryFailed() {
        return retryFailed;
    }

    /** Patterns of the only files to take; empty for all. */
    public List<String> include() {
        return include;
    }

    /** Patterns of files and folders to leave out. */
    public List<String> exclude() {
        return exclude;
    }

    /** Whether the run should stop now. */
    boolean stopped() {
        return stop.getAsBoolean();
    }

    @Override
    public String toString() {
        return "IndexOptions[retryFailed=" + retryFailed + ", include=" + include + ", exclude=" + exclude + "]";
    }
}
