package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextWidthTest {
    @ParameterizedTest
    @CsvSource({
        "dog.jpg, 7",
        "été, 3",
        "e\u0301te\u0301, 3", // accents as characters of their own
        "日本語, 6",
        "한국, 4",
        "🐶, 2",
        "👩‍👩‍👧‍👦, 2", // four people joined into one family
        "👍🏽, 2",
        "❤️, 2",
        "🇫🇷, 2",
        "ｆｕｌｌ, 8",
    })
    void counts_the_columns_a_terminal_takes(String text, int columns) {
        assertEquals(columns, TextWidth.of(text));
    }

    @Test
    void a_text_that_fits_is_not_cut() {
        assertEquals("日本語", TextWidth.cutEnd("日本語", 6));
        assertEquals("a/b.jpg", TextWidth.cutMiddle("a/b.jpg", 7));
    }

    @Test
    void a_long_text_loses_its_end() {
        assertEquals("a dog on…", TextWidth.cutEnd("a dog on a beach", 10));
        assertEquals("日本…", TextWidth.cutEnd("日本語です", 6));
        assertEquals("", TextWidth.cutEnd("dog", 0));
    }

    @Test
    void a_long_path_keeps_its_folder_and_its_name() {
        assertEquals("Pictur…ry/beach.jpg", TextWidth.cutMiddle("Pictures/2020/january/beach.jpg", 19));
    }

    @Test
    void never_cuts_wider_than_asked_nor_inside_a_character() {
        String mixed = "ab🐶日👩‍👩‍👧‍👦e\u0301🇫🇷/dog👍🏽.jpg";
        for (int columns = 1; columns < TextWidth.of(mixed); columns++) {
            String end = TextWidth.cutEnd(mixed, columns);
            String middle = TextWidth.cutMiddle(mixed, columns);
            assertTrue(TextWidth.of(end) <= columns, end);
            assertTrue(TextWidth.of(middle) <= columns, middle);
            assertTrue(mixed.startsWith(end.replace("…", "")), end);
            assertTrue(mixed.endsWith(middle.substring(middle.indexOf('…') + 1)), middle);
        }
    }

    @Test
    void a_text_can_not_steer_the_terminal() {
        assertEquals("\uFFFD[2Jdog", TextWidth.printable("\u001b[2Jdog"));
        assertEquals("dog\uFFFDgpj.exe", TextWidth.printable("dog\u202Egpj.exe"));
        assertEquals("a\uFFFDb", TextWidth.printable("a\0b"));
        assertEquals("x\uFFFD", TextWidth.printable("x\ud83d"));
    }

    @Test
    void a_text_of_several_lines_becomes_one() {
        assertEquals("a dog on a beach", TextWidth.printable("  a dog\r\n\ton  a beach\n"));
    }
}
