package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.FileName;
import dev.pixie.python.Lane;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;

/**
 * Folders that are being watched, made by {@link Pixie#watch}. Ends when it is closed, when the collection is, and when
 * it fails. Thread-safe.
 */
public final class Watching implements AutoCloseable {
    private static final double WAIT_SECONDS = 1;

    /**
     * What changed: anything in {@code paths}, or if there are any, what is in the folders {@code only} themselves.
     *
     * @param mayBeGone whether it is no error that there is nothing at one of the paths and never was
     */
    record Changed(List<Path> paths, List<Path> only, boolean mayBeGone) {}

    private final Lane lane;
    private final int handle;
    private final BooleanSupplier closed;
    private final Duration closeTimeout;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private volatile boolean stopped;

    private Watching(Lane lane, int handle, BooleanSupplier closed, Duration closeTimeout) {
        this.lane = lane;
        this.handle = handle;
        this.closed = closed;
        this.closeTimeout = closeTimeout;
    }

    /**
     * Starts to watch, on a thread of its own.
     *
     * @param index indexes what changed until it is told to stop
     * @param closed whether the collection is closed
     * @param closeTimeout how long closing waits for the batch in hand
     */
    static Watching start(
            Lane lane,
            int collection,
            List<Path> paths,
            WatchOptions options,
            WatchListener listener,
            BiFunction<Changed, BooleanSupplier, IndexReport> index,
            BooleanSupplier closed,
            Duration closeTimeout) {
        ObjectNode argument = json().put("collection", collection)
                .put("rescan_seconds", options.rescan().toNanos() / 1e9);
        paths.forEach(path -> argument.withArray("paths").add(FileName.text(path)));
        argument.withArray("paths");
        JsonNode opened = lane.call("watch_open", argument);
        Watching watching = new Watching(lane, opened.get("watch").asInt(), closed, closeTimeout);
        Thread thread =
                new Thread(() -> watching.run(paths(opened.get("paths")), listener, index), "pixie-watch-index");
        thread.setDaemon(true);
        thread.start();
        return watching;
    }

    private void run(
            List<Path> folders, WatchListener listener, BiFunction<Changed, BooleanSupplier, IndexReport> index) {
        try {
            Changed changed = new Changed(folders, List.of(), false);
            boolean first = true;
            while (!stopped && !closed.getAsBoolean()) {
                if (!changed.paths().isEmpty()) {
                    IndexReport report = index.apply(changed, () -> stopped);
                    if (first || report.changed()) {
                        listener.indexed(report);
                    }
                    first = false;
                }
                JsonNode told =
                        lane.call("watch_wait", json().put("watch", handle).put("seconds", WAIT_SECONDS));
                changed = new Changed(paths(told.get("paths")), paths(told.get("only")), true);
            }
            end.complete(null);
        } catch (ClosedException e) {
            end.complete(null); // the collection was closed, or this
        } catch (RuntimeException | Error e) {
            end.completeExceptionally(e);
        } finally {
            lane.callAsync("watch_close", json().put("watch", handle));
        }
    }

    /** Whether it is still watching. */
    public boolean isRunning() {
        return !end.isDone();
    }

    /**
     * Waits until it ends, at most so long.
     *
     * @return whether it has ended
     * @throws PixieException what it failed with, as when a disk is full
     * @throws InterruptedException when the calling thread is interrupted; the watch goes on
     */
    public boolean await(Duration limit) throws InterruptedException {
        try {
            end.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("the watch failed", e.getCause());
        }
    }

    /**
     * Stops watching after the batch in hand is committed, and waits for that up to {@link
     * PixieBuilder#closeTimeout}. Calling it again does nothing. Not to be called from a listener.
     */
    @Override
    public void close() {
        stopped = true;
        Await.settled(end, closeTimeout);
    }

    private static List<Path> paths(JsonNode json) {
        List<Path> paths = new ArrayList<>();
        json.forEach(path -> paths.add(FileName.path(path.asText())));
        return paths;
    }

    private static ObjectNode json() {
        return JsonNodeFactory.instance.objectNode();
    }
}
