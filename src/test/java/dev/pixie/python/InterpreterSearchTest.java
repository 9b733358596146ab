package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterpreterSearchTest {
    @TempDir
    Path folder;

    @Test
    void versioned_commands_go_before_plain_ones_and_newer_ones_before_older() throws IOException {
        Path plain = executable("first/python3");
        Path old = executable("first/python3.10");
        Path recent = executable("second/python3.12");
        executable("second/python3.9");
        executable("second/python3-config");
        assertEquals(List.of(recent, old, plain), candidates("first:second"));
    }

    @Test
    void every_command_of_a_name_is_a_candidate_because_the_first_may_be_a_shim_that_fails() throws IOException {
        Path shim = executable("shims/python3.11");
        Path real = executable("usr/python3.11");
        assertEquals(List.of(shim, real), candidates("shims:usr"));
    }

    @Test
    void what_pyenv_and_uv_have_installed_comes_last() throws IOException {
        Path pyenv = executable("pyenv/versions/3.13.0/bin/python3.13");
        Path uv = executable("home/.local/share/uv/python/cpython-3.12.9-linux/bin/python3.12");
        Path system = executable("usr/python3");
        assertEquals(List.of(system, pyenv, uv), candidates("usr"));
    }

    @Test
    void files_that_can_not_be_run_and_folders_that_are_not_there_are_passed_over() throws IOException {
        Files.createDirectories(folder.resolve("first/python3"));
        Files.createDirectories(folder.resolve("second"));
        Files.createFile(folder.resolve("second/python3"));
        assertEquals(List.of(), candidates("first:second:nowhere:"));
        assertEquals(Optional.empty(), search("first:second").onPath("python3"));
    }

    private List<Path> candidates(String path) {
        return search(path).candidates();
    }

    private InterpreterSearch search(String path) {
        String absolute = path.replaceAll("([^:]+)", folder + "/$1");
        Map<String, String> environment =
                Map.of("PATH", absolute, "PYENV_ROOT", folder.resolve("pyenv").toString());
        return new InterpreterSearch(environment, folder.resolve("home"));
    }

    private Path executable(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.createFile(file);
        assertEquals(true, file.toFile().setExecutable(true));
        return file;
    }
}
