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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one Python of this process and its lanes.
 *
 * <p>Python starts once in the life of a JVM and ends with it; lanes are opened when they are first asked for, one after
 * the other, because jep's interpreters race when two open at once, and are never closed. Thread-safe.
 */
public final class PythonRuntime {
    /** Decoding is half of indexing's work for large pictures; beyond this the disk is the limit. */
    private static final int MOST_DECODE_LANES = 8;

    private static volatile @Nullable PythonRuntime running;
    private static @Nullable String failure;

    private final PythonEnvironment environment;
    private final Path pythonTree;
    private final Map<LaneKind, Lane> lanes = new EnumMap<>(LaneKind.class);
    private final List<Lane> decodeLanes = new ArrayList<>();
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

    /** The lane of a kind; of {@link LaneKind#DECODE} the one that has least to do. */
    public Lane lane(LaneKind kind) {
        if (kind == LaneKind.DECODE) {
            return leastBusyDecodeLane();
        }
        synchronized (lanes) {
            Lane lane = lanes.get(kind);
            if (lane == null) {
                lane = open(kind.threadName());
                lanes.put(kind, lane);
            }
            return lane;
        }
    }

    /** All lanes for decoding: one a processor, but at least 2 and at most {@value #MOST_DECODE_LANES}. */
    public List<Lane> decodeLanes() {
        int processors = Runtime.getRuntime().availableProcessors();
        int wanted = Math.max(2, Math.min(processors, MOST_DECODE_LANES));
        synchronized (lanes) {
            while (decodeLanes.size() < wanted) {
                decodeLanes.add(open(LaneKind.DECODE.threadName() + "-" + decodeLanes.size()));
            }
            return List.copyOf(decodeLanes);
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

    private Lane leastBusyDecodeLane() {
        synchronized (lanes) {
            if (decodeLanes.isEmpty()) {
                decodeLanes.add(open(LaneKind.DECODE.threadName() + "-0"));
            }
            return decodeLanes.stream().min(Comparator.comparingInt(Lane::load)).orElseThrow();
        }
    }

    private boolean isBusy() {
        synchronized (lanes) {
            return Stream.concat(lanes.values().stream(), decodeLanes.stream()).anyMatch(lane -> lane.load() > 0);
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
