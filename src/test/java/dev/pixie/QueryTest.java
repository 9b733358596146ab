package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class QueryTest {
    @Test
    void a_query_asks_for_ten_hits_unless_told() {
        Query query = Query.text("dog");
        assertEquals(10, query.limit());
        assertEquals(0, query.offset());
        assertEquals(OptionalDouble.empty(), query.minScore());
        assertEquals(Optional.empty(), query.target());
    }

    @Test
    void settings_make_a_new_query() {
        Query query = Query.text("dog");
        Query narrowed = query.limit(3).offset(6).minScore(-0.5).exact(true).target(Modality.TEXT);
        assertEquals(Query.text("dog"), query);
        assertEquals("Query[terms=[dog], limit=3, offset=6, minScore=-0.5, exact, target=text]", narrowed.toString());
        assertEquals(
                narrowed,
                Query.text("dog")
                        .target(Modality.TEXT)
                        .exact(true)
                        .minScore(-0.5)
                        .offset(6)
                        .limit(3));
    }

    @Test
    void a_setting_out_of_range_is_refused_with_its_value() {
        Query query = Query.text("dog");
        assertRefused("0", () -> query.limit(0));
        assertRefused("-1", () -> query.offset(-1));
        assertRefused("1.5", () -> query.minScore(1.5));
        assertRefused("NaN", () -> query.minScore(Double.NaN));
    }

    @Test
    void a_query_without_a_term_is_refused() {
        assertThrows(InvalidInputException.class, Query::of);
        assertThrows(InvalidInputException.class, () -> Query.of(List.of()));
        assertThrows(InvalidInputException.class, () -> Query.text("\n"));
    }

    private static void assertRefused(String value, Runnable setting) {
        InvalidInputException refusal = assertThrows(InvalidInputException.class, setting::run);
        assertTrue(refusal.message().endsWith(" is " + value), refusal.message());
        assertTrue(refusal.fix().isPresent());
    }
}
