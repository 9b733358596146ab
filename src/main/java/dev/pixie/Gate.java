package dev.pixie;

import java.time.Duration;

/** Counts the calls that are running, and turns calls away once it is closed. Thread-safe. */
final class Gate {
    private final String what;
    private int running;
    private boolean closed;

    Gate(String what) {
        this.what = what;
    }

    /** Lets a call in; it must {@link #leave} once, whatever comes of it. */
    synchronized void enter() {
        if (closed) {
            throw new ClosedException(what + " is closed");
        }
        running++;
    }

    synchronized void leave() {
        running--;
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Turns calls away from now on; false if it did already. */
    synchronized boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }

    /**
     * Waits until no call is running.
     *
     * @return false when some still were after {@code limit}, or the thread was interrupted
     */
    synchronized boolean awaitEmpty(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (running > 0) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    return false;
                }
                wait(millis);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
