package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What compiling jep takes: a JDK, a C compiler and Python's headers. Looked for before anything is downloaded.
 *
 * @param jdk a JDK's folder
 * @param compiler a C compiler
 */
record BuildTools(Path jdk, Path compiler) {

    /**
     * Finds the tools for building against an interpreter.
     *
     * @throws PythonSetupException naming what is missing
     */
    static BuildTools find(PythonFacts python) {
        requireHeaders(python);
        return new BuildTools(
                findJdk()
                        .orElseThrow(() -> new PythonSetupException(
                                "Pixie runs on a Java without a compiler and headers (%s), and jep must be built once"
                                        .formatted(System.getProperty("java.home")),
                                "install a JDK, 17 or newer (Debian, Ubuntu: apt install openjdk-17-jdk-headless),"
                                        + " or set JAVA_HOME to one")),
                findCompiler(python.build().compiler())
                        .orElseThrow(() -> new PythonSetupException(
                                "There is no C compiler, and jep must be built once",
                                "install one (Debian, Ubuntu: apt install gcc; Fedora: dnf install gcc)")));
    }

    static boolean hasHeaders(PythonFacts python) {
        return Files.exists(Path.of(python.build().includeFolder(), "Python.h"));
    }

    /** Adds what the build of jep reads from its environment. */
    void addTo(Map<String, String> environment, PythonFacts python) {
        environment.put("JAVA_HOME", jdk.toString());
        environment.put("CC", compiler.toString());
        // Inside a JVM nothing but this path leads from libjep.so to libpython.
        environment.put("LDFLAGS", "-Wl,-rpath," + python.build().libraryFolder());
        environment.remove("CFLAGS");
    }

    private static void requireHeaders(PythonFacts python) {
        if (!hasHeaders(python)) {
            throw new PythonSetupException(
                    "Python %s (%s) has no C headers, and jep must be built once"
                            .formatted(python.version(), python.executable()),
                    "install them (Debian, Ubuntu: apt install python3-dev; Fedora: dnf install python3-devel),"
                            + " or name another Python with --python");
        }
    }

    private static Optional<Path> findJdk() {
        Stream<Path> javaHome = Stream.ofNullable(System.getenv("JAVA_HOME"))
                .filter(value -> !value.isBlank())
                .map(Path::of);
        Stream<Path> onPath = InterpreterSearch.ofThisProcess().onPath("javac").flatMap(BuildTools::homeOf).stream();
        return Stream.concat(Stream.of(Path.of(System.getProperty("java.home"))), Stream.concat(javaHome, onPath))
                .filter(home ->
                        Files.exists(home.resolve("include/jni.h")) && Files.isExecutable(home.resolve("bin/javac")))
                .findFirst();
    }

    private static Optional<Path> homeOf(Path javac) {
        try {
            return Optional.ofNullable(javac.toRealPath().getParent()).map(Path::getParent);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The compiler that the interpreter was built with, if it is here; it may have options behind its name. */
    private static Optional<Path> findCompiler(String ofPython) {
        InterpreterSearch search = InterpreterSearch.ofThisProcess();
        String own = Optional.ofNullable(System.getenv("CC")).orElse("");
        return Stream.of(own, ofPython, "cc", "gcc", "clang")
                .map(command -> command.strip().split("\\s+", 2)[0])
                .filter(command -> !command.isEmpty())
                .flatMap(command -> command.contains("/")
                        ? Stream.of(Path.of(command)).filter(Files::isExecutable)
                        : search.onPath(command).stream())
                .findFirst();
    }
}
