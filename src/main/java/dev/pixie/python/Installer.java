package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Runs uv, which is installed in a small environment of its own, so that what it makes holds nothing but Pixie's. */
final class Installer {
    private static final Duration LIMIT = Duration.ofHours(3);
    private static final Duration INDEX_TEST_LIMIT = Duration.ofSeconds(30);

    private final Path uv;
    private final Path work;
    private final Map<String, String> environment;
    private final Consumer<String> progress;

    private Installer(Path uv, Path work, Map<String, String> environment, Consumer<String> progress) {
        this.uv = uv;
        this.work = work;
        this.environment = environment;
        this.progress = progress;
    }

    /**
     * The installer, with its own environment made if it is not there.
     *
     * @param folder where environments are made
     * @param lock the hashed pin of uv
     */
    static Installer in(Path folder, PythonFacts base, Path lock, Consumer<String> progress)
            throws IOException, InterruptedException {
        String pin = Digest.of(Files.readAllBytes(lock)).substring(0, 12);
        Path tool = folder.resolve("uv-" + pin);
        Path python = tool.resolve("bin/python");
        Path complete = tool.resolve(".complete");
        Map<String, String> pipEnvironment = ChildEnvironment.forPip(System.getenv());
        if (!Files.exists(complete) || !Files.isExecutable(python)) {
            progress.accept("installing uv, which installs the rest");
            Folders.delete(tool);
            require(
                    run(List.of(base.executable().toString(), "-I", "-m", "venv", tool.toString()), pipEnvironment),
                    "Python's own venv module does not work",
                    "install what it lacks (Debian, Ubuntu: apt install python3-venv), or name another Python with"
                            + " --python");
            List<String> install = new ArrayList<>(List.of(python.toString(), "-I", "-m", "pip", "install", "--quiet"));
            Collections.addAll(install, "--only-binary", ":all:", "--require-hashes", "-r", lock.toString());
            require(run(install, pipEnvironment), "pip could not install uv", AGAIN);
            Files.createFile(complete);
        }
        // Not isolated: PIP_* variables are settings, too.
        ChildProcess.Outcome settings = run(List.of(python.toString(), "-m", "pip", "config", "list"), pipEnvironment);
        Map<String, String> environment = ChildEnvironment.forUv(System.getenv(), settings.output());
        Path work = folder.resolve(".work");
        Folders.delete(work); // what an interrupted run has left
        Files.createDirectories(work);
        return new Installer(tool.resolve("bin/uv"), work, environment, progress);
    }

    private static final String AGAIN =
            "check the network and the package index that pip is set to use, then run again: pixie setup";

    /** Whether torch's own index of CPU builds answers, and has this version. */
    boolean canGetCpuBuild(PythonFacts base, List<String> torch) throws IOException, InterruptedException {
        Path requirement = Files.createTempFile(work, "torch", ".in");
        try {
            Files.write(requirement, torch);
            Map<String, String> hasty = new HashMap<>(environment);
            hasty.put("UV_HTTP_TIMEOUT", "10");
            hasty.put("UV_HTTP_RETRIES", "0");
            List<String> command = new ArrayList<>(List.of(uv.toString(), "pip", "compile", "--quiet", "--no-deps"));
            Collections.addAll(command, "--python", base.executable().toString(), "--torch-backend", "cpu");
            command.add(requirement.toString());
            return new ChildProcess(command, hasty, INDEX_TEST_LIMIT).run().succeeded();
        } catch (IOException e) {
            return false; // it took too long
        } finally {
            Files.deleteIfExists(requirement);
        }
    }

    void makeEnvironment(PythonFacts base, EnvironmentFolder target) throws IOException, InterruptedException {
        List<String> command = List.of(
                uv.toString(),
                "venv",
                "--quiet",
                "--no-project",
                "--python",
                base.executable().toString(),
                target.path().toString());
        require(run(command, environment), "The environment could not be made", AGAIN);
    }

    /** Installs exactly these packages; their files must have the hashes of the lock. */
    void install(EnvironmentFolder target, LockFile packages) throws IOException, InterruptedException {
        install(target, packages, environment, "--require-hashes");
    }

    /** Installs torch from its index of CPU builds, for which the lock has no hashes. */
    void installCpuBuild(EnvironmentFolder target, LockFile torch) throws IOException, InterruptedException {
        LockFile unhashed = new LockFile(torch.entries().stream()
                .map(entry -> new LockFile.Entry(entry.name(), entry.requirement() + "\n"))
                .toList());
        install(target, unhashed, environment, "--torch-backend", "cpu");
    }

    /**
     * Compiles and installs jep, with the numpy and the setuptools that are installed already. A wheel that was built
     * earlier is not taken: it leads to the libpython of the interpreter that it was built for.
     */
    void installJep(EnvironmentFolder target, LockFile jep, PythonFacts base, BuildTools tools)
            throws IOException, InterruptedException {
        Map<String, String> build = new HashMap<>(environment);
        tools.addTo(build, base);
        install(target, jep, build, "--require-hashes", "--no-cache", "--no-build-isolation", "--no-binary", "jep");
    }

    private void install(EnvironmentFolder target, LockFile packages, Map<String, String> variables, String... options)
            throws IOException, InterruptedException {
        Path requirements = Files.createTempFile(work, "requirements", ".txt");
        try (UvProgress shown = new UvProgress(progress)) {
            packages.write(requirements);
            List<String> command = new ArrayList<>(List.of(uv.toString(), "pip", "install", "--no-deps"));
            // Without it the first start of each process would compile, or never finish compiling: 11 s, not 4.
            command.add("--compile-bytecode");
            Collections.addAll(command, "--python", target.executable().toString());
            Collections.addAll(command, options);
            Collections.addAll(command, "-r", requirements.toString());
            ChildProcess.Outcome outcome = new ChildProcess(command, variables, LIMIT)
                    .onErrorLine(shown::line)
                    .run();
            require(outcome, "The packages could not be installed", AGAIN);
        } finally {
            Files.deleteIfExists(requirements);
        }
    }

    private static ChildProcess.Outcome run(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        return new ChildProcess(command, environment, LIMIT).run();
    }

    private static void require(ChildProcess.Outcome outcome, String message, String fix) {
        if (!outcome.succeeded()) {
            throw new PythonSetupException(message + ": " + reason(outcome), fix);
        }
    }

    /** uv and pip name the error in a line of its own; the reason is in that line and those below. */
    private static String reason(ChildProcess.Outcome outcome) {
        List<String> lines = Stream.concat(outcome.output().lines(), outcome.errors().stream())
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).toLowerCase(Locale.ROOT).startsWith("error")) {
                return String.join("; ", lines.subList(i, Math.min(lines.size(), i + 6)));
            }
        }
        return outcome.lastError();
    }
}
