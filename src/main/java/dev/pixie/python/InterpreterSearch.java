package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Where Python interpreters are found on a machine. */
final class InterpreterSearch {
    private final Map<String, String> environment;
    private final Path user;

    InterpreterSearch(Map<String, String> environment, Path user) {
        this.environment = environment;
        this.user = user;
    }

    static InterpreterSearch ofThisProcess() {
        return new InterpreterSearch(System.getenv(), Path.of(System.getProperty("user.home")));
    }

    /**
     * The executable that a user means.
     *
     * @param python an executable, the folder of a virtual environment or an installation, or a command on the PATH
     * @throws PythonSetupException if there is nothing to run there
     */
    static Path executable(Path python) {
        return ofThisProcess().named(python);
    }

    Path named(Path python) {
        if (Files.isDirectory(python)) {
            return Stream.of("bin/python", "bin/python3", "Scripts/python.exe")
                    .map(python::resolve)
                    .filter(Files::isExecutable)
                    .findFirst()
                    .map(Path::toAbsolutePath)
                    .orElseThrow(() -> new PythonSetupException(
                            python + " holds no bin/python", "name an interpreter or a virtual environment"));
        }
        if (python.getNameCount() == 1 && !python.isAbsolute() && !Files.exists(python)) {
            return onPath(python.toString())
                    .orElseThrow(() -> new PythonSetupException(
                            "There is no command " + python + " on the PATH", "name an interpreter by its path"));
        }
        if (!Files.isExecutable(python)) {
            throw new PythonSetupException(
                    python + (Files.exists(python) ? " is not executable" : " does not exist"),
                    "name an interpreter or a virtual environment");
        }
        return python.toAbsolutePath();
    }

    /** The first executable with this name on the PATH. */
    Optional<Path> onPath(String name) {
        return folders().stream()
                .map(folder -> folder.resolve(name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /**
     * Every interpreter worth asking, best first: the versioned commands of the PATH from the newest version that Pixie
     * supports to the oldest, {@code python3} and {@code python}, and what pyenv and uv have installed.
     */
    List<Path> candidates() {
        Set<Path> found = new LinkedHashSet<>();
        for (int minor = PythonRequirements.NEWEST_MINOR; minor >= PythonRequirements.OLDEST_MINOR; minor--) {
            addEveryOnPath("python3." + minor, found);
        }
        addEveryOnPath("python3", found);
        addEveryOnPath("python", found);
        addInstalled(folder("PYENV_ROOT", ".pyenv").resolve("versions"), found);
        addInstalled(folder("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python"), found);
        return List.copyOf(found);
    }

    /** All of them: the first may be a shim that fails. */
    private void addEveryOnPath(String name, Set<Path> found) {
        for (Path folder : folders()) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file) && Files.isExecutable(file)) {
                found.add(file);
            }
        }
    }

    private static void addInstalled(Path versions, Set<Path> found) {
        List<Path> installed = new ArrayList<>();
        for (int minor = PythonRequirements.NEWEST_MINOR; minor >= PythonRequirements.OLDEST_MINOR; minor--) {
            String name = "bin/python3." + minor;
            try (Stream<Path> folders = Files.list(versions)) {
                folders.map(folder -> folder.resolve(name))
                        .filter(Files::isExecutable)
                        .sorted(Comparator.reverseOrder())
                        .forEach(installed::add);
            } catch (IOException e) {
                return; // not installed here
            }
        }
        found.addAll(installed);
    }

    private Path folder(String variable, String belowHome) {
        String value = environment.getOrDefault(variable, "");
        return value.isEmpty() ? user.resolve(belowHome) : Path.of(value);
    }

    private List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            try {
                if (!folder.isEmpty()) {
                    folders.add(Path.of(folder).toAbsolutePath());
                }
            } catch (InvalidPathException e) {
                // Others on the PATH may do.
            }
        }
        return folders;
    }
}
