package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the model does next, for all collections of the process.
 *
 * <p>Single texts and pictures that wait when the model comes free make up one batch: nothing waits for company, and
 * under load the batches grow by themselves. They go before batches of bulk work, which get a turn after
 * {@value #SINGLES_IN_A_ROW} of theirs at the latest, so that indexing goes on under any load. Thread-safe.
 */
final class EmbedScheduler {
    private static final int SINGLES_IN_A_ROW = 16;

    private final Lane lane;
    private final Map<Integer, BatchEmbedder> embedders = new HashMap<>();
    private final Deque<EmbedJob.Single> singles = new ArrayDeque<>();
    private final Deque<EmbedJob.Bulk> bulk = new ArrayDeque<>();
    private int singlesInARow;
    private boolean turnPending;

    EmbedScheduler(Lane lane) {
        this.lane = lane;
    }

    /** The model that these words stand for; the same words give the same model. */
    BatchEmbedder open(String model, String device, String dtype) {
        try (var phase = Timings.phase("model")) {
            JsonNode answer = lane.call("embedder_open", Map.of("model", model, "device", device, "dtype", dtype));
            EmbedderFacts facts = EmbedderFacts.of(answer);
            synchronized (this) {
                return embedders.computeIfAbsent(facts.handle(), handle -> new BatchEmbedder(lane, facts));
            }
        }
    }

    void add(EmbedJob.Single job) {
        if (lane.isCurrent()) {
            if (job.result().begin()) {
                embed(List.of(job)); // the caller may wait for it here, where nobody else could do it
            }
            return;
        }
        synchronized (this) {
            singles.add(job);
            takeTurn();
        }
    }

    void add(EmbedJob.Bulk job) {
        if (lane.isCurrent()) {
            embed(job);
            return;
        }
        synchronized (this) {
            bulk.add(job);
            takeTurn();
        }
    }

    private void takeTurn() {
        if (!turnPending) {
            turnPending = true;
            lane.later(this::turn);
        }
    }

    /** One batch. The next is a task of its own, so that whatever else the lane has to do comes in between. */
    private void turn() {
        try {
            EmbedJob.Bulk job = takeBulk();
            if (job != null) {
                embed(job);
            } else {
                embed(takeSingles());
            }
        } finally {
            synchronized (this) {
                turnPending = false;
                if (!singles.isEmpty() || !bulk.isEmpty()) {
                    takeTurn();
                }
            }
        }
    }

    private synchronized EmbedJob.@Nullable Bulk takeBulk() {
        boolean due = singles.isEmpty() || singlesInARow >= SINGLES_IN_A_ROW;
        return due ? bulk.poll() : null;
    }

    /** The one that has waited longest and all that can go with it; none that was cancelled. */
    private synchronized List<EmbedJob.Single> takeSingles() {
        List<EmbedJob.Single> batch = new ArrayList<>();
        Iterator<EmbedJob.Single> waiting = singles.iterator();
        while (waiting.hasNext()) {
            EmbedJob.Single job = waiting.next();
            if (batch.isEmpty() || job.goesWith(batch.get(0))) {
                waiting.remove();
                if (job.result().begin()) {
                    batch.add(job);
                    if (batch.size() == job.batch()) {
                        break;
                    }
                }
            }
        }
        singlesInARow = bulk.isEmpty() ? 0 : singlesInARow + 1;
        return batch;
    }

    private static void embed(List<EmbedJob.Single> jobs) {
        if (jobs.isEmpty()) {
            return;
        }
        BatchEmbedder embedder = jobs.get(0).embedder();
        try {
            BulkResult result = embedder.singles(jobs);
            for (int row = 0; row < jobs.size(); row++) {
                jobs.get(row).finish(row, embedder.vectors(), result);
            }
        } catch (Throwable e) { // no caller may be left waiting
            jobs.forEach(job -> job.result().completeExceptionally(e));
        }
    }

    private void embed(EmbedJob.Bulk job) {
        synchronized (this) {
            singlesInARow = 0;
        }
        if (!job.result().begin()) {
            return;
        }
        try {
            job.result().complete(job.batch().embed(job.embedder()));
        } catch (Throwable e) { // no caller may be left waiting
            job.result().completeExceptionally(e);
        }
    }
}
