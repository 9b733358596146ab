package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pixie.python.PythonEnvironment;
import java.io.IOException;
import java.nio.file.Path;

/** A small CLIP checkpoint of random weights, whose vectors have 32 numbers: another model than the demo's. */
public final class TestCheckpoint {
    public static final int DIMENSION = 32;

    private TestCheckpoint() {}

    /** Writes it into a new folder. */
    public static Path write(Path folder) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        PythonEnvironment.find().executable().toString(),
                        "tools/random_checkpoint.py",
                        folder.toString(),
                        "--size",
                        "tiny")
                .inheritIO()
                .start();
        assertEquals(0, process.waitFor());
        return folder;
    }
}
