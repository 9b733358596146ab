package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * How an environment is made. The interpreter and uv are scripts that note what they are asked for, because the real
 * ones take minutes and gigabytes; the build itself sets up a real environment with the same code.
 */
@Timeout(120)
class PythonSetupTest {
    private static final PythonSetup.Options AUTO = PythonSetup.options().torch(PythonSetup.Torch.AUTO);

    @TempDir
    Path folder;

    private final List<String> progress = new ArrayList<>();
    private Environments environments;
    private Path interpreter;
    private Path notes;

    @BeforeEach
    void makeInterpreter() throws IOException {
        environments = new Environments(folder.resolve("python"));
        notes = folder.resolve("notes");
        Path include = Files.createDirectories(folder.resolve("include"));
        Files.createFile(include.resolve("Python.h"));
        TestFacts complete = TestFacts.usable().with("base_prefix", "/opt/base");
        Path made = complete.script(folder.resolve("made-python"), "exit 0");
        Path uv = script(folder.resolve("fake-uv"), """
                echo "uv $* [CC=$CC LDFLAGS=$LDFLAGS]" >> %1$s
                if [ -e %2$s/offline ]; then echo 'error: no route to the index' >&2; exit 2; fi
                for last; do :; done
                case "$1 $2" in
                venv*) mkdir -p "$last/bin"; sed "s#%2$s/made-python#$last/bin/python#" %3$s > "$last/bin/python"
                    chmod +x "$last/bin/python" ;;
                'pip compile') [ -e %2$s/cpu-index ] ;;
                'pip install') echo "Downloading torch (500.0MiB)" >&2; cat "$last" >> %1$s ;;
                esac
                """.formatted(notes, folder, made));
        interpreter = TestFacts.interpreter()
                .with("include_folder", include.toString())
                .script(folder.resolve("bin/python3"), """
                        case "$*" in
                        *'-m venv'*) for last; do :; done; mkdir -p "$last/bin"
                            cp "$0" "$last/bin/python"; cp %s "$last/bin/uv" ;;
                        *) echo "python $*" >> %s ;;
                        esac
                        """.formatted(uv, notes));
    }

    @Test
    void an_environment_is_made_once_and_used_from_then_on() throws IOException {
        PythonEnvironment made = setUp(AUTO);
        assertTrue(made.executable().startsWith(environments.folder()));
        assertEquals(Optional.of(made.executable()), environments.chosen());
        assertTrue(progress.stream().anyMatch(line -> line.contains("Downloading torch (500.0MiB)")), progress + "");

        progress.clear();
        Files.delete(notes);
        assertEquals(made.executable(), setUp(AUTO).executable());
        assertEquals(List.of(), progress);
        assertFalse(Files.exists(notes));
    }

    @Test
    void packages_are_checked_by_their_hashes_and_jep_is_built_to_find_libpython() throws IOException {
        setUp(AUTO);
        String jep = note("--no-binary jep");
        assertTrue(jep.contains("--no-cache"), jep); // a wheel from the cache leads to another interpreter
        assertTrue(jep.contains("LDFLAGS=-Wl,-rpath,/opt/base/lib"), jep);
        assertTrue(
                notes().filter(line -> line.startsWith("uv pip install"))
                        .allMatch(line -> line.contains("--require-hashes") && line.contains("--compile-bytecode")),
                notes + "");
        assertTrue(notes().anyMatch(line -> line.startsWith("jep==" + PixieVersion.jep())));
    }

    @Test
    void after_a_failure_the_next_run_starts_clean() throws IOException {
        Files.createFile(folder.resolve("offline"));
        PythonSetupException failure = assertThrows(PythonSetupException.class, () -> setUp(AUTO));
        assertTrue(failure.message().contains("error: no route to the index"), failure.message());
        assertTrue(failure.fix().orElseThrow().contains("pixie setup"));
        assertEquals(Optional.empty(), environments.chosen());

        Files.delete(folder.resolve("offline"));
        Path halfMade = environments
                .of(PythonEnvironment.probe(interpreter).facts(), TorchBuild.INDEX)
                .path();
        Files.createDirectories(halfMade.resolve("lib"));
        Files.createFile(halfMade.resolve("lib/half-written"));
        PythonEnvironment made = setUp(AUTO);
        assertEquals(halfMade, made.facts().executable().getParent().getParent());
        assertFalse(Files.exists(halfMade.resolve("lib/half-written")));
    }

    @Test
    void the_cpu_build_of_torch_is_taken_where_its_index_answers() throws IOException {
        Files.createFile(folder.resolve("cpu-index"));
        PythonEnvironment made = setUp(PythonSetup.options().torch(PythonSetup.Torch.CPU));
        assertTrue(made.executable().toString().contains("-cpu-"), made + "");
        assertTrue(note("pip install --no-deps").contains("--torch-backend cpu"));
        List<String> requirements = notes().filter(line -> line.contains("==")).toList();
        assertTrue(requirements.stream().anyMatch(line -> line.startsWith("torch==")));
        assertTrue(requirements.stream().anyMatch(line -> line.startsWith("numpy==")));
        assertTrue(
                requirements.stream().noneMatch(line -> line.startsWith("nvidia-") || line.startsWith("triton")),
                requirements + "");
    }

    @Test
    void the_larger_build_is_taken_where_the_cpu_index_does_not_answer() throws IOException {
        PythonEnvironment made = setUp(AUTO);
        assertTrue(made.executable().toString().contains("-index-"), made + "");
        assertTrue(notes().anyMatch(line -> line.startsWith("torch==")));
    }

    @Test
    void a_cpu_build_that_was_asked_for_and_can_not_be_had_is_an_error() {
        PythonSetupException failure = assertThrows(
                PythonSetupException.class, () -> setUp(PythonSetup.options().torch(PythonSetup.Torch.CPU)));
        assertTrue(failure.message().contains("CPU builds does not answer"), failure.message());
        assertTrue(failure.fix().orElseThrow().contains("--torch auto"));
    }

    @Test
    void force_makes_anew_what_is_there() throws IOException {
        Path made = setUp(AUTO).executable();
        Files.createFile(made.resolveSibling("stray"));
        assertEquals(made, setUp(AUTO.force(true)).executable());
        assertFalse(Files.exists(made.resolveSibling("stray")));
    }

    @Test
    void two_at_once_make_it_once() throws Exception {
        CompletableFuture<PythonEnvironment> first = CompletableFuture.supplyAsync(() -> setUp(AUTO));
        CompletableFuture<PythonEnvironment> second = CompletableFuture.supplyAsync(() -> setUp(AUTO));
        assertEquals(first.get().executable(), second.get().executable());
        assertEquals(1, notes().filter(line -> line.startsWith("uv venv")).count());
    }

    @Test
    void a_complete_environment_of_ones_own_is_used_as_it_is() throws IOException {
        Path own = TestFacts.usable().script(folder.resolve("own/bin/python"));
        PythonEnvironment used = setUp(AUTO.python(folder.resolve("own")));
        assertEquals(own, used.executable());
        assertEquals(Optional.of(own), environments.chosen());
        assertFalse(Files.exists(notes));
    }

    @Test
    void an_incomplete_environment_of_ones_own_is_left_alone_and_told_what_it_lacks() throws IOException {
        TestFacts.usable()
                .with("jep", "4.2.0")
                .without("torch")
                .without("transformers")
                .script(folder.resolve("own/bin/python"));
        PythonSetupException failure =
                assertThrows(PythonSetupException.class, () -> setUp(AUTO.python(folder.resolve("own"))));
        assertTrue(failure.message().contains("jep 4.2.0"), failure.message());
        assertTrue(failure.message().contains("lacks torch, transformers"), failure.message());
        assertFalse(Files.exists(notes));
    }

    @Test
    void an_unsuitable_interpreter_is_refused_before_anything_is_made() throws IOException {
        Path old = TestFacts.interpreter().with("version", "3.9.1").script(folder.resolve("old/python"));
        assertTrue(refusal(old).contains("Python 3.9.1"));

        Path bare = TestFacts.interpreter()
                .with("include_folder", folder.resolve("nowhere").toString())
                .script(folder.resolve("bare/python"));
        assertTrue(refusal(bare).contains("has no C headers"), refusal(bare));
        assertFalse(Files.exists(notes));
    }

    private String refusal(Path python) {
        return assertThrows(PythonSetupException.class, () -> setUp(AUTO.python(python)))
                .message();
    }

    private PythonEnvironment setUp(PythonSetup.Options options) {
        PythonSetup.Options named = options.interpreter().isPresent() ? options : options.python(interpreter);
        return PythonSetup.run(named, environments, line -> {
            synchronized (progress) {
                progress.add(line);
            }
        });
    }

    private String note(String part) throws IOException {
        return notes().filter(line -> line.contains(part)).findFirst().orElseThrow();
    }

    private Stream<String> notes() throws IOException {
        return Files.readAllLines(notes).stream();
    }

    private static Path script(Path file, String content) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + content);
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }
}
