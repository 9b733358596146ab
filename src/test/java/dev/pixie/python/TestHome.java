package dev.pixie.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Makes a home for the tests, in which only the Python environments are the user's own: tests leave nothing among the
 * user's collections, and gigabytes are not installed again.
 */
final class TestHome {
    private TestHome() {}

    /** Sets Python up in the user's home if it is not there, then links to it from the home in {@code arguments[0]}. */
    public static void main(String[] arguments) throws IOException {
        PythonEnvironment python = PythonSetup.run(PythonSetup.options(), System.out::println);
        System.out.println("tests run on " + python);
        Path home = Path.of(arguments[0]);
        Path link = home.resolve("python");
        Files.createDirectories(home);
        if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(link, PixieHome.python());
        }
    }
}
