package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an interpreter says about itself, without Pixie's judgement of it.
 *
 * @param executable the interpreter, absolute; inside a virtual environment the environment's own
 * @param version such as {@code 3.11.7}
 * @param prefix the environment's folder
 * @param basePrefix the folder of the interpreter that the environment was made from; {@code prefix} if it is none
 * @param shared whether it was built with a shared libpython, without which it can't be embedded
 * @param freeThreaded whether it was built without the global interpreter lock
 * @param jep the version of the jep package
 * @param libjep jep's native library
 * @param libjepMissing libraries that {@code libjep} needs and the dynamic loader can't find
 * @param libjepHasNumpy whether jep was built with numpy support
 * @param packages versions of the packages that Pixie needs; a missing one has no entry
 * @param wanted the names of all the packages that Pixie needs
 * @param build where the interpreter's headers, libraries and compiler are, for building jep
 * @param sitePackages where its packages are installed
 */
public record PythonFacts(
        Path executable,
        String implementation,
        String version,
        Path prefix,
        Path basePrefix,
        boolean shared,
        boolean freeThreaded,
        Optional<String> jep,
        Optional<Path> libjep,
        List<String> libjepMissing,
        boolean libjepHasNumpy,
        Map<String, String> packages,
        List<String> wanted,
        Build build,
        Path sitePackages) {

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*");

    /** What building jep takes. Empty strings where the interpreter does not say. */
    public record Build(String libraryFolder, String includeFolder, String compiler) {}

    /** Whether it is a virtual environment. */
    public boolean isVirtual() {
        return !prefix.equals(basePrefix);
    }

    /** The second number of the version: 11 for 3.11.7; -1 if it is not a Python 3. */
    int minor() {
        Matcher matcher = VERSION.matcher(version);
        return matcher.matches() && "3".equals(matcher.group(1)) ? Integer.parseInt(matcher.group(2)) : -1;
    }

    static PythonFacts of(JsonNode json) {
        Map<String, String> packages = new LinkedHashMap<>();
        List<String> wanted = new ArrayList<>();
        for (var entry : json.required("packages").properties()) {
            wanted.add(entry.getKey());
            if (entry.getValue().isTextual()) {
                packages.put(entry.getKey(), entry.getValue().textValue());
            }
        }
        List<String> missing = new ArrayList<>();
        json.required("libjep_missing").forEach(library -> missing.add(library.asText()));
        return new PythonFacts(
                Path.of(json.required("executable").asText()),
                json.required("implementation").asText(),
                json.required("version").asText(),
                Path.of(json.required("prefix").asText()),
                Path.of(json.required("base_prefix").asText()),
                json.required("shared").asBoolean(),
                json.required("free_threaded").asBoolean(),
                text(json, "jep"),
                text(json, "libjep").map(Path::of),
                List.copyOf(missing),
                json.required("libjep_has_numpy").asBoolean(),
                Map.copyOf(packages),
                List.copyOf(wanted),
                new Build(
                        text(json, "library_folder").orElse(""),
                        text(json, "include_folder").orElse(""),
                        text(json, "compiler").orElse("")),
                Path.of(json.required("site_packages").asText()));
    }

    private static Optional<String> text(JsonNode json, String key) {
        return Optional.ofNullable(json.required(key).textValue());
    }
}
