package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.python.PixieHome;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PixieBuilderTest {
    @Test
    void a_name_means_a_collection_in_pixies_home() {
        assertEquals(PixieHome.collections().resolve("photos"), CollectionFolder.of("photos"));
    }

    @Test
    void what_looks_like_a_path_is_one() {
        assertEquals(Path.of("./photos"), CollectionFolder.of("./photos"));
        assertEquals(Path.of(".."), CollectionFolder.of(".."));
        assertEquals(Path.of("/a/b"), CollectionFolder.of("/a/b"));
        assertEquals(Path.of(System.getProperty("user.home"), "photos"), CollectionFolder.of("~/photos"));
        assertEquals(Path.of("~other"), CollectionFolder.of("~other"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a\0b"})
    void what_names_no_collection_is_refused(String argument) {
        assertThrows(InvalidInputException.class, () -> Pixie.builder(argument));
    }

    @Test
    void settings_that_contradict_each_other_are_both_named() {
        PixieBuilder settings = Pixie.builder(Path.of("photos")).readOnly(true).create(true);
        String message =
                assertThrows(InvalidInputException.class, settings::open).message();
        assertTrue(message.contains("create(true)") && message.contains("readOnly(true)"), message);
    }

    @Test
    void a_setting_out_of_range_is_refused() {
        PixieBuilder settings = Pixie.builder(Path.of("photos"));
        assertThrows(InvalidInputException.class, () -> settings.timeout(Duration.ZERO));
        assertThrows(InvalidInputException.class, () -> settings.closeTimeout(Duration.ofSeconds(-1)));
        assertThrows(InvalidInputException.class, () -> settings.queueCapacity(0));
        assertThrows(InvalidInputException.class, () -> settings.model(" "));
    }
}
