package dev.pixie.python;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The result of work that waits for its turn. Cancelling it, or failing it from outside, works until the work has begun
 * and not after: while Python computes, the arrays are its own, and a future that is done must mean that they are free.
 */
final class Withdrawable<T> extends CompletableFuture<T> {
    private final AtomicBoolean taken = new AtomicBoolean();

    /** Takes the work on; false if it was withdrawn. */
    boolean begin() {
        return taken.compareAndSet(false, true);
    }

    /** Fails what has not begun. */
    void withdraw(RuntimeException reason) {
        if (begin()) {
            completeExceptionally(reason);
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return begin() ? super.cancel(mayInterruptIfRunning) : isCancelled();
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>(); // what is derived from it has no work of its own
    }
}
