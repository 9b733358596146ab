package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuantityTest {
    @Test
    void counts_have_thousands_and_a_plural() {
        assertEquals("12,345 pictures", Quantity.count(12_345, "picture"));
        assertEquals("1 picture", Quantity.count(1, "picture"));
        assertEquals("0 pictures", Quantity.count(0, "picture"));
    }

    @Test
    void sizes_have_a_unit_that_suits_them() {
        assertEquals("999 bytes", Quantity.bytes(999));
        assertEquals("1.0 kB", Quantity.bytes(1000));
        assertEquals("12.3 MB", Quantity.bytes(12_345_678));
        assertEquals("5000.0 TB", Quantity.bytes(5_000_000_000_000_000L));
    }

    @Test
    void times_are_as_exact_as_they_are_short() {
        assertEquals("0.4 s", Quantity.time(Duration.ofMillis(420)));
        assertEquals("42 s", Quantity.time(Duration.ofMillis(42_900)));
        assertEquals("3 min 05 s", Quantity.time(Duration.ofSeconds(185)));
        assertEquals("2 h 07 min", Quantity.time(Duration.ofMinutes(127)));
        assertEquals("0.28 ms", Quantity.milliseconds(Duration.ofNanos(281_400)));
        assertEquals("1,234.50 ms", Quantity.milliseconds(Duration.ofNanos(1_234_500_000)));
    }
}
