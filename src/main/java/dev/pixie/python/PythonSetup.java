package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Makes the Python environment that Pixie runs on.
 *
 * <pre>{@code
 * PythonEnvironment python = PythonSetup.run(PythonSetup.options(), System.err::println);
 * }</pre>
 *
 * <p>It is made once in Pixie's home for all checkouts and jars with the same locks. Running it again does nothing,
 * running it twice at once makes the second wait, and after an interrupt the next run begins anew with what is
 * downloaded already. The library never runs it unasked.
 */
public final class PythonSetup {
    private PythonSetup() {}

    /** Which build of torch is wanted. */
    public enum Torch {
        /** The CPU build where there is no NVIDIA GPU and the index of CPU builds answers; else what there is. */
        AUTO,
        /** The CPU build, which is a tenth of the size. */
        CPU,
        /** The build for NVIDIA GPUs. */
        CUDA
    }

    /** Libraries that not everybody needs. */
    public enum Extra {
        /** Pictures in HEIC and HEIF. */
        HEIF,
        /** Previews in the raw files of cameras. */
        RAW;

        /** What the user types, and the locks' names have in them. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * What to make.
     *
     * @param interpreter the interpreter to make the environment from; an environment that has all that Pixie needs is
     *     used as it is
     * @param torchBuild the build of torch
     * @param again whether to make anew what is there
     * @param extras what to install besides, into an environment that Pixie made
     */
    public record Options(Optional<Path> interpreter, Torch torchBuild, boolean again, Set<Extra> extras) {
        public Options {
            extras = Set.copyOf(extras);
        }

        /** With an interpreter, or the folder of a virtual environment. */
        public Options python(Path python) {
            return new Options(Optional.of(python), torchBuild, again, extras);
        }

        /** With a build of torch. */
        public Options torch(Torch torch) {
            return new Options(interpreter, torch, again, extras);
        }

        /** Anew, or only if it is not there. */
        public Options force(boolean force) {
            return new Options(interpreter, torchBuild, force, extras);
        }

        /** With libraries that not everybody needs; those that are there stay. */
        public Options with(Set<Extra> extras) {
            return new Options(interpreter, torchBuild, again, extras);
        }
    }

    /** The interpreter that is found, the build of torch that fits, and only what is not there yet. */
    public static Options options() {
        return new Options(Optional.empty(), Torch.AUTO, false, Set.of());
    }

    /**
     * Whether {@link #run} would have something to make, as far as that can be told without running Python: no
     * interpreter is named, and none was set up for this build's locks.
     *
     * @param explicit an interpreter that was named otherwise than by {@code PIXIE_PYTHON}
     */
    public static boolean isNeeded(Optional<Path> explicit) {
        return explicit.or(PythonEnvironment::named).isEmpty()
                && Environments.inHome().chosen().isEmpty();
    }

    /**
     * Makes the environment, or finds it made, and makes it the one that Pixie runs on.
     *
     * @param progress gets lines for people; none if there is nothing to do
     * @throws PythonSetupException saying what is missing, or what failed; running it again goes on from there
     */
    public static PythonEnvironment run(Options options, Consumer<String> progress) {
        return run(options, Environments.inHome(), progress);
    }

    static PythonEnvironment run(Options options, Environments environments, Consumer<String> progress) {
        Path folder = environments.folder();
        try {
            Files.createDirectories(folder);
            Optional<Path> named = options.interpreter().or(PythonEnvironment::named);
            if (named.isPresent()) {
                PythonEnvironment given = PythonEnvironment.probe(named.get());
                if (given.facts().jep().isPresent() || given.facts().isVirtual()) {
                    requireComplete(given);
                    if (!options.extras().isEmpty() && !given.facts().prefix().startsWith(folder)) {
                        throw new PythonSetupException(
                                given.executable() + " is not Pixie's own, so nothing is installed into it",
                                "install the packages that python/requirements-*.in name into it");
                    }
                    if (options.interpreter().isPresent()) {
                        environments.choose(given.executable());
                    }
                    return given;
                }
            }
            try (SetupLock lock = SetupLock.take(folder, progress)) {
                return new SetupRun(options, environments, progress).run(named);
            }
        } catch (IOException e) {
            throw new PythonSetupException(
                    "Can't set up Python in " + folder + ": " + e,
                    "make that folder writable and see that its disk is not full, or set PIXIE_HOME to another one",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while setting up Python");
        }
    }

    /** Somebody else's environment is used as it is: nothing is installed into it. */
    private static void requireComplete(PythonEnvironment given) {
        List<PythonProblem> problems = given.problems();
        if (!problems.isEmpty()) {
            throw new PythonSetupException(
                    problems.stream().map(PythonProblem::message).collect(Collectors.joining("; ")),
                    problems.get(0).fix());
        }
    }
}
