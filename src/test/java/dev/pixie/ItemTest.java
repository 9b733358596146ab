package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ItemTest {
    @Test
    void an_item_may_be_a_picture_a_text_or_both() {
        Item both = Item.picture("a", Path.of("a.jpg")).withText("a dog");
        assertEquals(Path.of("a.jpg"), both.path().orElseThrow());
        assertEquals("a dog", both.text().orElseThrow());
        assertTrue(both.bytes().isEmpty());
        assertTrue(Item.text("b", "a cat").path().isEmpty());
        assertTrue(both.stored().isEmpty());
    }

    @Test
    void an_item_keeps_its_own_copy_of_what_it_was_given() {
        byte[] bytes = {1, 2};
        Map<String, Object> metadata = new HashMap<>(Map.of("year", 2020));
        Item item = Item.picture("a", bytes).withMetadata(metadata);
        bytes[0] = 9;
        metadata.put("year", 1999);
        item.bytes().orElseThrow()[1] = 9;
        assertArrayEquals(new byte[] {1, 2}, item.bytes().orElseThrow());
        assertEquals(Map.of("year", 2020), item.metadata());
        assertThrows(UnsupportedOperationException.class, () -> item.metadata().clear());
    }

    @Test
    void numbers_in_metadata_take_the_form_that_json_gives_back() {
        Map<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("byte", (byte) 7);
        numbers.put("long", 7L);
        numbers.put("wide", 5_000_000_000L);
        numbers.put("wider", BigInteger.TWO.pow(80));
        numbers.put("float", 0.1f);
        numbers.put("decimal", new BigDecimal("0.1"));
        Map<String, Object> kept = Item.text("a", "b").withMetadata(numbers).metadata();
        assertEquals(List.of(7, 7, 5_000_000_000L, BigInteger.TWO.pow(80), 0.1, 0.1), new ArrayList<>(kept.values()));
        assertEquals(List.copyOf(numbers.keySet()), List.copyOf(kept.keySet()));
    }

    @Test
    void metadata_may_hold_null_but_no_number_that_json_lacks() {
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("gone", null);
        assertNull(Item.text("a", "b").withMetadata(metadata).metadata().get("gone"));
        assertRefused("the metadata value 'tags' is a SetN", Map.of("tags", Set.of("x", "y", "z")));
        assertRefused("the metadata value 'score' is NaN", Map.of("score", Double.NaN));
        assertRefused("the metadata value 'score' is -Infinity", Map.of("score", Float.NEGATIVE_INFINITY));
        assertRefused("the metadata key '\uD83D' holds half of a character", Map.of("\uD83D", 1));
        assertRefused("the metadata value 'big' is 1E+400", Map.of("big", new BigDecimal("1e400")));
    }

    @Test
    void metadata_may_hold_lists_and_maps_of_its_own_which_are_copied() {
        List<Object> tags = new ArrayList<>(Arrays.asList("x", 1L, null, Map.of("deep", 0.5f)));
        Map<String, Object> kept =
                Item.text("a", "b").withMetadata(Map.of("tags", tags)).metadata();
        tags.clear();
        assertEquals(Map.of("tags", Arrays.asList("x", 1, null, Map.of("deep", 0.5))), kept);
        assertRefused("the metadata value 'tags' has the key 1", Map.of("tags", Map.of(1, 2)));
        assertRefused("the metadata value 'score' is NaN", Map.of("score", List.of(Double.NaN)));
        Object nested = 1;
        for (int level = 0; level < 33; level++) {
            nested = List.of(nested);
        }
        assertRefused("the metadata value 'deep' is nested more than 32 times", Map.of("deep", nested));
    }

    @Test
    void an_empty_id_or_a_blank_text_is_refused() {
        assertThrows(InvalidInputException.class, () -> Item.text("", "a dog"));
        InvalidInputException refusal = assertThrows(InvalidInputException.class, () -> Item.text("a", " \t"));
        assertEquals("a", refusal.item().orElseThrow());
    }

    @Test
    void equal_items_are_equal_by_content() {
        assertEquals(Item.picture("a", new byte[] {1}), Item.picture("a", new byte[] {1}));
        assertNotEquals(Item.picture("a", new byte[] {1}), Item.picture("a", new byte[] {2}));
        assertEquals(
                Item.picture("a", new byte[] {1}).hashCode(),
                Item.picture("a", new byte[] {1}).hashCode());
    }

    private static void assertRefused(String message, Map<String, ?> metadata) {
        Item item = Item.text("a", "b");
        InvalidInputException refusal = assertThrows(InvalidInputException.class, () -> item.withMetadata(metadata));
        assertEquals(message, refusal.message());
    }
}
