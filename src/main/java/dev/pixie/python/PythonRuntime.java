package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.PixieException;
import dev.pixie.PythonSetupException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The one Python of this process and its lanes.
 *
 * <p>Python starts once in the life of a JVM and ends with it; lanes are opened when they are first asked for, one after
 * the other, because jep's interpreters race when two open at once, and are never closed. Thread-safe.
 */
public final class PythonRuntime {
    private static volatile @Nullable PythonRuntime running;
    private static @Nullable String failure;

    private final PythonEnvironment environment;
    private final Path pythonTree;
    private final Map<LaneKind, List<Lane>> lanes = new EnumMap<>(LaneKind.class);
    private @Nullable EmbedScheduler scheduler;

    private PythonRuntime(PythonEnvironment environment) {
        this.environment = environment;
        pythonTree = ShippedFiles.pythonTree();
    }

    /**
     * The Python of this process; starts the one that {@link PythonEnvironment#find()} finds if there is none yet.
     *
     * @throws PythonSetupException if it can't be found or started
     */
    public static PythonRuntime start() {
        PythonRuntime present = running;
        return present != null ? present : start(PythonEnvironment.find());
    }

    /**
     * The Python of this process; starts it if there is none yet.
     *
     * @throws PythonSetupException if the environment is not usable, if it can't be started, or if another one runs in
     *     this process already
     */
    public static synchronized PythonRuntime start(PythonEnvironment environment) {
        PythonRuntime present = running;
        if (present != null) {
            present.requireSame(environment);
            return present;
        }
        if (failure != null) {
            throw new PythonSetupException(
                    "Python failed to start earlier in this process, which has one try: " + failure,
                    "see to that, then start the process again");
        }
        environment.requireUsable();
        PythonRuntime starting = new PythonRuntime(environment);
        try {
            JepInterpreter.configure(environment);
            starting.shakeHands();
        } catch (PixieException e) {
            failure = e.message();
            throw e;
        }
        ExitGuard.install(starting::isBusy, () -> starting.open("pixie-exit"));
        running = starting;
        return starting;
    }

    /** The Python of this process, if one has started. */
    public static Optional<PythonRuntime> running() {
        return Optional.ofNullable(running);
    }

    /** What it runs on. */
    public PythonEnvironment environment() {
        return environment;
    }

    /**
     * A lane of a kind: of several the one that has least to do. While all there are have something to do, another is
     * opened as long as there may be more, which takes some milliseconds.
     */
    public Lane lane(LaneKind kind) {
        synchronized (lanes) {
            List<Lane> open = lanes.computeIfAbsent(kind, any -> new ArrayList<>());
            Lane idlest = open.stream().min(Comparator.comparingInt(Lane::load)).orElse(null);
            return idlest == null || (idlest.load() > 0 && open.size() < kind.most()) ? add(kind, open) : idlest;
        }
    }

    /** All lanes that a kind may have, opened. */
    public List<Lane> lanes(LaneKind kind) {
        synchronized (lanes) {
            List<Lane> open = lanes.computeIfAbsent(kind, any -> new ArrayList<>());
            while (open.size() < kind.most()) {
                add(kind, open);
            }
            return List.copyOf(open);
        }
    }

    /** Who decides what the embed lane does next. */
    EmbedScheduler scheduler() {
        synchronized (lanes) {
            if (scheduler == null) {
                scheduler = new EmbedScheduler(lane(LaneKind.EMBED));
            }
            return scheduler;
        }
    }

    private Lane add(LaneKind kind, List<Lane> open) {
        Lane lane = open(kind.most() == 1 ? kind.threadName() : kind.threadName() + "-" + open.size());
        open.add(lane);
        return lane;
    }

    private boolean isBusy() {
        synchronized (lanes) {
            return lanes.values().stream().flatMap(List::stream).anyMatch(lane -> lane.load() > 0);
        }
    }

    private Lane open(String name) {
        synchronized (lanes) {
            Lane lane = new Lane(name, () -> JepInterpreter.open(pythonTree));
            try {
                lane.awaitOpen();
            } catch (CompletionException e) {
                throw StartFailure.explain(environment, e.getCause() == null ? e : e.getCause());
            }
            return lane;
        }
    }

    /** The Python files must be this build's own: a stale copy would fail later, and strangely. */
    private void shakeHands() {
        JsonNode hello;
        try {
            // Waited for through interrupts: Python has started by now, and there is no second time.
            hello = lane(LaneKind.SEARCH).callAsync("hello", Map.of()).join();
        } catch (CompletionException e) {
            throw StartFailure.explain(environment, e.getCause() == null ? e : e.getCause());
        }
        String version = hello.path("version").asText();
        Path imported = Path.of(hello.path("package").asText());
        if (!version.equals(PixieVersion.get()) || !imported.startsWith(pythonTree)) {
            throw new PythonSetupException(
                    "Python imported pixie %s from %s, but this is pixie %s with %s"
                            .formatted(version, imported, PixieVersion.get(), pythonTree),
                    "build Pixie again, or remove the other pixie from " + environment.executable());
        }
    }

    private void requireSame(PythonEnvironment other) {
        if (!other.executable().equals(environment.executable())) {
            throw new PythonSetupException(
                    "This process runs %s already and can't run %s as well".formatted(environment, other),
                    "use one Python for all collections of a process");
        }
    }
}
