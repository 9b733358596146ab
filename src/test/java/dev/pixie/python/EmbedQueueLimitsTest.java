package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.ClosedException;
import dev.pixie.OverloadedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a queue to the model takes in, and what becomes of it when the queue is closed. */
@Tag("python")
@Timeout(300)
class EmbedQueueLimitsTest {
    @Test
    void a_full_queue_turns_away_who_will_not_wait() {
        try (EmbedQueue small = TestPython.demoQueue(2);
                TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            CompletableFuture<Embedding> first = small.text("one");
            CompletableFuture<Embedding> second = small.text("two");
            Throwable refusal = TestPython.failure(small.text("three", Duration.ZERO));
            assertInstanceOf(OverloadedException.class, refusal);
            assertTrue(refusal.getMessage().contains("All 2 places"), refusal.getMessage());

            busy.release();
            first.join();
            second.join();
            small.text("four", Duration.ZERO).join();
        }
    }

    @Test
    void a_full_queue_takes_in_who_waits_when_a_place_comes_free() throws Exception {
        try (EmbedQueue small = TestPython.demoQueue(1);
                TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            CompletableFuture<Embedding> first = small.text("one");
            CompletableFuture<Embedding> second =
                    CompletableFuture.supplyAsync(() -> small.text("two")).thenCompose(embedding -> embedding);
            busy.release();
            first.join();
            second.join();
        }
    }

    @Test
    void an_interrupt_ends_the_wait_for_a_place() throws Exception {
        try (EmbedQueue small = TestPython.demoQueue(1);
                TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            small.text("one");
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            CompletableFuture<Boolean> stillInterrupted = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                CompletableFuture<Embedding> waiting = small.text("two");
                stillInterrupted.complete(Thread.currentThread().isInterrupted());
                thrown.complete(TestPython.failure(waiting));
            });
            caller.start();
            caller.interrupt();
            assertTrue(stillInterrupted.get());
            assertInstanceOf(CancellationException.class, thrown.get());
        }
    }

    @Test
    void closing_fails_what_waits_and_nothing_of_it_reaches_the_model() {
        TestPython.watchBatches();
        CompletableFuture<Embedding> waiting;
        CompletableFuture<BulkResult> bulk;
        EmbedQueue closing = TestPython.demoQueue(10);
        FloatArray out = new FloatArray(1, closing.facts().dimension());
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            waiting = closing.text("waiting");
            bulk = closing.bulkTexts(List.of("waiting, too"), out);
            closing.close();
            assertInstanceOf(ClosedException.class, TestPython.failure(waiting));
            assertInstanceOf(ClosedException.class, TestPython.failure(bulk));
            assertInstanceOf(ClosedException.class, TestPython.failure(closing.text("too late")));
            assertInstanceOf(ClosedException.class, TestPython.failure(closing.bulkTexts(List.of("too late"), out)));
        }
        closing.close();
        assertEquals(List.of(), TestPython.watchedBatches().toList());
    }

    @Test
    void closing_a_queue_leaves_the_others_alone() {
        try (EmbedQueue other = TestPython.demoQueue(1)) {
            TestPython.demoQueue(1).close();
            other.text("others go on").join();
        }
    }

    @Test
    void closing_with_patience_finishes_what_waits() throws Exception {
        EmbedQueue closing = TestPython.demoQueue(10);
        CompletableFuture<Embedding> waiting;
        CompletableFuture<Void> closed;
        try (TestPython.Busy busy = TestPython.keepBusy(LaneKind.EMBED)) {
            waiting = closing.text("waiting");
            closed = CompletableFuture.runAsync(() -> closing.close(Duration.ofMinutes(1)));
        }
        closed.get();
        assertEquals(closing.facts().dimension(), waiting.get().vector().length);
    }

    @Test
    void a_queue_can_be_opened_after_another_was_closed() {
        EmbedQueue queue = TestPython.demoQueue(1);
        queue.close();
        try (EmbedQueue again = TestPython.demoQueue(1)) {
            assertEquals(queue.facts(), again.facts());
            again.text("again").join();
        }
    }
}
