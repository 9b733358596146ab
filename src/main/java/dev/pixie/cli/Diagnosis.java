package dev.pixie.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.PixieBuilder;
import dev.pixie.PythonSetupException;
import dev.pixie.python.PixieHome;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.PythonFacts;
import dev.pixie.python.PythonProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code pixie doctor} finds: a check for each thing that Pixie needs of the machine it runs on.
 *
 * @param checks in the order they are printed
 * @param python the Python that was looked at, if there is one
 * @param machine what the Python half said about the machine, if it could
 * @param freeBytes of the disk that Pixie's home is on; -1 if the system does not say
 */
record Diagnosis(List<Check> checks, Optional<PythonEnvironment> python, Optional<JsonNode> machine, long freeBytes) {
    private static final long SCARCE_BYTES = 2_000_000_000L; // the default model takes 1.7 GB
    private static final String UNKNOWN = "not known until Python is as it should be";

    static Diagnosis make(Optional<Path> explicitPython) {
        List<Check> checks = new ArrayList<>();
        checks.add(Check.ok("java", Runtime.version() + " (" + System.getProperty("java.home") + ")"));
        Optional<PythonEnvironment> python = Optional.empty();
        try {
            python = Optional.of(PythonEnvironment.locate(explicitPython));
            checks.addAll(ofPython(python.get()));
        } catch (PythonSetupException e) {
            checks.add(Check.broken("python", e.message(), e.fix().orElse("run: pixie setup")));
        }
        Optional<JsonNode> machine = python.flatMap(found -> MachineReport.ask(found, PixieBuilder.DEFAULT_MODEL));
        checks.add(ofModel(machine));
        checks.add(ofProcessor(machine));
        checks.add(ofDtype(machine));
        long freeBytes = freeBytes(PixieHome.home());
        checks.add(ofHome(PixieHome.home(), freeBytes));
        return new Diagnosis(List.copyOf(checks), python, machine, freeBytes);
    }

    boolean isBroken() {
        return checks.stream().anyMatch(Check::isBroken);
    }

    private static List<Check> ofPython(PythonEnvironment python) {
        PythonFacts facts = python.facts();
        List<Check> checks = new ArrayList<>();
        checks.add(check(
                "python", python, PythonProblem.Check.VERSION, facts.version() + " (" + facts.executable() + ")"));
        checks.add(check("shared", python, PythonProblem.Check.SHARED, "built with a shared libpython"));
        checks.add(check("threads", python, PythonProblem.Check.FREE_THREADING, "not a free-threaded build"));
        checks.add(check(
                "jep",
                python,
                PythonProblem.Check.JEP,
                facts.jep().orElse("none") + " on both sides, Java and Python"));
        checks.add(facts.libjep()
                .map(file -> check("libjep", python, PythonProblem.Check.LIBJEP, file.toString()))
                .orElse(Check.unknown("libjep", "comes with jep")));
        for (String name : facts.wanted()) {
            Optional<String> version = Optional.ofNullable(facts.packages().get(name));
            checks.add(
                    version.isPresent()
                            ? Check.ok(name, version.get())
                            : Check.broken(name, "not installed in " + facts.prefix(), packagesFix(python)));
        }
        return checks;
    }

    /** A check that fails if the environment has a problem of that kind. */
    private static Check check(String name, PythonEnvironment python, PythonProblem.Check kind, String fine) {
        for (PythonProblem problem : python.problems()) {
            if (problem.check() == kind) {
                return Check.broken(name, problem.message(), problem.fix());
            }
        }
        return Check.ok(name, fine);
    }

    private static String packagesFix(PythonEnvironment python) {
        return python.problems().stream()
                .filter(problem -> problem.check() == PythonProblem.Check.PACKAGES)
                .map(PythonProblem::fix)
                .findFirst()
                .orElse("run: pixie setup");
    }

    private static Check ofModel(Optional<JsonNode> machine) {
        if (machine.isEmpty()) {
            return Check.unknown("model", UNKNOWN);
        }
        JsonNode model = machine.get().path("model");
        String name = model.path("name").asText();
        return model.path("folder").isTextual()
                ? Check.ok("model", name + " (" + model.path("folder").asText() + ")")
                : Check.warning(
                        "model",
                        name + " is not in " + model.path("cache").asText(),
                        "the first use fetches it (1.7 GB); without a network: --model FOLDER, or --model demo");
    }

    private static Check ofProcessor(Optional<JsonNode> machine) {
        if (machine.isEmpty()) {
            return Check.unknown("cpu", UNKNOWN);
        }
        JsonNode cpu = machine.get().path("cpu");
        List<String> features = new ArrayList<>();
        cpu.path("features").forEach(feature -> features.add(feature.asText()));
        String listed = features.isEmpty() ? "" : " with " + String.join(", ", features);
        return Check.ok(
                "cpu",
                Quantity.count(cpu.path("cores").asLong(), "core") + ", "
                        + cpu.path("architecture").asText() + listed);
    }

    private static Check ofDtype(Optional<JsonNode> machine) {
        if (machine.isEmpty()) {
            return Check.unknown("dtype", UNKNOWN);
        }
        List<String> measured = new ArrayList<>();
        for (JsonNode entry : machine.get().path("dtypes")) {
            measured.add(entry.path("dtype").asText() + " on "
                    + entry.path("measured_on").asText());
        }
        return Check.ok(
                "dtype",
                measured.isEmpty() ? "auto; measured when a large model is first used" : String.join("; ", measured));
    }

    private static Check ofHome(Path home, long freeBytes) {
        Path there = nearestExisting(home);
        String free = freeBytes < 0 ? "" : ", " + Quantity.bytes(freeBytes) + " free";
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            return Check.broken(
                    "home", home + " can't be written" + free, "make " + there + " writable, or set PIXIE_HOME");
        }
        return freeBytes >= 0 && freeBytes < SCARCE_BYTES
                ? Check.warning("home", home + free, "free some space, or set PIXIE_HOME to a folder on another disk")
                : Check.ok("home", home + free);
    }

    private static long freeBytes(Path home) {
        try {
            return Files.getFileStore(nearestExisting(home)).getUsableSpace();
        } catch (IOException e) {
            return -1;
        }
    }

    private static Path nearestExisting(Path folder) {
        Path there = folder;
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        return there;
    }
}
