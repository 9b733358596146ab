package dev.pixie.python;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a process's time went, for {@code bench/start}: collected only if {@code PIXIE_TIMINGS=1}.
 *
 * <p>Thread-safe. A phase that happens several times is added up.
 */
public final class Timings {
    private static final boolean ON = "1".equals(System.getenv("PIXIE_TIMINGS"));
    private static final Map<String, Long> NANOS = new LinkedHashMap<>();

    private Timings() {}

    /** A stretch of time that ends when it is closed. */
    public interface Phase extends AutoCloseable {
        @Override
        void close();
    }

    /** Begins a phase, such as {@code query}. */
    public static Phase phase(String name) {
        if (!ON) {
            return () -> {};
        }
        long begin = System.nanoTime();
        return () -> add(name, System.nanoTime() - begin);
    }

    /** Notes the time from the start of the process until now as phase {@code jvm}; for the first line of {@code main}. */
    public static void jvmStarted() {
        if (ON) {
            Optional<Instant> started = ProcessHandle.current().info().startInstant();
            started.ifPresent(instant ->
                    add("jvm", Duration.between(instant, Instant.now()).toNanos()));
        }
    }

    /** Prints one line of JSON, phases to seconds in the order they ended; nothing if nothing was collected. */
    public static synchronized void print(PrintStream out) {
        if (NANOS.isEmpty()) {
            return;
        }
        StringBuilder line = new StringBuilder("{\"timings\": {");
        NANOS.forEach((name, nanos) -> line.append(line.charAt(line.length() - 1) == '{' ? "" : ", ")
                .append("\"%s\": %.4f".formatted(name, nanos / 1e9)));
        out.println(line.append("}}"));
    }

    private static synchronized void add(String name, long nanos) {
        NANOS.merge(name, nanos, Long::sum);
    }
}
