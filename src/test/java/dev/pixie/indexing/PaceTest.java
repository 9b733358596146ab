package dev.pixie.indexing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void a_steady_pace_is_read_off_exactly() {
        Pace pace = new Pace();
        for (int second = 0; second <= 100; second++) {
            pace.advance(second * SECOND, 8);
        }
        assertEquals(8, pace.perSecond(), 1e-9);
        assertEquals(Optional.of(Duration.ofSeconds(5)), pace.timeFor(40));
    }

    @Test
    void a_change_of_pace_counts_half_after_the_half_life() {
        Pace pace = new Pace();
        for (int second = 0; second <= 100; second++) {
            pace.advance(second * SECOND, 10);
        }
        for (int second = 101; second <= 110; second++) {
            pace.advance(second * SECOND, 0);
        }
        assertEquals(5, pace.perSecond(), 0.01);
    }

    @Test
    void the_time_before_the_first_items_does_not_count() {
        Pace pace = new Pace();
        assertTrue(pace.timeFor(10).isEmpty());
        pace.advance(60 * SECOND, 8);
        assertTrue(pace.timeFor(10).isEmpty());
        pace.advance(61 * SECOND, 8);
        assertEquals(8, pace.perSecond(), 1e-9);
    }
}
