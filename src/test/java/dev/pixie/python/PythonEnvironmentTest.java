package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every unsuitable Python is a clear error with its fix, found without starting anything in this process. */
class PythonEnvironmentTest {
    @TempDir
    Path folder;

    @Test
    void a_suitable_one_is_found_with_its_facts() {
        Path python = TestFacts.usable().script(folder.resolve("bin/python"));
        PythonEnvironment found = PythonEnvironment.find(Optional.of(python));
        assertEquals(python, found.executable());
        assertEquals("3.11.7", found.version());
        assertEquals("1.0", found.packages().get("torch"));
        assertTrue(found.problems().isEmpty());
    }

    @Test
    void the_folder_of_an_environment_stands_for_its_interpreter() {
        Path python = TestFacts.usable().script(folder.resolve("bin/python"));
        assertEquals(python, PythonEnvironment.find(Optional.of(folder)).executable());
    }

    @Test
    void an_old_or_too_new_version_is_refused() {
        for (String version : List.of("3.9.18", "3.14.0", "2.7.18")) {
            refused(
                    TestFacts.usable().with("version", version),
                    "Python " + version,
                    "3.10 to 3.13",
                    PythonProblem.Check.VERSION);
        }
    }

    @Test
    void another_implementation_is_refused() {
        refused(TestFacts.usable().with("implementation", "pypy"), "pypy", "CPython", PythonProblem.Check.VERSION);
    }

    @Test
    void a_build_without_shared_library_is_refused() {
        refused(
                TestFacts.usable().with("shared", false),
                "shared libpython",
                "--enable-shared",
                PythonProblem.Check.SHARED);
    }

    @Test
    void a_free_threaded_build_is_refused() {
        refused(
                TestFacts.usable().with("free_threaded", true),
                "free-threaded",
                "pixie setup",
                PythonProblem.Check.FREE_THREADING);
    }

    @Test
    void an_environment_without_jep_is_refused() {
        refused(
                TestFacts.usable().with("jep", null).with("libjep", null),
                "jep is not installed",
                "jep==" + PixieVersion.jep(),
                PythonProblem.Check.JEP);
    }

    @Test
    void another_version_of_jep_than_javas_is_refused() {
        refused(TestFacts.usable().with("jep", "4.2.0"), "jep 4.2.0", PixieVersion.jep(), PythonProblem.Check.JEP);
    }

    @Test
    void a_library_that_does_not_find_libpython_is_refused() {
        refused(
                TestFacts.usable().missingLibrary("libpython3.11.so.1.0"),
                "does not find libpython3.11.so.1.0",
                "LDFLAGS=-Wl,-rpath,/opt/base/lib",
                PythonProblem.Check.LIBJEP);
    }

    @Test
    void jep_built_without_numpy_is_refused() {
        refused(
                TestFacts.usable().with("libjep_has_numpy", false),
                "without numpy support",
                "pixie setup",
                PythonProblem.Check.LIBJEP);
    }

    @Test
    void missing_packages_are_named() {
        refused(
                TestFacts.usable().without("numpy").without("torch"),
                "lacks numpy, torch",
                "pixie setup",
                PythonProblem.Check.PACKAGES);
    }

    @Test
    void a_path_that_jep_can_not_pass_on_is_refused() {
        refused(
                TestFacts.usable().executable("/opt/😀/bin/python"),
                "characters",
                "PIXIE_HOME",
                PythonProblem.Check.PATH);
    }

    @Test
    void all_problems_are_known_at_once() {
        PythonEnvironment environment = PythonEnvironment.of(
                TestFacts.usable().with("jep", "4.2.0").without("torch").facts());
        assertEquals(
                List.of(PythonProblem.Check.JEP, PythonProblem.Check.PACKAGES),
                environment.problems().stream().map(PythonProblem::check).toList());
    }

    @Test
    void what_is_not_there_or_no_python_is_named() throws IOException {
        assertRefused(folder.resolve("nowhere"), "does not exist");
        assertRefused(Path.of("no-such-python"), "no command no-such-python");
        assertRefused(folder, "holds no bin/python");

        Path text = Files.writeString(folder.resolve("text"), "hello");
        assertRefused(text, "is not executable");

        assertRefused(script("echo 'pyenv: python3.12: command not found' >&2; exit 127"), "command not found");
        assertRefused(script("echo I am no Python"), "can't be asked about itself");
        assertRefused(script("echo '[1]'"), "does not answer as a Python");
    }

    @Test
    void an_answer_is_remembered_until_packages_change() throws IOException {
        Path sitePackages = Files.createDirectories(folder.resolve("lib"));
        Path python = TestFacts.usable()
                .with("site_packages", sitePackages.toString())
                .script(folder.resolve("bin/python"));
        FileTime unchanged = Files.getLastModifiedTime(python);
        PythonEnvironment.probe(python);

        // The same size and time, another answer: asked again only when the packages changed.
        Files.writeString(python, Files.readString(python).replace("3.11.7", "3.12.7"));
        Files.setLastModifiedTime(python, unchanged);
        assertEquals("3.11.7", PythonEnvironment.probe(python).version());

        Files.createFile(sitePackages.resolve("new-package"));
        Files.setLastModifiedTime(sitePackages, FileTime.fromMillis(1));
        assertEquals("3.12.7", PythonEnvironment.probe(python).version());
    }

    @Test
    void the_answer_of_a_shim_is_not_remembered() throws IOException {
        Path shim = TestFacts.usable().script(folder.resolve("bin/python"));
        FileTime unchanged = Files.getLastModifiedTime(shim);
        for (String version : List.of("3.11.7", "3.12.7")) {
            String behind = "/opt/" + version + "/bin/python";
            Files.writeString(shim, Files.readString(shim).replaceAll("\"/[^\"]+/bin/python\"", "\"" + behind + "\""));
            Files.setLastModifiedTime(shim, unchanged);
            assertEquals(Path.of(behind), PythonEnvironment.probe(shim).executable());
        }
    }

    @Test
    void start_up_code_that_prints_does_not_hide_the_answer() throws IOException {
        Path python = TestFacts.usable().script(folder.resolve("bin/python"));
        Files.writeString(python, Files.readString(python).replace("cat <<", "echo noise from sitecustomize\ncat <<"));
        assertEquals("3.11.7", PythonEnvironment.probe(python).version());
    }

    @Test
    @Tag("python")
    void the_real_one_knows_its_packages() {
        PythonEnvironment real = PythonEnvironment.find();
        assertTrue(real.problems().isEmpty());
        assertEquals(Optional.of(PixieVersion.jep()), real.facts().jep());
        assertTrue(real.packages().keySet().containsAll(List.of("numpy", "torch", "transformers", "numba")));
        assertTrue(real.facts().libjepHasNumpy());
    }

    private void refused(TestFacts facts, String message, String fix, PythonProblem.Check check) {
        PythonEnvironment environment = PythonEnvironment.of(facts.facts());
        assertEquals(check, environment.problems().get(0).check());
        PythonSetupException refusal = assertThrows(PythonSetupException.class, environment::requireUsable);
        assertTrue(refusal.message().contains(message), refusal.message());
        String both = refusal.message() + " " + refusal.fix().orElse("");
        assertTrue(both.contains(fix), both);
        assertThrows(PythonSetupException.class, () -> PythonRuntime.start(environment));
    }

    private static void assertRefused(Path python, String message) {
        PythonSetupException refusal =
                assertThrows(PythonSetupException.class, () -> PythonEnvironment.find(Optional.of(python)));
        assertTrue(refusal.message().contains(message), refusal.message());
        assertTrue(refusal.fix().isPresent());
    }

    private Path script(String command) throws IOException {
        Path file = Files.createTempFile(folder, "python", "");
        Files.writeString(file, "#!/bin/sh\n" + command + "\n");
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }
}
