package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class GateTest {
    private final Gate gate = new Gate("the collection photos");

    @Test
    void a_closed_gate_turns_calls_away_by_name() {
        assertTrue(gate.close());
        assertFalse(gate.close());
        assertEquals(
                "the collection photos is closed",
                assertThrows(ClosedException.class, gate::enter).message());
    }

    @Test
    void waiting_ends_when_the_last_call_leaves() {
        gate.enter();
        gate.enter();
        gate.close();
        CompletableFuture<Boolean> waiting =
                CompletableFuture.supplyAsync(() -> gate.awaitEmpty(Duration.ofMinutes(1)));
        gate.leave();
        assertFalse(waiting.isDone());
        gate.leave();
        assertTrue(waiting.join());
    }

    @Test
    void waiting_ends_at_its_limit_while_a_call_still_runs() {
        gate.enter();
        assertFalse(gate.awaitEmpty(Duration.ofMillis(1)));
    }

    @Test
    void an_interrupt_ends_the_waiting_and_is_kept() {
        gate.enter();
        Thread.currentThread().interrupt();
        assertFalse(gate.awaitEmpty(Duration.ofMinutes(1)));
        assertTrue(Thread.interrupted());
    }
}
