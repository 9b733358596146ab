package dev.pixie.cli;

import dev.pixie.PixieBuilder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which model a verb runs, and how. */
final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "A CLIP model: a Hugging Face repository id, a folder, or 'demo'. Unless given: the one the"
                    + " collection was made with, and " + PixieBuilder.DEFAULT_MODEL + " for a new one.")
    private @Nullable String model;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "Where it runs: auto, cpu, cuda or cuda:N. Unless given: ${DEFAULT-VALUE}.")
    private String device = "auto";

    @Option(
            names = "--dtype",
            paramLabel = "DTYPE",
            defaultValue = "auto",
            description = "Its precision: auto (the fastest that keeps its vectors), float32, bfloat16 or float16.")
    private String dtype = "auto";

    Optional<String> model() {
        return Optional.ofNullable(model);
    }

    String device() {
        return device;
    }

    String dtype() {
        return dtype;
    }

    PixieBuilder applyTo(PixieBuilder builder) {
        builder.device(device).dtype(dtype);
        return model == null ? builder : builder.model(model);
    }
}
