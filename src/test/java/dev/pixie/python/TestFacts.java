package dev.pixie.python;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** What an interpreter might say about itself, and scripts that say it. */
final class TestFacts {
    private final ObjectNode json = Json.MAPPER.createObjectNode();

    private TestFacts() {}

    /** An environment with everything that Pixie needs. */
    static TestFacts usable() {
        TestFacts facts = interpreter();
        facts.json.put("prefix", "/opt/environment");
        facts.json.put("jep", PixieVersion.jep());
        facts.json.put("libjep", "/opt/environment/lib/jep/libjep.so");
        facts.json.put("libjep_has_numpy", true);
        ObjectNode packages = facts.json.putObject("packages");
        for (String name : new String[] {"numpy", "torch", "transformers", "pillow"}) {
            packages.put(name, "1.0");
        }
        return facts;
    }

    /** A CPython that suits, with nothing installed. */
    static TestFacts interpreter() {
        TestFacts facts = new TestFacts();
        facts.json
                .put("implementation", "cpython")
                .put("version", "3.11.7")
                .put("executable", "/opt/environment/bin/python")
                .put("prefix", "/opt/base")
                .put("base_prefix", "/opt/base")
                .put("shared", true)
                .put("free_threaded", false)
                .put("library_folder", "/opt/base/lib")
                .put("include_folder", "/opt/base/include")
                .put("compiler", "gcc")
                .put("site_packages", "/opt/environment/lib/site-packages")
                .putNull("jep")
                .putNull("libjep")
                .put("libjep_has_numpy", false);
        facts.json.putArray("libjep_missing");
        ObjectNode packages = facts.json.putObject("packages");
        for (String name : new String[] {"numpy", "torch", "transformers", "pillow"}) {
            packages.putNull(name);
        }
        return facts;
    }

    TestFacts executable(String path) {
        return with("executable", path);
    }

    TestFacts with(String key, String value) {
        json.put(key, value);
        return this;
    }

    TestFacts with(String key, boolean value) {
        json.put(key, value);
        return this;
    }

    TestFacts without(String name) {
        json.withObject("packages").putNull(name);
        return this;
    }

    TestFacts missingLibrary(String name) {
        json.withArray("libjep_missing").add(name);
        return this;
    }

    PythonFacts facts() {
        return PythonFacts.of(json);
    }

    /** A script that answers the probe with these facts, as the interpreter that it is. */
    Path script(Path file) {
        return script(file, "exit 1");
    }

    /** A script that answers the probe, and for anything else does what {@code otherwise} says in the shell. */
    Path script(Path file, String otherwise) {
        executable(file.toString());
        String script = """
                #!/bin/sh
                if [ "$2" = -c ] && [ "${3#*libjep}" != "$3" ]; then
                cat <<'FACTS'
                %s
                FACTS
                exit 0
                fi
                %s
                """;
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, script.formatted(json, otherwise));
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
