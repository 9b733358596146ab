package dev.pixie.python;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that runs one scene of {@link ChildScenes}: for what happens once in a process, or ends it. */
final class ChildJvm {
    private final Process process;
    private final CompletableFuture<String> err;

    private ChildJvm(Process process) {
        this.process = process;
        err = CompletableFuture.supplyAsync(() -> {
            try {
                return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** How it ended. */
    record Outcome(int exitCode, String out, String err) {}

    static Outcome run(String scene, String... arguments) throws Exception {
        return start(Map.of(), scene, arguments).end("");
    }

    static ChildJvm start(Map<String, String> environment, String scene, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        // A JVM that inherits an ignored SIGINT, as from a shell in the background, keeps ignoring it.
        command.add(PythonEnvironment.find().executable().toString());
        command.add("-Ic");
        command.add("import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
                + " os.execv(sys.argv[1], sys.argv[1:])");
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 22) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ChildScenes.class.getName(), scene));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start());
    }

    /** Reads until a line is printed. */
    void awaitLine(String line) throws IOException {
        StringBuilder seen = new StringBuilder();
        int next = process.getInputStream().read();
        while (next >= 0) {
            seen.append((char) next);
            if (seen.toString().endsWith(line + "\n")) {
                return;
            }
            next = process.getInputStream().read();
        }
        throw new AssertionError("it ended after " + seen + err.join());
    }

    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    Outcome end(String input) throws Exception {
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("it does not end");
        }
        return new Outcome(process.exitValue(), out, err.get());
    }
}
