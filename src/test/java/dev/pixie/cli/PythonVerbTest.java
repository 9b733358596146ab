package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.PixieVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("python")
class PythonVerbTest {
    @TempDir
    static Path home;

    private static Outcome run(String... words) {
        return PixieProcess.withPython(home).run(words);
    }

    @Test
    void the_package_is_on_the_path() {
        Outcome outcome = run("python", "-c", "import pixie; print(pixie.__version__)");
        assertEquals(new Outcome(0, PixieVersion.get() + "\n", ""), outcome);
    }

    @Test
    void every_argument_is_pythons() {
        Outcome outcome = run("python", "-c", "import sys; print(sys.argv[1:])", "--json", "--", "-c", "--help", "日本");
        assertEquals("['--json', '--', '-c', '--help', '日本']\n", outcome.out());
        assertTrue(run("python", "--help").out().startsWith("usage: "));
    }

    @Test
    void input_and_exit_code_are_pythons() {
        Outcome outcome = PixieProcess.withPython(home)
                .input("a dog\n")
                .run("python", "-c", "import sys; print(input().upper()); sys.exit(7)");
        assertEquals(new Outcome(7, "A DOG\n", ""), outcome);
    }

    @Test
    void the_launchers_word_sets_python_up_unasked(@TempDir Path folder) throws Exception {
        // A home that can't be made: set-up begins, and ends before it installs anything.
        Path file = Files.createFile(folder.resolve("file"));
        Outcome outcome = PixieProcess.withoutPython(file.resolve("home"))
                .environment("PIXIE_SETUP", "1")
                .run("python", "-V");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().startsWith("Pixie has no Python environment yet."), outcome.err());
        assertTrue(outcome.err().contains(file.toString()), outcome.err());
    }

    @Test
    void a_path_that_was_set_stays_after_pixies() {
        Outcome outcome = PixieProcess.withPython(home)
                .environment("PYTHONPATH", "/some/where")
                .run("python", "-c", "import os; print(os.environ['PYTHONPATH'].split(os.pathsep)[-1])");
        assertEquals("/some/where\n", outcome.out());
    }

    @Test
    void ctrl_c_is_pythons_to_answer() throws Exception {
        String program = """
                import time
                try:
                    print('up', flush=True)
                    time.sleep(100)
                except KeyboardInterrupt:
                    print('caught')
                    raise SystemExit(5)
                """;
        Process process = PixieProcess.withPython(home)
                .through(
                        PixieProcess.python(),
                        "-c",
                        "import os, signal, sys; os.setsid(); signal.signal(signal.SIGINT, signal.SIG_DFL);"
                                + " os.execv(sys.argv[1], sys.argv[1:])")
                .start("python", "-c", program);
        assertEquals('u', process.getInputStream().read());
        // as a terminal does: to the whole group of processes
        new ProcessBuilder("kill", "-INT", "--", "-" + process.pid()).start().waitFor();
        assertEquals("p\ncaught\n", PixieProcess.text(process.getInputStream()));
        assertEquals(5, PixieProcess.exitCode(process));
    }
}
