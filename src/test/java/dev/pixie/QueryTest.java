package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
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
        assertRefused("0", () -> query.probes(0));
        assertRefused("-3", () -> query.candidates(-3));
    }

    @Test
    void a_query_may_say_how_to_search() {
        Query query = Query.text("dog");
        assertEquals(Optional.empty(), query.kind());
        assertEquals(OptionalInt.empty(), query.probes());
        assertFalse(query.explain() || query.check());
        Query thorough = query.kind(IndexKind.KMEANS)
                .probes(8)
                .candidates(200)
                .explain(true)
                .check(true);
        assertEquals(Query.text("dog"), query);
        assertEquals(Optional.of(IndexKind.KMEANS), thorough.kind());
        assertEquals(OptionalInt.of(8), thorough.probes());
        assertEquals(OptionalInt.of(200), thorough.candidates());
        assertTrue(thorough.explain() && thorough.check());
        assertEquals(
                "Query[terms=[dog], limit=10, offset=0, kind=kmeans, probes=8, candidates=200, explain, check]",
                thorough.toString());
        assertNotEquals(thorough, thorough.probes(9));
        assertNotEquals(thorough, thorough.check(false));
        assertEquals(thorough.hashCode(), thorough.probes(9).probes(8).hashCode());
    }

    @Test
    void an_exact_search_is_by_no_other_kind() {
        Query exact = Query.text("dog").exact(true);
        assertEquals(Optional.of(IndexKind.EXACT), exact.kind(IndexKind.EXACT).kind());
        InvalidInputException refusal = assertThrows(InvalidInputException.class, () -> exact.kind(IndexKind.LSH));
        assertTrue(refusal.message().endsWith("lsh"), refusal.message());
    }

    @Test
    void a_kind_of_index_goes_by_its_name() {
        for (IndexKind kind : IndexKind.values()) {
            assertEquals(kind, IndexKind.of(kind.toString()));
        }
        InvalidInputException refusal = assertThrows(InvalidInputException.class, () -> IndexKind.of("quantum"));
        assertEquals("there is no index kind 'quantum'", refusal.message());
        assertEquals(Optional.of("give one of exact, lsh, kmeans, hnsw, pq, auto"), refusal.fix());
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
