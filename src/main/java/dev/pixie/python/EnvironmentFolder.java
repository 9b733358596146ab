package dev.pixie.python;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that holds, or will hold, one Python environment. A marker says that it is complete. */
record EnvironmentFolder(Path path) {
    private static final String COMPLETE = ".complete";

    Path executable() {
        return path.resolve("bin").resolve("python");
    }

    boolean isComplete() {
        return Files.exists(path.resolve(COMPLETE)) && Files.isExecutable(executable());
    }

    void markComplete() throws IOException {
        Files.createFile(path.resolve(COMPLETE));
    }

    /** Whether the packages of a further lock are in it, too. */
    boolean has(Path lock) throws IOException {
        return Files.exists(marker(lock));
    }

    void markHaving(Path lock) throws IOException {
        Files.createFile(marker(lock));
    }

    private Path marker(Path lock) throws IOException {
        return path.resolve(".has-" + Digest.of(Files.readAllBytes(lock)).substring(0, 12));
    }
}
