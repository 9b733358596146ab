package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedFilesTest {
    @TempDir
    Path cache;

    @Test
    void in_a_checkout_the_folders_are_used_in_place() {
        Path checkout = ShippedFiles.checkout().orElseThrow();
        assertEquals(checkout.resolve("python"), ShippedFiles.pythonTree());
        assertEquals(checkout.resolve("examples/pictures"), ShippedFiles.pictures());
    }

    @Test
    void every_file_of_the_python_package_travels_in_the_jar() throws Exception {
        Path source = Path.of("python");
        Path classes = Path.of(ShippedFiles.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        try (Stream<Path> files = Files.walk(source.resolve("pixie"))) {
            files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("__pycache__"))
                    .map(file -> classes.resolve("dev/pixie/python").resolve(source.relativize(file)))
                    .forEach(file -> assertTrue(Files.isRegularFile(file), file + " is missing"));
        }
    }

    @Test
    void files_are_extracted_once() throws IOException {
        Path first = extract(Map.of("pixie/a.py", "a = 1", "pixie/deep/b.py", "b = 2"));
        assertEquals("b = 2", Files.readString(first.resolve("pixie/deep/b.py")));

        Files.writeString(first.resolve("pixie/a.py"), "touched");
        assertEquals(first, extract(Map.of("pixie/a.py", "a = 1", "pixie/deep/b.py", "b = 2")));
        assertEquals("touched", Files.readString(first.resolve("pixie/a.py")));
    }

    @Test
    void another_content_is_another_folder() throws IOException {
        assertNotEquals(extract(Map.of("a.py", "one")), extract(Map.of("a.py", "two")));
        assertNotEquals(extract(Map.of("a.py", "one")), extract(Map.of("b.py", "one")));
    }

    @Test
    void many_at_once_get_one_complete_folder() throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (int i = 0; i < 50; i++) {
            files.put("file-" + i, "content " + i);
        }
        List<CompletableFuture<Path>> extractions = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            extractions.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return extract(files);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        Path folder = extractions.get(0).join();
        extractions.forEach(extraction -> assertEquals(folder, extraction.join()));
        files.forEach((name, content) -> assertTrue(Files.exists(folder.resolve(name)), content));
        try (Stream<Path> left = Files.list(cache)) {
            assertEquals(List.of(folder.getParent()), left.toList());
        }
    }

    @Test
    void a_file_that_would_land_outside_is_refused() {
        IOException refusal = assertThrows(IOException.class, () -> extract(Map.of("../../outside", "x")));
        assertTrue(refusal.getMessage().contains("../../outside"), refusal.getMessage());
    }

    private Path extract(Map<String, String> contents) throws IOException {
        TreeMap<String, ShippedFiles.ShippedFile> files = new TreeMap<>();
        contents.forEach((name, content) -> {
            byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            files.put(name, new ShippedFiles.ShippedFile(Digest.of(bytes), () -> new ByteArrayInputStream(bytes)));
        });
        return ShippedFiles.extract(files, cache, "python");
    }
}
