package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilterTest {
    @Test
    void builders_make_the_sample_that_python_reads() throws Exception {
        Filter filter = Filter.gte("year", 2020)
                .and(Filter.like("camera", "Canon%").or(Filter.in("tag", "red", 7, 2.5, true)))
                .and(Filter.has("gps").not())
                .and(Filter.near(48.1375, -11.575, 20))
                .and(Filter.lt("taken", LocalDateTime.parse("2020-05-13T13:21:58")))
                .and(Filter.isNull("exif.\"größe.x\""))
                .and(Filter.contains("note", "dog"))
                .and(Filter.glob("path", "2021/*"))
                .and(Filter.ne("metadata.width", (1L << 53) + 1))
                .and(Filter.eq("draft", false).or(Filter.lte("score", 0.5)).or(Filter.gt("id", "a")));
        assertEquals(
                new ObjectMapper()
                        .readTree(Path.of("tests/data/json/filter.json").toFile()),
                filter.json());
    }

    @Test
    void filters_that_were_made_alike_are_equal() {
        assertEquals(Filter.eq("a", 1).and(Filter.has("b")), Filter.eq("a", 1L).and(Filter.has("b")));
        assertEquals(
                Filter.in("a", 1, 2).hashCode(),
                Filter.in("a", List.of((short) 1, BigInteger.TWO)).hashCode());
        assertNotEquals(Filter.eq("a", 1), Filter.eq("a", "1"));
        assertNotEquals(Filter.eq("a", 1), Filter.eq("a", true));
        assertEquals(Filter.parse("a = 1"), Filter.parse("a = 1"));
        assertEquals("a = 1", Filter.parse("a = 1").toString());
    }

    @Test
    void a_filter_stays_what_it_is_when_others_are_made_of_it() {
        Filter first = Filter.eq("a", 1).and(Filter.eq("b", 2));
        String before = first.toString();
        Filter longer = first.and(Filter.eq("c", 3));
        assertEquals(before, first.toString());
        assertEquals(3, longer.json().get("filters").size());
    }

    @Test
    void dates_are_written_so_that_each_is_what_it_was() {
        assertEquals("2020-05", value(YearMonth.of(2020, 5)));
        assertEquals("2020-05-13", value(LocalDate.of(2020, 5, 13)));
        // without its seconds it would be a whole minute
        assertEquals("2020-05-13T13:00:00", value(LocalDateTime.of(2020, 5, 13, 13, 0)));
        assertEquals("2020-05-13T13:00:00.123456Z", value(Instant.parse("2020-05-13T13:00:00.123456789Z")));
        assertEquals("2020-05-13T13:00:00+02:00", value(OffsetDateTime.parse("2020-05-13T13:00+02:00")));
    }

    private static String value(Object date) {
        return Filter.eq("taken", date).json().get("value").textValue();
    }

    @Test
    void builders_refuse_what_makes_no_sense() {
        assertSays("compares a with a Object", () -> Filter.eq("a", new Object()));
        assertSays("compares a with NaN", () -> Filter.gt("a", Double.NaN));
        assertSays("an empty name", () -> Filter.has(""));
        assertSays("in no values", () -> Filter.in("a"));
        assertSays("is near 91.0", () -> Filter.near(91, 0, 1));
        assertSays("by -1.0 km", () -> Filter.near(0, 0, -1));
    }

    private static void assertSays(String said, Runnable call) {
        InvalidInputException thrown = assertThrows(InvalidInputException.class, call::run);
        assertTrue(thrown.message().contains(said), thrown.message());
    }
}
