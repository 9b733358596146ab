package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The Python environments in Pixie's home.
 *
 * <p>The name of each is its key: the interpreter, the build of torch, and a hash of the locks. So checkouts with the
 * same locks share one, and a changed lock never meets an old one. Beside them, {@code chosen-<hash of the locks>.json}
 * names the environment in use.
 */
record Environments(Path folder) {
    private static final List<String> LOCKS = List.of("requirements.lock", "requirements-uv.lock");
    private static final int KEY_LENGTH = 12;

    static Environments inHome() {
        return new Environments(PixieHome.python());
    }

    /** Where the environment of this interpreter and this build of torch belongs. */
    EnvironmentFolder of(PythonFacts base, TorchBuild torch) {
        String made = String.join("\0", locks(), base.basePrefix().toString(), base.version(), torch.key());
        String key = Digest.of(made.getBytes(StandardCharsets.UTF_8)).substring(0, KEY_LENGTH);
        return new EnvironmentFolder(folder.resolve("%s-%s-%s".formatted(base.version(), torch.key(), key)));
    }

    /** A complete environment that was made from this interpreter, whatever its build of torch. */
    Optional<EnvironmentFolder> madeFrom(PythonFacts base) {
        for (TorchBuild torch : TorchBuild.values()) {
            EnvironmentFolder made = of(base, torch);
            if (made.isComplete()) {
                return Optional.of(made);
            }
        }
        return Optional.empty();
    }

    /** The interpreter that was chosen for these locks, if it is still there. */
    Optional<Path> chosen() {
        try {
            JsonNode choice = Json.MAPPER.readTree(Files.readAllBytes(choiceFile()));
            return Optional.ofNullable(choice.path("executable").textValue())
                    .map(Path::of)
                    .filter(Files::isExecutable);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Makes an interpreter the one that Pixie runs on unless told otherwise. */
    void choose(Path executable) throws IOException {
        if (!chosen().equals(Optional.of(executable))) {
            Folders.write(choiceFile(), Json.MAPPER.writeValueAsBytes(Map.of("executable", executable.toString())));
        }
    }

    private Path choiceFile() {
        return folder.resolve("chosen-" + locks().substring(0, KEY_LENGTH) + ".json");
    }

    /** Comments don't count. */
    private static String locks() {
        byte[][] contents = new byte[LOCKS.size()][];
        for (int i = 0; i < contents.length; i++) {
            String lock = LOCKS.get(i);
            try (InputStream in = Environments.class.getResourceAsStream("/dev/pixie/python/" + lock)) {
                byte[] text = Objects.requireNonNull(in, lock + " is missing from the jar")
                        .readAllBytes();
                contents[i] = LockFile.parse(new String(text, StandardCharsets.UTF_8))
                        .toString()
                        .getBytes(StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new PythonSetupException("Pixie's own files can't be read: " + e, "install Pixie again", e);
            }
        }
        return Digest.of(contents);
    }
}
