package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs in {@code examples/java}, compiled and run as their readers would. */
@Tag("python")
@Timeout(300)
class ExampleTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @Test
    void the_photo_service_answers_and_keeps_its_index_when_it_is_stopped(@TempDir Path folder) throws Exception {
        compile("PhotoService", folder.resolve("classes"));
        Path pictures = TestPictures.writeMany(folder.resolve("Pictures"), 12);

        Process service = start(folder, "PhotoService", pictures.toString(), "index", "0", "demo");
        try (BufferedReader output = service.inputReader()) {
            String address = output.readLine().replace("listening on ", "");
            assertEquals("indexed " + pictures + ": 12 new, 0 unchanged, 0 failed", output.readLine());
            assertEquals(5, get(address + "/search?q=a+dog&k=5").body().lines().count());
            assertEquals(
                    11,
                    get(address + "/similar?k=50&id=Pictures/3.png")
                            .body()
                            .lines()
                            .count());
            HttpResponse<String> refusal = get(address + "/similar?id=nobody");
            assertEquals(400, refusal.statusCode());
            assertTrue(refusal.body().contains("nobody"), refusal.body());
            assertEquals(400, get(address + "/search").statusCode());
        } finally {
            service.destroy();
            assertTrue(service.waitFor(60, TimeUnit.SECONDS));
        }
        try (Pixie pixie = Pixie.open(folder.resolve("index"))) {
            assertEquals(12, pixie.size());
        }
    }

    private static void compile(String program, Path classes) throws Exception {
        Files.createDirectories(classes);
        String source = "examples/java/" + program + ".java";
        String[] arguments = {"-Xlint:all", "-Werror", "-d", classes.toString(), "-cp", libraries(), source};
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments));
    }

    /** What a user of the library has on the class path: Pixie and what it depends on, and nothing of the tests. */
    private static String libraries() throws Exception {
        List<String> places = new ArrayList<>();
        for (String name : List.of(
                "dev.pixie.Pixie",
                "com.fasterxml.jackson.databind.ObjectMapper",
                "com.fasterxml.jackson.core.JsonFactory",
                "com.fasterxml.jackson.annotation.JsonInclude",
                "jep.Interpreter",
                "org.jspecify.annotations.Nullable")) {
            Class<?> type = Class.forName(name, false, ExampleTest.class.getClassLoader());
            places.add(Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString());
        }
        return String.join(File.pathSeparator, places);
    }

    private static Process start(Path folder, String... command) throws Exception {
        String[] java = new String[command.length + 3];
        java[0] = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        java[1] = "-cp";
        java[2] = folder.resolve("classes") + File.pathSeparator + libraries();
        System.arraycopy(command, 0, java, 3, command.length);
        return new ProcessBuilder(java)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static HttpResponse<String> get(String address) throws Exception {
        return CLIENT.send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
    }
}
