package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PixieHomeTest {
    private static final Path USER = Path.of(System.getProperty("user.home"));

    @Test
    void what_is_named_goes_before_the_data_folder_and_that_before_the_default() {
        assertEquals(Path.of("/a"), PixieHome.home(Map.of("PIXIE_HOME", "/a", "XDG_DATA_HOME", "/b")));
        assertEquals(Path.of("/b/pixie"), PixieHome.home(Map.of("XDG_DATA_HOME", "/b")));
        assertEquals(USER.resolve(".local/share/pixie"), PixieHome.home(Map.of()));
    }

    @Test
    void empty_values_and_relative_data_folders_do_not_count() {
        Map<String, String> environment = Map.of("PIXIE_HOME", "", "XDG_DATA_HOME", "relative");
        assertEquals(USER.resolve(".local/share/pixie"), PixieHome.home(environment));
    }

    @Test
    void a_home_is_absolute_and_a_tilde_is_the_users() {
        assertEquals(Path.of("x").toAbsolutePath(), PixieHome.home(Map.of("PIXIE_HOME", "y/../x")));
        assertEquals(USER.resolve("p"), PixieHome.home(Map.of("PIXIE_HOME", "~/p")));
        assertEquals(USER, PixieHome.home(Map.of("PIXIE_HOME", "~")));
        assertEquals(Path.of("~p").toAbsolutePath(), PixieHome.home(Map.of("PIXIE_HOME", "~p")));
    }
}
