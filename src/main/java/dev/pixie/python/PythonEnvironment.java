package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Python interpreter with its packages, as found before anything is started.
 *
 * <pre>{@code
 * Pixie pixie = Pixie.builder(folder).python(PythonEnvironment.find(Optional.of(Path.of("/opt/ml")))).open();
 * }</pre>
 *
 * <p>Immutable. Finding one runs the interpreter once in a child process and remembers the answer in Pixie's cache, so
 * that a wrong Python is a clear error and never a crash of the JVM.
 */
public final class PythonEnvironment {
    private final PythonFacts facts;
    private final List<PythonProblem> problems;

    private PythonEnvironment(PythonFacts facts) {
        this.facts = facts;
        problems = PythonRequirements.ofEnvironment(facts);
    }

    /**
     * The environment that Pixie runs on unless told otherwise: {@code PIXIE_PYTHON}, else the one that
     * {@link PythonSetup} made or was given.
     *
     * @throws PythonSetupException if there is none, or it is not usable
     */
    public static PythonEnvironment find() {
        return find(Optional.empty());
    }

    /**
     * The environment to run on.
     *
     * @param explicit an interpreter, or the folder of a virtual environment; goes before everything else
     * @throws PythonSetupException if there is none, or it is not usable; the fix says what to do
     */
    public static PythonEnvironment find(Optional<Path> explicit) {
        PythonEnvironment found = locate(explicit);
        found.requireUsable();
        return found;
    }

    /**
     * The environment that {@link #find(Optional)} would judge, without judging it.
     *
     * @throws PythonSetupException if there is none, or it does not run
     */
    public static PythonEnvironment locate(Optional<Path> explicit) {
        Optional<Path> named = explicit.or(PythonEnvironment::named);
        if (named.isPresent()) {
            PythonEnvironment environment = probe(named.get());
            // A bare interpreter that an environment of Pixie's own was made from stands for that environment.
            return environment.facts.jep().isPresent() || environment.facts.isVirtual()
                    ? environment
                    : Environments.inHome()
                            .madeFrom(environment.facts)
                            .map(made -> probe(made.executable()))
                            .orElse(environment);
        }
        Path chosen = Environments.inHome()
                .chosen()
                .orElseThrow(() -> new PythonSetupException(
                        "Pixie has no Python environment yet in " + PixieHome.python(),
                        "run: pixie setup, or point PIXIE_PYTHON to an environment that has what Pixie needs"));
        return probe(chosen);
    }

    /**
     * The facts about an interpreter, usable or not.
     *
     * @param python an interpreter, or the folder of a virtual environment
     * @throws PythonSetupException if it is not there or does not run
     */
    public static PythonEnvironment probe(Path python) {
        try (var phase = Timings.phase("probe")) {
            return new PythonEnvironment(PythonProbe.facts(InterpreterSearch.executable(python)));
        }
    }

    static PythonEnvironment of(PythonFacts facts) {
        return new PythonEnvironment(facts);
    }

    /** The interpreter that the process's environment names, if it names one. */
    static Optional<Path> named() {
        return Optional.ofNullable(System.getenv("PIXIE_PYTHON"))
                .filter(value -> !value.isBlank())
                .map(Path::of);
    }

    /** The interpreter, absolute. */
    public Path executable() {
        return facts.executable();
    }

    /** The interpreter's version, such as {@code 3.11.7}. */
    public String version() {
        return facts.version();
    }

    /** Versions of the installed packages that Pixie needs, by name. */
    public Map<String, String> packages() {
        return facts.packages();
    }

    /** All that the interpreter said about itself. */
    public PythonFacts facts() {
        return facts;
    }

    /** Everything that keeps Pixie from running on it; empty if it is usable. */
    public List<PythonProblem> problems() {
        return problems;
    }

    /**
     * Does nothing if the environment is usable.
     *
     * @throws PythonSetupException with the first of {@link #problems()}
     */
    public void requireUsable() {
        if (!problems.isEmpty()) {
            PythonProblem first = problems.get(0);
            throw new PythonSetupException(first.message(), first.fix());
        }
    }

    Path libjep() {
        return facts.libjep().orElseThrow(() -> new IllegalStateException("not a usable environment: " + this));
    }

    @Override
    public String toString() {
        return "Python " + facts.version() + " (" + facts.executable() + ")";
    }
}
