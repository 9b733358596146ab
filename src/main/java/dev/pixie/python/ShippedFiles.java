package dev.pixie.python;

import dev.pixie.PythonSetupException;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.CodeSource;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The folders that travel in the jar, as folders on disk.
 *
 * <p>In a checkout they are used in place. Otherwise they are extracted once to a cache folder keyed by content, so
 * that a new build never runs old files; any number of processes may ask at once. Python can't run from inside the
 * jar: numba caches nothing there, and the demo model is memory-mapped.
 */
public final class ShippedFiles {
    private static final String COMPLETE = ".complete";
    private static final String WITNESS = "/dev/pixie/version.properties";

    private ShippedFiles() {}

    /** The folder that holds the Python package {@code pixie} and the lock files: what goes on Python's path. */
    public static Path pythonTree() {
        return folder("python");
    }

    /** The folder of the pictures that {@code pixie demo} indexes. */
    public static Path pictures() {
        return folder("examples/pictures");
    }

    /** The root of the checkout that Pixie was built in, if it still runs from there. */
    public static Optional<Path> checkout() {
        CodeSource source = ShippedFiles.class.getProtectionDomain().getCodeSource();
        if (source == null || !"file".equals(source.getLocation().getProtocol())) {
            return Optional.empty();
        }
        Path target = Path.of(URI.create(source.getLocation().toString())).getParent();
        if (target == null || target.getParent() == null || !target.endsWith("target")) {
            return Optional.empty();
        }
        Path root = target.getParent();
        boolean whole = Files.isRegularFile(root.resolve("pom.xml"))
                && Files.isRegularFile(root.resolve("python/pixie/bridge.py"));
        return whole ? Optional.of(root) : Optional.empty();
    }

    private static Path folder(String name) {
        Optional<Path> inCheckout = checkout().map(root -> root.resolve(name));
        if (inCheckout.isPresent()) {
            return inCheckout.get();
        }
        Path cache = PixieHome.cache();
        try {
            SortedMap<String, ShippedFile> files = files(name);
            if (files.isEmpty()) {
                throw new PythonSetupException(
                        "This build of Pixie does not contain " + name, "use a jar that Pixie's own build made");
            }
            return extract(files, cache, name.substring(name.lastIndexOf('/') + 1));
        } catch (IOException e) {
            throw new PythonSetupException(
                    "Can't extract Pixie's files to " + cache + ": " + e,
                    "make that folder writable, or set PIXIE_HOME to one that is",
                    e);
        }
    }

    static Path extract(SortedMap<String, ShippedFile> files, Path cache, String name) throws IOException {
        // Its own name comes last: the ids of indexed pictures begin with it.
        Path folder = cache.resolve(name + "-" + fingerprint(files));
        if (Files.exists(folder.resolve(COMPLETE))) {
            return folder.resolve(name);
        }
        Files.createDirectories(cache);
        Path unfinished = Files.createTempDirectory(cache, folder.getFileName() + ".");
        try {
            for (var file : files.entrySet()) {
                Path copy = unfinished.resolve(name).resolve(file.getKey()).normalize();
                if (!copy.startsWith(unfinished)) {
                    throw new IOException("the jar holds a file outside its folder: " + file.getKey());
                }
                Files.createDirectories(Objects.requireNonNull(copy.getParent()));
                try (InputStream in = file.getValue().open()) {
                    Files.copy(in, copy);
                }
            }
            Files.createFile(unfinished.resolve(COMPLETE));
            Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // Whoever comes second finds the same files there already: the key is their content.
            if (!Files.exists(folder.resolve(COMPLETE))) {
                throw e;
            }
        } finally {
            Folders.delete(unfinished);
        }
        return folder.resolve(name);
    }

    /** One file of the jar: something that changes when its content does, and its content. */
    record ShippedFile(String fingerprint, Content content) {
        interface Content {
            InputStream open() throws IOException;
        }

        InputStream open() throws IOException {
            return content.open();
        }
    }

    private static SortedMap<String, ShippedFile> files(String name) throws IOException {
        URL witness = Objects.requireNonNull(ShippedFiles.class.getResource(WITNESS), WITNESS);
        SortedMap<String, ShippedFile> files = new TreeMap<>();
        if (witness.openConnection() instanceof JarURLConnection connection) {
            // Jars nested in jars answer here too. The JarFile is shared with the class loader: never closed.
            JarFile jar = connection.getJarFile();
            String prefix = connection.getEntryName().replaceFirst("[^/]*$", name + "/");
            jar.stream()
                    .filter(entry -> entry.getName().startsWith(prefix) && isShipped(entry.getName()))
                    .forEach(entry -> files.put(
                            entry.getName().substring(prefix.length()),
                            new ShippedFile(entry.getCrc() + " " + entry.getSize(), () -> jar.getInputStream(entry))));
            return files;
        }
        Path root = classes(witness).resolve("dev/pixie").resolve(name);
        try (Stream<Path> found = Files.walk(root)) {
            for (Path file : (Iterable<Path>)
                    found.filter(Files::isRegularFile).filter(path -> isShipped(path.toString()))::iterator) {
                String fingerprint =
                        Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis();
                String path = root.relativize(file).toString().replace('\\', '/');
                files.put(path, new ShippedFile(fingerprint, () -> Files.newInputStream(file)));
            }
        }
        return files;
    }

    /** The classes of this package lie in the folder of the Python tree. */
    private static boolean isShipped(String name) {
        return !name.endsWith("/") && !name.endsWith(".class");
    }

    private static Path classes(URL witness) throws IOException {
        try {
            return Path.of(witness.toURI()).resolve("../../..").normalize();
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }

    private static String fingerprint(SortedMap<String, ShippedFile> files) {
        StringBuilder list = new StringBuilder();
        files.forEach((name, file) ->
                list.append(name).append('\0').append(file.fingerprint()).append('\n'));
        return Digest.of(list.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 16);
    }
}
