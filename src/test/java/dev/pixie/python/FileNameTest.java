package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"/a b/c.jpg", "/é/日本/😀.jpg", "/caf\udce9.jpg", "/\udcff\udc80x", "/100%.jpg", "/a+b?#.jpg"})
    void a_name_from_python_comes_back_as_it_was(String name) {
        assertEquals(name, FileName.text(FileName.path(name)));
    }

    @Test
    void a_name_that_is_not_utf8_opens_its_file(@TempDir Path folder) throws Exception {
        Path file = FileName.path(folder + "/caf\udce9.jpg");
        Files.writeString(file, "x");
        assertTrue(Files.isRegularFile(file));
        try (var files = Files.list(folder)) {
            assertEquals(
                    folder + "/caf\udce9.jpg", FileName.text(files.findFirst().orElseThrow()));
        }
    }

    @Test
    void a_name_with_a_nul_is_no_path() {
        assertThrows(InvalidPathException.class, () -> FileName.path("/a\0b"));
    }
}
