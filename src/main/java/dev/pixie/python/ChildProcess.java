package dev.pixie.python;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A command that runs to its end, and dies with this process, its time limit, or an interrupt of the caller. */
final class ChildProcess {
    private static final int KEPT_LINES = 200;

    private final List<String> command;
    private final Map<String, String> environment;
    private final Duration limit;
    private Consumer<String> errorLines = line -> {};

    /**
     * A command with its whole environment.
     *
     * @param limit after which it is killed
     */
    ChildProcess(List<String> command, Map<String, String> environment, Duration limit) {
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.limit = limit;
    }

    /** Gets each line of standard error as it is written, on a thread of its own. */
    ChildProcess onErrorLine(Consumer<String> listener) {
        errorLines = listener;
        return this;
    }

    /** How a command ended; {@code errors} are the last lines of its standard error. */
    record Outcome(int exitCode, String output, List<String> errors) {
        boolean succeeded() {
            return exitCode == 0;
        }

        /** The last line of standard error that says anything, or the exit code. */
        String lastError() {
            for (int i = errors.size() - 1; i >= 0; i--) {
                if (!errors.get(i).isBlank()) {
                    return errors.get(i).strip();
                }
            }
            return "exit code " + exitCode;
        }
    }

    /**
     * Runs the command.
     *
     * @throws IOException if it can't be started or takes too long
     * @throws InterruptedException if the calling thread is interrupted; the command is killed first
     */
    Outcome run() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        Thread killer = new Thread(() -> kill(process), "pixie-kill-" + process.pid());
        Runtime.getRuntime().addShutdownHook(killer);
        try {
            process.getOutputStream().close();
            CompletableFuture<List<String>> errors = read(() -> lines(process.errorReader(StandardCharsets.UTF_8)));
            CompletableFuture<String> output =
                    read(() -> new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(name() + " took longer than " + limit.toSeconds() + " s");
            }
            return new Outcome(process.exitValue(), output.join(), errors.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof UncheckedIOException io ? io.getCause() : new IOException(e.getCause());
        } finally {
            kill(process);
            forget(killer);
        }
    }

    private static void kill(Process process) {
        if (process.isAlive()) {
            List<ProcessHandle> tree = process.descendants().toList();
            process.destroyForcibly();
            tree.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static void forget(Thread killer) {
        try {
            Runtime.getRuntime().removeShutdownHook(killer);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs, or ran, already.
        }
    }

    private List<String> lines(BufferedReader reader) throws IOException {
        Deque<String> kept = new ArrayDeque<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            errorLines.accept(line);
            if (kept.size() == KEPT_LINES) {
                kept.removeFirst();
            }
            kept.addLast(line);
        }
        return Collections.unmodifiableList(List.copyOf(kept));
    }

    private interface Reading<T> {
        T get() throws IOException;
    }

    private static <T> CompletableFuture<T> read(Reading<T> reading) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(reading.get());
                    } catch (IOException e) {
                        result.completeExceptionally(new UncheckedIOException(e));
                    } catch (RuntimeException | Error e) {
                        result.completeExceptionally(e);
                    }
                },
                "pixie-read");
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private String name() {
        return Path.of(command.get(0)).getFileName().toString();
    }
}
