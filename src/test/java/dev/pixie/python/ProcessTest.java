package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a process with Python in it begins and ends; each in a JVM of its own. */
@Tag("python")
@Timeout(300)
class ProcessTest {
    @TempDir
    Path folder;

    @Test
    void what_python_prints_is_out_when_the_jvm_ends() throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run("print");
        assertEquals("said by Python, without an end of line", outcome.out());
        assertEquals(0, outcome.exitCode(), outcome.err());
    }

    @Test
    void an_interrupt_of_the_process_ends_it_while_python_is_busy() throws Exception {
        for (Map.Entry<String, Integer> signal : Map.of("INT", 130, "TERM", 143).entrySet()) {
            ChildJvm busy = ChildJvm.start(Map.of(), "busy");
            busy.awaitLine("busy");
            busy.signal(signal.getKey());
            ChildJvm.Outcome outcome = busy.end("");
            assertEquals(signal.getValue(), outcome.exitCode(), outcome.err());
        }
    }

    @RepeatedTest(3)
    void a_jvm_that_ends_while_the_model_computes_does_not_crash() throws Exception {
        ChildJvm.Outcome outcome = ChildJvm.run("leave-while-busy");
        assertEquals(7, outcome.exitCode(), outcome.err());
    }

    @Test
    void a_library_that_can_not_be_loaded_is_an_error_with_its_reason() throws Exception {
        Path library = Files.writeString(folder.resolve("libjep.so"), "no library");
        List<String> lines =
                ChildJvm.run("broken-library", library.toString()).out().lines().toList();
        assertTrue(lines.get(0).contains("The dynamic loader refuses " + library), lines.get(0));
        assertTrue(lines.get(0).contains("pixie setup --force"), lines.get(0));
        assertTrue(lines.get(1).contains("failed to start earlier in this process"), lines.get(1));
    }

    @Test
    void a_python_without_its_standard_library_is_an_error() throws Exception {
        Path executable = Files.createDirectories(folder.resolve("bin")).resolve("python");
        Files.writeString(executable, "");
        Files.setPosixFilePermissions(executable, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(folder.resolve("pyvenv.cfg"), "home = " + folder.resolve("nowhere") + "\n");
        ChildJvm.Outcome outcome = ChildJvm.run("broken-home", executable.toString());
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(outcome.out().contains("did not start inside this JVM"), outcome.out() + outcome.err());
    }

    @Test
    void a_second_class_loader_is_told_to_share() throws Exception {
        String out = ChildJvm.run("two-class-loaders").out();
        assertTrue(out.contains("PythonSetupException: Another class loader of this JVM has loaded jep"), out);
    }

    @Test
    void a_python_that_somebody_else_started_is_an_error() throws Exception {
        String out = ChildJvm.run("jep-in-use").out();
        assertTrue(out.contains("Something else in this JVM has started Python"), out);
    }

    @Test
    void what_setup_runs_dies_with_an_interrupted_process() throws Exception {
        Path script = folder.resolve("installer");
        Files.writeString(
                script, "#!/bin/sh\nsleep 600 &\necho $! > %s/pid\necho running >&2\nwait\n".formatted(folder));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        ChildJvm setup = ChildJvm.start(Map.of(), "run-command", script.toString());
        setup.awaitLine("running");
        long pid = Long.parseLong(Files.readString(folder.resolve("pid")).strip());
        assertTrue(isRunning(pid));

        setup.signal("INT");
        assertEquals(130, setup.end("").exitCode());
        while (isRunning(pid)) {
            Thread.sleep(20); // bounded by the class's time limit
        }
    }

    private static boolean isRunning(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    @Test
    void without_any_python_the_error_says_how_to_get_one() throws Exception {
        Path home = folder.resolve("home");
        Map<String, String> environment = Map.of("PIXIE_HOME", home.toString(), "PIXIE_PYTHON", "");
        String out = ChildJvm.start(environment, "find").end("").out();
        assertEquals(
                List.of(
                        "Pixie has no Python environment yet in " + home.resolve("python") + " (run: pixie setup, or"
                                + " point PIXIE_PYTHON to an environment that has what Pixie needs)",
                        "setup needed: true",
                        "home exists: false"),
                out.lines().toList());
    }

    @Test
    void what_is_named_goes_before_what_the_environment_names_and_that_before_the_home() throws Exception {
        Path home = folder.resolve("home");
        Path named = TestFacts.usable().script(folder.resolve("named/bin/python"));
        Path ofEnvironment = TestFacts.usable().script(folder.resolve("environment/bin/python"));
        Path chosen = TestFacts.usable().script(folder.resolve("chosen/bin/python"));
        new Environments(home.resolve("python")).choose(chosen);

        assertEquals(chosen.toString(), found(Map.of("PIXIE_HOME", home.toString(), "PIXIE_PYTHON", "")));
        Map<String, String> both = Map.of("PIXIE_HOME", home.toString(), "PIXIE_PYTHON", ofEnvironment.toString());
        assertEquals(ofEnvironment.toString(), found(both));
        assertEquals(named.toString(), found(both, named.toString()));
    }

    @Test
    void a_bare_interpreter_stands_for_the_environment_that_was_made_from_it() throws Exception {
        Environments environments = new Environments(folder.resolve("home/python"));
        Path bare = TestFacts.interpreter().script(folder.resolve("bare/python"));
        EnvironmentFolder made = environments.of(PythonEnvironment.probe(bare).facts(), TorchBuild.CPU);
        TestFacts.usable().script(made.executable());
        made.markComplete();
        Map<String, String> environment =
                Map.of("PIXIE_HOME", folder.resolve("home").toString(), "PIXIE_PYTHON", bare.toString());
        assertEquals(made.executable().toString(), found(environment));

        Path venv = TestFacts.interpreter().with("prefix", "/opt/mine").script(folder.resolve("mine/bin/python"));
        assertTrue(found(environment, venv.toString()).contains("jep is not installed in " + venv));
    }

    private static String found(Map<String, String> environment, String... arguments) throws Exception {
        ChildJvm.Outcome outcome =
                ChildJvm.start(environment, "find", arguments).end("");
        return outcome.out().lines().findFirst().orElse(outcome.err());
    }
}
