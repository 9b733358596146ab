package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One run of {@link PythonSetup}, while it holds the lock. */
final class SetupRun {
    private static final String TORCH = "torch";
    private static final String JEP = "jep";
    private static final Duration IMPORT_LIMIT = Duration.ofMinutes(5);

    private final PythonSetup.Options options;
    private final Environments environments;
    private final Consumer<String> progress;
    private final Path tree = ShippedFiles.pythonTree();
    private @Nullable Installer installer;

    SetupRun(PythonSetup.Options options, Environments environments, Consumer<String> progress) {
        this.options = options;
        this.environments = environments;
        this.progress = progress;
    }

    /** Finds or makes an environment, from the interpreter that was named or the best there is. */
    PythonEnvironment run(Optional<Path> named) throws IOException, InterruptedException {
        boolean anyTorch = options.torchBuild() == PythonSetup.Torch.AUTO && !options.again();
        if (named.isEmpty() && anyTorch) {
            Optional<PythonEnvironment> chosen = environments.chosen().flatMap(SetupRun::usable);
            if (chosen.isPresent()) {
                addRest(chosen.get());
                return chosen.get();
            }
        }
        PythonFacts base = named.isPresent() ? interpreter(named.get()) : bestInterpreter();
        Optional<PythonEnvironment> made = Optional.empty();
        if (anyTorch) {
            made = environments.madeFrom(base).flatMap(folder -> usable(folder.executable()));
        }
        PythonEnvironment ready = made.isPresent() ? made.get() : make(base);
        addRest(ready);
        environments.choose(ready.executable());
        return ready;
    }

    private PythonEnvironment make(PythonFacts base) throws IOException, InterruptedException {
        BuildTools tools = BuildTools.find(base);
        progress.accept("Python %s (%s)".formatted(base.version(), base.executable()));
        LockFile lock = LockFile.read(tree.resolve("requirements.lock"));
        TorchBuild build = torchBuild(base, lock);
        EnvironmentFolder target = environments.of(base, build);
        if (!options.again() && target.isComplete()) {
            Optional<PythonEnvironment> made = usable(target.executable());
            if (made.isPresent()) {
                return made.get();
            }
        }
        long begin = System.nanoTime();
        progress.accept("making the environment in " + target.path());
        Folders.delete(target.path());
        installer(base).makeEnvironment(base, target);
        if (build == TorchBuild.CPU) {
            progress.accept("installing torch, the CPU build");
            installer(base)
                    .installCpuBuild(target, lock.only(entry -> entry.name().equals(TORCH)));
            progress.accept("installing the other packages");
            installer(base).install(target, lock.only(entry -> !isOfTorchOrJep(entry.name())));
        } else {
            progress.accept("installing the packages; torch is some gigabytes");
            installer(base).install(target, lock.only(entry -> !entry.name().equals(JEP)));
        }
        progress.accept("compiling jep with " + tools.compiler() + " and " + tools.jdk());
        installer(base).installJep(target, lock.only(entry -> entry.name().equals(JEP)), base, tools);
        requireImports(target);
        PythonEnvironment ready = PythonEnvironment.probe(target.executable());
        ready.requireUsable();
        target.markComplete();
        progress.accept("ready after %d s".formatted((System.nanoTime() - begin) / 1_000_000_000));
        return ready;
    }

    /** What was asked for besides, and in a checkout also what checks and tests the Python half. */
    private void addRest(PythonEnvironment environment) throws IOException, InterruptedException {
        Optional<Path> tools = ShippedFiles.checkout().map(root -> root.resolve("python/requirements-dev.lock"));
        if (tools.isPresent()) {
            add(environment, tools.get(), "what checks the Python half");
        }
        for (PythonSetup.Extra extra : options.extras()) {
            add(environment, tree.resolve("requirements-" + extra.word() + ".lock"), "what reads " + extra);
        }
    }

    private void add(PythonEnvironment environment, Path lock, String what) throws IOException, InterruptedException {
        Path prefix = environment.facts().prefix();
        EnvironmentFolder target = new EnvironmentFolder(prefix);
        if (!prefix.startsWith(environments.folder()) || !target.isComplete() || target.has(lock)) {
            return;
        }
        progress.accept("installing " + what);
        installer(environment.facts()).install(target, LockFile.read(lock));
        target.markHaving(lock);
    }

    private TorchBuild torchBuild(PythonFacts base, LockFile lock) throws IOException, InterruptedException {
        boolean linux = System.getProperty("os.name").startsWith("Linux");
        boolean wanted = options.torchBuild() == PythonSetup.Torch.CPU
                || (options.torchBuild() == PythonSetup.Torch.AUTO && linux && !hasGpu());
        if (!wanted) {
            return TorchBuild.INDEX;
        }
        List<String> torch = lock.only(entry -> entry.name().equals(TORCH)).entries().stream()
                .map(LockFile.Entry::requirement)
                .toList();
        if (installer(base).canGetCpuBuild(base, torch)) {
            return TorchBuild.CPU;
        }
        if (options.torchBuild() == PythonSetup.Torch.CPU) {
            throw new PythonSetupException(
                    "The index of torch's CPU builds does not answer, or lacks " + String.join(", ", torch),
                    "check the network, or take what the package index gives: pixie setup --torch auto");
        }
        progress.accept("the index of torch's CPU builds does not answer: taking the larger build");
        return TorchBuild.INDEX;
    }

    private static boolean hasGpu() {
        return Files.exists(Path.of("/dev/nvidiactl"))
                || Files.exists(Path.of("/proc/driver/nvidia/version"))
                || InterpreterSearch.ofThisProcess().onPath("nvidia-smi").isPresent(); // in WSL
    }

    private PythonFacts interpreter(Path named) {
        PythonFacts facts = PythonEnvironment.probe(named).facts();
        PythonRequirements.ofInterpreter(facts).ifPresent(problem -> {
            throw new PythonSetupException(problem.message(), problem.fix());
        });
        return facts;
    }

    private static PythonFacts bestInterpreter() {
        List<String> rejected = new ArrayList<>();
        Set<Path> asked = new LinkedHashSet<>();
        @Nullable PythonFacts withoutHeaders = null;
        for (Path candidate : InterpreterSearch.ofThisProcess().candidates()) {
            PythonFacts facts;
            try {
                facts = PythonProbe.facts(candidate);
            } catch (PythonSetupException e) {
                continue; // a shim of a version that is not installed, or the like
            }
            if (!asked.add(facts.executable())) {
                continue;
            }
            Optional<PythonProblem> unfit = PythonRequirements.ofInterpreter(facts);
            if (unfit.isPresent()) {
                rejected.add(unfit.get().message());
            } else if (BuildTools.hasHeaders(facts)) {
                return facts;
            } else if (withoutHeaders == null) {
                withoutHeaders = facts;
            }
        }
        if (withoutHeaders != null) {
            return withoutHeaders;
        }
        throw new PythonSetupException(
                "No Python was found that Pixie can use"
                        + (rejected.isEmpty() ? "" : ": " + String.join("; ", rejected)),
                "install CPython 3.10 to 3.13 (Debian, Ubuntu: apt install python3 python3-dev python3-venv),"
                        + " or name one: pixie setup --python PATH");
    }

    /** A damaged environment is made again, so what is wrong with it does not matter. */
    private static Optional<PythonEnvironment> usable(Path executable) {
        try {
            return Optional.of(PythonEnvironment.probe(executable))
                    .filter(environment -> environment.problems().isEmpty());
        } catch (PythonSetupException e) {
            return Optional.empty();
        }
    }

    private static void requireImports(EnvironmentFolder target) throws IOException, InterruptedException {
        List<String> command = List.of(
                target.executable().toString(),
                "-I",
                "-c",
                "import numba, numpy, PIL, tokenizers, torch, transformers");
        ChildProcess.Outcome outcome =
                new ChildProcess(command, ChildEnvironment.forPip(System.getenv()), IMPORT_LIMIT).run();
        if (!outcome.succeeded()) {
            throw new PythonSetupException(
                    "The packages are installed, but can't be imported: " + outcome.lastError(),
                    "run: pixie setup --force, or name another Python with --python");
        }
    }

    private static boolean isOfTorchOrJep(String name) {
        return name.equals(TORCH)
                || name.equals(JEP)
                || name.equals("triton")
                || name.startsWith("nvidia-")
                || name.startsWith("cuda-");
    }

    private Installer installer(PythonFacts base) throws IOException, InterruptedException {
        Installer present = installer;
        if (present == null) {
            present = Installer.in(environments.folder(), base, tree.resolve("requirements-uv.lock"), progress);
            installer = present;
        }
        return present;
    }
}
