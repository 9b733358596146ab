package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TermTest {
    @Test
    void parse_reads_texts_files_ids_and_weights() {
        assertEquals(Term.text("a dog"), Term.parse("a dog"));
        assertEquals(Term.text("dog").weight(0.5), Term.parse("0.5:dog"));
        assertEquals(Term.text("dog").minus(), Term.parse("-1:dog"));
        assertEquals(Term.picture(Path.of("a b.jpg")), Term.parse("@a b.jpg"));
        assertEquals(Term.picture(Path.of("a.jpg")).weight(2), Term.parse("2:@a.jpg"));
        assertEquals(Term.item("photos/a.jpg").weight(0.25), Term.parse(".25:id:photos/a.jpg"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"zz:cat", "http://x", "1e3:cat", " 0.5:cat", "٣:cat", "0x10:cat", "cat: 12", "1,5:cat", ":cat"})
    void parse_takes_what_is_no_weight_as_text(String term) {
        assertEquals(Term.text(term), Term.parse(term));
    }

    @Test
    void parse_takes_a_text_that_looks_like_something_else_behind_its_prefix() {
        assertEquals(Term.text("@home"), Term.parse("text:@home"));
        assertEquals(Term.text("12:30").weight(2), Term.parse("2:text:12:30"));
        assertEquals(Term.text("text:x"), Term.parse("text:text:x"));
    }

    @Test
    void parse_finds_files_in_the_home_folder() {
        Path home = Path.of(System.getProperty("user.home"));
        assertEquals(Term.picture(home.resolve("a.jpg")), Term.parse("@~/a.jpg"));
        assertEquals(Term.picture(Path.of("~a.jpg")), Term.parse("@~a.jpg"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "@", "id:", "0.5:", "0.5:@", "0:dog", "-0.0:dog", "2:id:", "text:", "@a\0b"})
    void parse_refuses_a_term_with_nothing_to_search_for(String term) {
        InvalidInputException refusal = assertThrows(InvalidInputException.class, () -> Term.parse(term));
        assertTrue(refusal.getMessage().length() > 10, refusal.getMessage());
    }

    @Test
    void a_weight_longer_than_any_number_is_refused() {
        assertThrows(InvalidInputException.class, () -> Term.parse("9".repeat(400) + ":dog"));
    }

    @Test
    void what_a_term_shows_is_what_parse_reads() {
        for (Term term : List.of(
                Term.text("a dog").weight(-0.0000001),
                Term.text("@home").weight(0.5),
                Term.text("1:2"),
                Term.text("id:x").minus(),
                Term.item("text:x"),
                Term.picture(Path.of("/a/b.jpg")).weight(1e300))) {
            assertEquals(term, Term.parse(term.toString()), term.toString());
        }
    }

    @Test
    void a_vector_term_keeps_its_own_copy() {
        float[] numbers = {3, 4};
        Term term = Term.vector(numbers);
        numbers[0] = 7;
        term.vector().orElseThrow()[1] = 7;
        assertArrayEquals(new float[] {3, 4}, term.vector().orElseThrow());
    }

    @Test
    void a_vector_that_points_nowhere_is_refused_with_its_fault() {
        InvalidInputException refusal =
                assertThrows(InvalidInputException.class, () -> Term.vector(new float[] {1, Float.NaN}));
        assertEquals("the vector of a term holds NaN at position 1", refusal.message());
        assertThrows(InvalidInputException.class, () -> Term.vector(new float[] {0, -0f}));
        assertThrows(InvalidInputException.class, () -> Term.vector(new float[0]));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY})
    void a_weight_that_counts_for_nothing_is_refused(double weight) {
        assertThrows(InvalidInputException.class, () -> Term.text("dog").weight(weight));
    }

    @Test
    void a_term_tells_only_what_it_is_made_of() {
        Term text = Term.text("dog");
        assertEquals(Optional.of("dog"), text.text());
        assertEquals(Optional.empty(), text.item());
        assertEquals(Optional.of("dog"), Term.item("dog").item());
        assertEquals(Optional.empty(), Term.item("dog").text());
    }
}
