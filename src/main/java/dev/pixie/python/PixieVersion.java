package dev.pixie.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** The versions this build is made of. The Python half must have the same ones. */
public final class PixieVersion {
    private static final Properties VERSIONS = read();

    private PixieVersion() {}

    /** Pixie's version, such as {@code 0.1.0}. */
    public static String get() {
        return Objects.requireNonNull(VERSIONS.getProperty("pixie"));
    }

    /** The version of jep that this build was compiled against; the Python side must have exactly the same. */
    public static String jep() {
        return Objects.requireNonNull(VERSIONS.getProperty("jep"));
    }

    private static Properties read() {
        Properties versions = new Properties();
        try (InputStream in = PixieVersion.class.getResourceAsStream("/dev/pixie/version.properties")) {
            versions.load(Objects.requireNonNull(in, "version.properties is missing from the jar"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
