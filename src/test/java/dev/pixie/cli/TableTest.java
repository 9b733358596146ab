package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
    private static Table hits() {
        Table table = Table.of(
                List.of("", "score", "id", "text"),
                List.of(Table.Fit.NUMBER, Table.Fit.NUMBER, Table.Fit.PATH, Table.Fit.TEXT));
        table.add("1", "0.3121", "Pictures/beach.jpg", "a dog on a beach");
        table.add("2", "0.2984", "写真/犬.jpg", "浜辺の犬 🐶");
        table.add("10", "-0.0100", "x.png", "");
        return table;
    }

    @Test
    void aligns_wide_characters() {
        assertEquals("""
                      score  id                  text
                 1   0.3121  Pictures/beach.jpg  a dog on a beach
                 2   0.2984  写真/犬.jpg         浜辺の犬 🐶
                10  -0.0100  x.png
                """, String.join("\n", hits().lines(80)) + "\n");
    }

    @Test
    void gives_way_where_it_hurts_least_when_the_terminal_is_narrow() {
        assertEquals("""
                      score  id           text
                 1   0.3121  Pict…ch.jpg  a dog on a…
                 2   0.2984  写真/犬.jpg  浜辺の犬 🐶
                10  -0.0100  x.png
                """, String.join("\n", hits().lines(38)) + "\n");
    }

    @Test
    void never_is_wider_than_the_terminal() {
        for (int width = 31; width < 60; width++) {
            for (String line : hits().lines(width)) {
                assertTrue(TextWidth.of(line) <= width, line);
            }
        }
    }

    @Test
    void a_column_without_content_is_left_out() {
        Table table = Table.of(List.of("id", "text"), List.of(Table.Fit.PATH, Table.Fit.TEXT));
        table.add("a.jpg", "");
        assertEquals(List.of("id", "a.jpg"), table.lines(80));
    }

    @Test
    void a_row_needs_a_cell_for_each_column() {
        assertThrows(IllegalArgumentException.class, () -> hits().add("1", "0.5"));
    }
}
