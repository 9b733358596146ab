package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import jep.SharedInterpreter;
import org.jspecify.annotations.Nullable;

/** The Python of this process, with the functions of {@code src/test/resources/python/decoy.py} on its bridge. */
final class TestPython {
    private static @Nullable Lane decoyLane;

    private TestPython() {}

    static synchronized PythonRuntime runtime() {
        PythonRuntime runtime = PythonRuntime.start();
        if (decoyLane == null) {
            String folder = resource("/python/decoy.py").getParent().toString();
            decoyLane = new Lane("pixie-decoy", () -> {
                @SuppressWarnings("resource") // as all interpreters, it is open as long as the process lives
                SharedInterpreter python = new SharedInterpreter();
                python.set("folder", folder);
                python.exec("import sys; sys.path.append(folder); import decoy; decoy.recurse");
                return new Lane.Interpreter() {
                    @Override
                    public String call(String function, String argument, NativeArray... arrays) {
                        throw new UnsupportedOperationException();
                    }

                    @Override
                    public void skipExitHandlers() {
                        throw new UnsupportedOperationException();
                    }
                };
            });
            decoyLane.awaitOpen();
        }
        return runtime;
    }

    static Lane lane(LaneKind kind) {
        return runtime().lane(kind);
    }

    /** A lane, and a task that keeps it busy until it is released. */
    static Busy keepBusy(LaneKind kind) {
        return new Busy(lane(kind));
    }

    /** A queue to the demo model. */
    static EmbedQueue demoQueue(int capacity) {
        return EmbedQueue.open(runtime(), "demo", "cpu", "float32", capacity, Duration.ofMinutes(1));
    }

    /** Remembers the texts of each batch that goes into a model from now on. */
    static void watchBatches() {
        lane(LaneKind.EMBED).call("watch_texts", Map.of());
    }

    /** The texts of each batch since this, or {@link #watchBatches()}, was last called. */
    static Stream<List<String>> watchedBatches() {
        List<List<String>> batches = new ArrayList<>();
        for (JsonNode batch : lane(LaneKind.EMBED).call("watched_batches", Map.of())) {
            List<String> texts = new ArrayList<>();
            batch.forEach(text -> texts.add(text.asText()));
            batches.add(texts);
        }
        return batches.stream();
    }

    /** What a future failed with. */
    static Throwable failure(CompletableFuture<?> future) {
        try {
            future.join();
        } catch (CompletionException e) {
            return e.getCause();
        } catch (CancellationException e) {
            return e;
        }
        throw new AssertionError("it did not fail");
    }

    static Path resource(String name) {
        return Path.of(URI.create(Optional.ofNullable(TestPython.class.getResource(name))
                .orElseThrow()
                .toString()));
    }

    /** A demo picture that ships with Pixie. */
    static Path picture(String name) {
        return ShippedFiles.pictures().resolve(name);
    }

    /** Keeps a lane busy until it is closed. */
    static final class Busy implements AutoCloseable {
        private final CountDownLatch release = new CountDownLatch(1);
        private final CompletableFuture<Boolean> done;

        private Busy(Lane lane) {
            var begun = new CountDownLatch(1);
            done = lane.submit(() -> {
                begun.countDown();
                release.await();
                return true;
            });
            try {
                begun.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void release() {
            release.countDown();
        }

        @Override
        public void close() {
            release();
            done.join();
        }
    }
}
