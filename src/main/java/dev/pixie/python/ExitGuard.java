package dev.pixie.python;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Keeps the end of the JVM from hanging while a lane computes.
 *
 * <p>At the end, C runs the exit handlers of numpy and torch, which take down threads that are at work: a process that
 * ended in a matrix product was seen to wait for ever for one of OpenBLAS's threads, in {@code blas_thread_shutdown}.
 * So if a lane is busy when the JVM goes down, or becomes so, the process leaves without them. Files need none of them:
 * what was reported as done is on disk.
 */
final class ExitGuard {
    private static final long LIMIT_SECONDS = 2;

    private static volatile boolean ending;

    private ExitGuard() {}

    /**
     * Begins to watch; once in a process.
     *
     * @param busy whether some lane computes
     * @param spareLane opens a lane that has nothing else to do
     */
    static void install(BooleanSupplier busy, Supplier<Lane> spareLane) {
        Thread hook = new Thread(
                () -> {
                    ending = true;
                    if (busy.getAsBoolean()) {
                        skipExitHandlers(spareLane.get());
                    }
                },
                "pixie-exit");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the JVM is going down, so that work that begins now may be met by the exit handlers. */
    static boolean isEnding() {
        return ending;
    }

    private static void skipExitHandlers(Lane lane) {
        try {
            lane.skipExitHandlers().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            System.getLogger(ExitGuard.class.getName())
                    .log(System.Logger.Level.DEBUG, "The exit handlers of native libraries will run", e);
        }
    }
}
