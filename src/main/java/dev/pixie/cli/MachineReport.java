package dev.pixie.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.python.PythonEnvironment;
import dev.pixie.python.ShippedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What the Python half says about this machine ({@code pixie.machine}), asked in a child process. */
final class MachineReport {
    private MachineReport() {}

    /** The report as JSON, or nothing if that Python can't even say this much. */
    static Optional<JsonNode> ask(PythonEnvironment python, String model) {
        ProcessBuilder builder = new ProcessBuilder(python.executable().toString(), "-m", "pixie.machine", model)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("PYTHONPATH", ShippedFiles.pythonTree().toString());
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(new ObjectMapper().readTree(answer)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
