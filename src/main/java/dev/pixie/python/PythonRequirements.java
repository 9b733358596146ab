package dev.pixie.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What an interpreter must be and have so that Pixie can embed it. */
final class PythonRequirements {
    /** The oldest and the newest 3.x that jep, torch and numba all support. */
    static final int OLDEST_MINOR = 10;

    static final int NEWEST_MINOR = 13;

    private static final String ANOTHER = "name another one with --python or PIXIE_PYTHON, or run: pixie setup";

    private PythonRequirements() {}

    /** Why an interpreter can't be embedded, whatever is installed in it. */
    static Optional<PythonProblem> ofInterpreter(PythonFacts facts) {
        String name = "Python " + facts.version() + " (" + facts.executable() + ")";
        if (!facts.implementation().equals("cpython")) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.VERSION,
                    "%s is %s, and only CPython can be embedded".formatted(name, facts.implementation()),
                    ANOTHER));
        }
        if (facts.minor() < OLDEST_MINOR || facts.minor() > NEWEST_MINOR) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.VERSION,
                    "%s is not a version that Pixie runs on: 3.%d to 3.%d".formatted(name, OLDEST_MINOR, NEWEST_MINOR),
                    ANOTHER));
        }
        if (facts.freeThreaded()) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.FREE_THREADING,
                    name + " is a free-threaded build, which jep does not support",
                    ANOTHER));
        }
        if (!facts.shared()) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.SHARED,
                    name + " was built without a shared libpython, so it can't be embedded",
                    "use one that was built with --enable-shared (with pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared),"
                            + " or run: pixie setup"));
        }
        // jep hands the path to C in Java's own encoding, where these are not UTF-8.
        if (facts.executable().toString().chars().anyMatch(c -> Character.isSurrogate((char) c))) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.PATH,
                    name + " has characters in its path that can't be passed to Python when it is embedded",
                    "use a path without such characters: set PIXIE_HOME to one and run: pixie setup"));
        }
        return Optional.empty();
    }

    /** Everything that keeps Pixie from running on an environment; empty if nothing does. */
    static List<PythonProblem> ofEnvironment(PythonFacts facts) {
        Optional<PythonProblem> unfit = ofInterpreter(facts);
        if (unfit.isPresent()) {
            return List.of(unfit.get());
        }
        List<PythonProblem> problems = new ArrayList<>();
        ofJep(facts).ifPresent(problems::add);
        List<String> missing = facts.wanted().stream()
                .filter(name -> !facts.packages().containsKey(name))
                .toList();
        if (!missing.isEmpty()) {
            problems.add(new PythonProblem(
                    PythonProblem.Check.PACKAGES,
                    "%s lacks %s".formatted(facts.executable(), String.join(", ", missing)),
                    "install what is missing into it, or let Pixie make its own environment: pixie setup"));
        }
        return List.copyOf(problems);
    }

    private static Optional<PythonProblem> ofJep(PythonFacts facts) {
        String build =
                "build it again: LDFLAGS=-Wl,-rpath,%s %s -m pip install --force-reinstall --no-cache-dir jep==%s"
                        .formatted(facts.build().libraryFolder(), facts.executable(), PixieVersion.jep());
        String orSetup = ", or run: pixie setup";
        if (facts.jep().isEmpty() || facts.libjep().isEmpty()) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.JEP,
                    "jep is not installed in " + facts.executable(),
                    "install jep==" + PixieVersion.jep() + " into it" + orSetup));
        }
        if (!facts.jep().get().equals(PixieVersion.jep())) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.JEP,
                    "%s has jep %s, but Pixie needs exactly %s"
                            .formatted(facts.executable(), facts.jep().get(), PixieVersion.jep()),
                    "install jep==" + PixieVersion.jep() + " into it" + orSetup));
        }
        if (!facts.libjepMissing().isEmpty()) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.LIBJEP,
                    "jep's library %s does not find %s"
                            .formatted(facts.libjep().get(), String.join(", ", facts.libjepMissing())),
                    build + orSetup));
        }
        if (!facts.libjepHasNumpy()) {
            return Optional.of(new PythonProblem(
                    PythonProblem.Check.LIBJEP,
                    "jep in " + facts.executable() + " was built without numpy support",
                    build + orSetup));
        }
        return Optional.empty();
    }
}
