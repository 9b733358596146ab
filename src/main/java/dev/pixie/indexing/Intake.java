package dev.pixie.indexing;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.EmbedderFacts;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes items in: reads their pictures, embeds them, commits them; all three at once, in bounded memory, in the order
 * the items came.
 *
 * <p>One thread, the caller's, moves everything on and never works itself: pictures are read on the decode lanes,
 * embedded on the embed lane behind whatever queries wait there, and committed on the write lane. The next batches are
 * read and queued while one is embedded, so that the model never waits for a disk. Whatever is embedded when the
 * write lane is free becomes one commit.
 */
final class Intake {
    /** One being filled, one in the model, two waiting for it, two being committed. */
    private static final int BATCHES = 6;

    /** Items that may be read and wait for a batch; those with pictures are bounded by their arrays already. */
    private static final int MOST_READ = 64;

    private static final long STOP_POLL_MILLIS = 100;

    private final Source source;
    private final EmbedQueue embedder;
    private final EmbedderFacts model;
    private final Target target;
    private final boolean wholly;
    private final BooleanSupplier stop;
    private final Tally tally;
    private final Readers readers;
    private final Semaphore somethingDone = new Semaphore(0);

    private final Deque<Entry> waiting = new ArrayDeque<>();
    private final Deque<Reading> reading = new ArrayDeque<>();
    private final Deque<Embedding> embedding = new ArrayDeque<>();
    private final Deque<Batch> free = new ArrayDeque<>();
    private @Nullable Batch filling;
    private @Nullable Commit committing;
    private boolean sourceEmpty;
    private boolean stopped;
    private boolean incomplete;

    /**
     * An intake for one run.
     *
     * @param wholly whether everything is one commit, made only if nothing fails, instead of many
     * @param stop asked often; the run ends early once it is true
     */
    Intake(Source source, Target target, boolean wholly, BooleanSupplier stop, Tally tally) {
        this.source = source;
        this.wholly = wholly;
        this.embedder = target.embedder().get();
        this.target = target;
        this.stop = stop;
        this.tally = tally;
        model = embedder.facts();
        readers = new Readers(
                target.decodeLanes(), model.handle(), model.imageSize(), embedder.frames(), somethingDone::release);
        for (int i = 0; i < BATCHES; i++) {
            free.add(new Batch(model, embedder.frames()));
        }
    }

    /**
     * Runs until every item is committed or named as a failure, but for those that wait for others.
     *
     * @return whether it was stopped before that, and so left something out
     */
    boolean run() {
        boolean interrupted = false;
        try {
            while (!isFinished()) {
                interrupted |= Thread.interrupted();
                if (!stopped && (interrupted || stop.getAsBoolean())) {
                    stopEarly();
                } else if (!advance()) {
                    interrupted |= isInterruptedWaiting();
                }
            }
        } finally {
            embedding.forEach(Embedding::cancel);
            if (committing != null) {
                committing.settle();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return incomplete;
    }

    private boolean isFinished() {
        return everythingIsRead() && filling == null && embedding.isEmpty() && committing == null;
    }

    private boolean everythingIsRead() {
        return sourceEmpty && waiting.isEmpty() && reading.isEmpty();
    }

    /** Moves on whatever can be, the far end first so that arrays come free for the near one. */
    private boolean advance() {
        boolean moved = finishCommit();
        moved |= startCommit();
        moved |= fill();
        moved |= embedFilled();
        moved |= startReading();
        return moved;
    }

    private boolean finishCommit() {
        if (committing == null || !committing.isDone()) {
            return false;
        }
        Commit done = committing;
        committing = null;
        done.finish(tally);
        for (Batch batch : done.batches()) {
            batch.clear();
            free.add(batch);
        }
        return true;
    }

    private boolean startCommit() {
        if (committing != null || embedding.isEmpty() || !embedding.element().isDone()) {
            return false;
        }
        if (wholly
                && !(everythingIsRead()
                        && filling == null
                        && embedding.getLast().isDone())) {
            return false;
        }
        List<Batch> batches = new ArrayList<>();
        while (!embedding.isEmpty() && embedding.element().isDone()) {
            batches.add(embedding.remove().finish(tally));
        }
        if (wholly) {
            batches.forEach(Batch::requireNoFailure);
        }
        committing = new Commit(batches, target, model.dimension());
        committing.whenDone(somethingDone::release);
        return true;
    }

    private boolean fill() {
        boolean moved = false;
        while (!reading.isEmpty() && reading.element().isDone()) {
            Reading read = reading.element();
            if (read.decoded() instanceof Decoded.Later) {
                readers.reuse(reading.remove());
                moved = true;
                continue;
            }
            if (filling != null && !filling.takes(read)) {
                embed(filling);
            }
            if (filling == null) {
                if (free.isEmpty() && !wholly) {
                    return moved;
                }
                filling = free.isEmpty() ? new Batch(model, embedder.frames()) : free.remove();
            }
            filling.add(read);
            readers.reuse(reading.remove());
            moved = true;
        }
        return moved;
    }

    /** A batch goes to the model when it is full, when it is the last, or when the model would otherwise be idle. */
    private boolean embedFilled() {
        if (filling == null) {
            return false;
        }
        boolean idle = embedding.isEmpty() || embedding.getLast().isDone();
        if (filling.isFull() || everythingIsRead() || (idle && (filling.vectors() > 0 || committing == null))) {
            embed(filling);
            return true;
        }
        return false;
    }

    private void embed(Batch batch) {
        Embedding started = new Embedding(batch, embedder);
        started.whenDone(somethingDone::release);
        embedding.add(started);
        filling = null;
    }

    private boolean startReading() {
        if (waiting.isEmpty() && !sourceEmpty) {
            return takeMore();
        }
        Reading started = waiting.isEmpty() || reading.size() == MOST_READ ? null : readers.start(waiting.element());
        if (started == null) {
            return false;
        }
        waiting.remove();
        reading.add(started);
        return true;
    }

    private boolean takeMore() {
        try {
            waiting.addAll(source.take());
            sourceEmpty = waiting.isEmpty();
        } catch (CancellationException e) {
            if (!Thread.currentThread().isInterrupted()) {
                throw e;
            }
        }
        return true;
    }

    /** Drops all but the batch that is in the model, which is then committed as ever. */
    private void stopEarly() {
        stopped = true;
        incomplete = !everythingIsRead() || filling != null;
        sourceEmpty = true;
        waiting.clear();
        reading.clear();
        filling = null;
        Deque<Embedding> kept = new ArrayDeque<>();
        while (!wholly
                && !embedding.isEmpty()
                && (kept.isEmpty() || kept.getLast().isDone())) {
            kept.add(embedding.remove());
        }
        incomplete |= !embedding.isEmpty();
        embedding.forEach(Embedding::cancel);
        embedding.clear();
        embedding.addAll(kept);
    }

    private boolean isInterruptedWaiting() {
        try {
            if (somethingDone.tryAcquire(STOP_POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                somethingDone.drainPermits();
            }
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }
}
