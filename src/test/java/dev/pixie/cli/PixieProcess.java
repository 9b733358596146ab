package dev.pixie.cli;

import dev.pixie.python.PythonEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs the command line as a user does: a process of its own with a home of its own. */
final class PixieProcess {
    private static final int LIMIT_MINUTES = 5;

    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<String> launcher = new ArrayList<>();
    private String classPath = System.getProperty("java.class.path");
    private Path folder = Path.of("").toAbsolutePath();
    private byte[] input = {};

    private PixieProcess(Path home) {
        environment.put("PIXIE_HOME", home.toString());
        environment.put("PIXIE_SETUP", "");
    }

    /** A process that finds no Python. */
    static PixieProcess withoutPython(Path home) {
        return new PixieProcess(home).environment("PIXIE_PYTHON", "");
    }

    /** A process that runs on the Python of this build. */
    static PixieProcess withPython(Path home) {
        return new PixieProcess(home).environment("PIXIE_PYTHON", python());
    }

    /** The Python of this build. */
    static String python() {
        return PythonEnvironment.find().executable().toString();
    }

    PixieProcess environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    PixieProcess in(Path folder) {
        this.folder = folder;
        return this;
    }

    PixieProcess classPath(String classPath) {
        this.classPath = classPath;
        return this;
    }

    PixieProcess input(String text) {
        input = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    /** Starts the process through another program, which is given the command as its last arguments. */
    PixieProcess through(String... command) {
        launcher.addAll(List.of(command));
        return this;
    }

    /** What the process did, complete. */
    record Outcome(int exitCode, String out, String err) {
        List<String> lines() {
            return out.lines().toList();
        }
    }

    Process start(String... words) {
        List<String> command = new ArrayList<>(launcher);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classPath));
        command.add("dev.pixie.cli.Main");
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Outcome run(String... words) {
        Process process = start(words);
        CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
        CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException e) {
            // the process did not want its input
        }
        return new Outcome(exitCode(process), out.join(), err.join());
    }

    static int exitCode(Process process) {
        try {
            if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("the process did not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError(e);
        }
    }

    static String text(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
