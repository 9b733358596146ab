package dev.pixie.python;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.PixieException;
import dev.pixie.PythonFailure;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One thread with one Python interpreter of its own, for the life of the process.
 *
 * <p>Calls from any thread run here one after the other. All lanes share Python's modules and its global lock, which
 * numpy, torch and Pillow release while they compute. A call that is made on the lane's own thread, such as one from a
 * callback, runs at once instead of waiting for itself.
 *
 * <p>Thread-safe. Futures complete on the lane's thread: what is chained to them must be short and must not wait for
 * anything.
 */
public final class Lane {
    /**
     * Python's recursion limit can take 8 MB of stack, and running out of it ends the JVM without a word. Java gives a
     * thread 1 MB unless told otherwise.
     */
    private static final long STACK_BYTES = 16L << 20;

    private final PriorityBlockingQueue<LaneTask<?>> waiting = new PriorityBlockingQueue<>(11, LaneTask.ORDER);
    private final AtomicLong arrivals = new AtomicLong();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private final Thread thread;
    private volatile boolean busy;
    private @Nullable Interpreter interpreter; // the lane's thread's alone

    /** The one way into Python; used by one thread, the lane's. */
    interface Interpreter {
        /** Calls {@code pixie.bridge.call} and gives back what it returns. */
        String call(String function, String argument, NativeArray... arrays);

        /** Lets the process end without the exit handlers that native libraries have registered. */
        void skipExitHandlers();
    }

    Lane(String name, Callable<Interpreter> opening) {
        thread = new Thread(null, () -> run(opening), name, STACK_BYTES, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(Lane.class.getClassLoader());
        thread.start();
    }

    /**
     * Waits until the interpreter is open, whatever interrupts come in between.
     *
     * @throws CompletionException with what kept it from opening; jep throws an {@code Error}
     */
    void awaitOpen() {
        opened.join();
    }

    /**
     * Calls a function of {@code pixie.bridge} and waits for its answer.
     *
     * <p>An interrupt while the call waits for its turn takes it back. Once Python has begun, nothing can stop it and
     * the arrays are its own: the call is waited for, and the thread's interrupt status is set again.
     *
     * @param argument what Jackson can write: a map, a record, a tree
     * @return the function's answer
     * @throws PixieException what the function reported
     * @throws CancellationException if the thread was interrupted before the call began
     */
    public JsonNode call(String function, Object argument, NativeArray... arrays) {
        LaneTask<JsonNode> task = task(LaneTask.Urgency.NORMAL, function, argument, arrays);
        if (isCurrent()) {
            task.run();
        } else {
            waiting.add(task);
        }
        return task.await();
    }

    /**
     * Calls a function of {@code pixie.bridge}. The future fails with what the function reported. Cancelling it takes
     * the call back if it has not begun; if it has, Python goes on, and the arrays stay its own.
     */
    public CompletableFuture<JsonNode> callAsync(String function, Object argument, NativeArray... arrays) {
        return submit(task(LaneTask.Urgency.NORMAL, function, argument, arrays));
    }

    /** As {@link #callAsync}, but ahead of everything that waits without urgency. */
    CompletableFuture<JsonNode> callUrgently(String function, Object argument, NativeArray... arrays) {
        return submit(task(LaneTask.Urgency.URGENT, function, argument, arrays));
    }

    /** Runs something on the lane's thread, where calls need not wait. */
    public <T> CompletableFuture<T> submit(Callable<T> work) {
        return submit(new LaneTask<>(LaneTask.Urgency.NORMAL, arrivals.getAndIncrement(), work));
    }

    /** Runs something after what waits now, also when it is asked for on the lane's own thread. */
    void later(Runnable work) {
        waiting.add(new LaneTask<>(
                LaneTask.Urgency.NORMAL, arrivals.getAndIncrement(), Executors.callable(work, Boolean.TRUE)));
    }

    /** Whether the calling thread is the lane's own. */
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Lets the process end without the exit handlers that native libraries have registered. */
    CompletableFuture<Boolean> skipExitHandlers() {
        return submit(() -> {
            opened().skipExitHandlers();
            return true;
        });
    }

    /** How many tasks wait or run. */
    int load() {
        return waiting.size() + (busy ? 1 : 0);
    }

    private <T> CompletableFuture<T> submit(LaneTask<T> task) {
        if (isCurrent()) {
            task.run();
        } else {
            waiting.add(task);
        }
        return task.result();
    }

    private LaneTask<JsonNode> task(LaneTask.Urgency urgency, String function, Object argument, NativeArray... arrays) {
        String text = Json.ascii(argument);
        return new LaneTask<>(urgency, arrivals.getAndIncrement(), () -> invoke(function, text, arrays));
    }

    private JsonNode invoke(String function, String argument, NativeArray... arrays) {
        String answer = opened().call(function, argument, arrays);
        try {
            JsonNode json = Json.MAPPER.readTree(answer);
            JsonNode error = json.get("error");
            if (error != null) {
                throw PythonErrors.toException(error);
            }
            return json.required("ok");
        } catch (JsonProcessingException e) {
            PythonFailure failure = new PythonFailure(
                    "pixie.bridge", function + " gave no JSON back: " + e.getOriginalMessage(), null, "");
            failure.initCause(e);
            throw failure;
        }
    }

    private Interpreter opened() {
        return Objects.requireNonNull(interpreter, "tasks run after the lane is open");
    }

    private void run(Callable<Interpreter> opening) {
        Interpreter open;
        try {
            open = opening.call();
        } catch (Throwable e) { // jep reports a failed start as an Error
            opened.completeExceptionally(e);
            return;
        }
        interpreter = open;
        opened.complete(null);
        while (true) {
            try {
                LaneTask<?> task = waiting.take();
                busy = true;
                if (ExitGuard.isEnding()) {
                    open.skipExitHandlers();
                }
                task.run();
            } catch (InterruptedException e) {
                // Nobody has a reason to interrupt a lane, and it must outlive the attempt.
            } finally {
                busy = false;
            }
        }
    }
}
