package dev.pixie.python;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where Pixie keeps what outlives a process. The Python half has the same rule ({@code pixie.home}).
 *
 * <p>None of the folders need exist yet.
 */
public final class PixieHome {
    private PixieHome() {}

    /** {@code PIXIE_HOME}, else {@code $XDG_DATA_HOME/pixie}, else {@code ~/.local/share/pixie}; absolute. */
    public static Path home() {
        return home(System.getenv());
    }

    /** The collections that are known by name. */
    public static Path collections() {
        return home().resolve("collections");
    }

    /** What can be made again: extracted files, probe results, measurements. */
    public static Path cache() {
        return home().resolve("cache");
    }

    /** The Python environments that {@link PythonSetup} makes. */
    public static Path python() {
        return home().resolve("python");
    }

    static Path home(Map<String, String> environment) {
        Path user = Path.of(System.getProperty("user.home"));
        String chosen = environment.getOrDefault("PIXIE_HOME", "");
        if (!chosen.isEmpty()) {
            boolean inUserHome = chosen.equals("~") || chosen.startsWith("~/");
            return (inUserHome ? user.resolve(chosen.substring(Math.min(2, chosen.length()))) : Path.of(chosen))
                    .toAbsolutePath()
                    .normalize();
        }
        // The XDG specification has relative paths ignored.
        Path data = Path.of(environment.getOrDefault("XDG_DATA_HOME", ""));
        return (data.isAbsolute() ? data : user.resolve(".local").resolve("share")).resolve("pixie");
    }
}
