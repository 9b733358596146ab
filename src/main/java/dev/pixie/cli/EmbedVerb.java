package dev.pixie.cli;

import dev.pixie.Embedder;
import dev.pixie.InvalidInputException;
import dev.pixie.PixieBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "embed",
        description = {
            "Prints the vectors of texts and pictures, a JSON object a line: {\"input\": ..., \"vector\": [...]}.",
            "",
            "Vectors have length 1, so that the dot product of two is their cosine."
        },
        footer = {
            "",
            "Examples:",
            "  pixie embed \"a dog\" @beach.jpg",
            "  pixie embed --model demo < texts.txt      (a text a line)"
        })
final class EmbedVerb extends VerbWithOptions {
    private static final int BATCH = 256;

    @Parameters(
            paramLabel = "INPUT",
            arity = "0..*",
            description = "Texts, and pictures as @FILE. Unless given: the lines of standard input, as texts.")
    private List<String> inputs = new ArrayList<>();

    @Mixin
    private ModelOptions model = new ModelOptions();

    private int done;
    private int failed;

    @Override
    int run(Console console) {
        if (inputs.isEmpty() && Terminal.is(Terminal.STDIN)) {
            throw usageError("nothing to embed: give texts or @FILEs, or texts a line on standard input");
        }
        String name = model.model().orElse(PixieBuilder.DEFAULT_MODEL);
        try (Embedder embedder = Embedder.open(name, model.device(), model.dtype(), python(console))) {
            if (inputs.isEmpty()) {
                embedLines(embedder, console);
            } else {
                inputs.forEach(input -> embed(input, embedder, console));
            }
        }
        if (failed == 0) {
            return ExitCode.DONE;
        }
        return done == 0 ? ExitCode.FAILED : ExitCode.SOME_FAILED;
    }

    private void embed(String input, Embedder embedder, Console console) {
        try {
            float[] vector = input.startsWith("@")
                    ? embedder.embed(FileArgument.path(input.substring(1)))
                    : embedder.embed(input);
            console.result(ResultJson.of(input, vector));
            done++;
        } catch (InvalidInputException e) {
            name(input, ErrorLine.of(e), console);
        } catch (InvalidPathException e) {
            name(input, "it names no possible file: " + e.getReason(), console);
        }
    }

    private void embedLines(Embedder embedder, Console console) {
        try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            List<String> batch = new ArrayList<>(BATCH);
            String line;
            while ((line = lines.readLine()) != null) {
                if (!line.isBlank()) {
                    batch.add(line);
                }
                if (batch.size() == BATCH) {
                    embed(batch, embedder, console);
                }
            }
            embed(batch, embedder, console);
        } catch (IOException e) {
            throw new InvalidInputException("standard input can't be read: " + e.getMessage());
        }
    }

    private void embed(List<String> batch, Embedder embedder, Console console) {
        List<float[]> vectors = embedder.embed(batch);
        for (int i = 0; i < batch.size(); i++) {
            console.result(ResultJson.of(batch.get(i), vectors.get(i)));
        }
        done += batch.size();
        batch.clear();
    }

    private void name(String input, String why, Console console) {
        failed++;
        console.error(TextWidth.printable(input) + ": " + why);
    }
}
