package dev.pixie.python;

import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Something for a lane to do once, unless it is taken back before it has begun. */
final class LaneTask<T> implements Runnable {
    /** The most urgent first; among equals, the one that came first. */
    static final Comparator<LaneTask<?>> ORDER =
            Comparator.<LaneTask<?>, Urgency>comparing(task -> task.urgency).thenComparingLong(task -> task.arrival);

    enum Urgency {
        URGENT,
        NORMAL
    }

    private final Urgency urgency;
    private final long arrival;
    private final Callable<T> work;
    private final Withdrawable<T> result = new Withdrawable<>();

    LaneTask(Urgency urgency, long arrival, Callable<T> work) {
        this.urgency = urgency;
        this.arrival = arrival;
        this.work = work;
    }

    Withdrawable<T> result() {
        return result;
    }

    /** Does the work on the calling thread; nothing happens if it was taken back. */
    @Override
    public void run() {
        if (!result.begin()) {
            return;
        }
        try {
            result.complete(work.call());
        } catch (Throwable e) { // whoever waits must learn of it, and the lane must go on
            result.completeExceptionally(e);
        }
    }

    /**
     * Waits for the result. An interrupt takes the work back, if it has not begun; otherwise the result is waited for
     * and the thread's interrupt status is set again.
     */
    T await() {
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (result.cancel(false)) {
                throw new CancellationException("interrupted while waiting for Python");
            }
        } catch (ExecutionException e) {
            throw unchecked(e);
        }
        try {
            return result.join();
        } catch (CompletionException e) {
            throw unchecked(e);
        }
    }

    private static RuntimeException unchecked(Exception wrapper) {
        Throwable cause = wrapper.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException exception ? exception : new CompletionException(cause);
    }
}
