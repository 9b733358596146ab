package dev.pixie.python;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Environment variables for pip and uv: the user's own, without those that would make them install something else, or
 * somewhere else. Where packages come from, certificates and proxies stay the user's; what pip is told of them is told
 * to uv, too, which reads none of pip's settings.
 */
final class ChildEnvironment {
    private static final List<String> KEPT_OF_PIP = List.of(
            "PIP_CACHE_DIR",
            "PIP_CERT",
            "PIP_CLIENT_CERT",
            "PIP_CONFIG_FILE",
            "PIP_DEFAULT_TIMEOUT",
            "PIP_EXTRA_INDEX_URL",
            "PIP_FIND_LINKS",
            "PIP_INDEX_URL",
            "PIP_KEYRING_PROVIDER",
            "PIP_NO_INDEX",
            "PIP_PROXY",
            "PIP_RETRIES",
            "PIP_TIMEOUT",
            "PIP_TRUSTED_HOST");

    private static final Pattern KEPT_OF_UV = Pattern.compile("UV_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX_URL|FIND_LINKS"
            + "|NO_INDEX|CACHE_DIR|NO_CACHE|CONFIG_FILE|HTTP_.*|REQUEST_TIMEOUT|CONCURRENT_.*|INSECURE_HOST"
            + "|KEYRING_PROVIDER|LINK_MODE|NATIVE_TLS|SYSTEM_CERTS|OFFLINE)");

    /** A line of {@code pip config list}: {@code global.index-url='https://...'}. */
    private static final Pattern SETTING = Pattern.compile("[^.]*\\.(?<name>[\\w-]+)='(?<value>.*)'");

    private ChildEnvironment() {}

    static Map<String, String> forPip(Map<String, String> own) {
        Map<String, String> kept = new HashMap<>(own);
        kept.keySet().removeIf(ChildEnvironment::leadsAstray);
        kept.put("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        kept.put("PIP_NO_INPUT", "1");
        return kept;
    }

    /**
     * The same for uv.
     *
     * @param pipSettings what {@code pip config list} prints, environment variables included
     */
    static Map<String, String> forUv(Map<String, String> own, String pipSettings) {
        Map<String, String> kept = forPip(own);
        Map<String, String> pip = new HashMap<>();
        Matcher setting = SETTING.matcher("");
        pipSettings.lines().forEach(line -> {
            if (setting.reset(line).matches()) {
                pip.put(setting.group("name"), setting.group("value").replace("\\n", " "));
            }
        });
        translate(pip, "index-url", kept, "UV_DEFAULT_INDEX", "UV_INDEX_URL");
        translate(pip, "extra-index-url", kept, "UV_INDEX", "UV_EXTRA_INDEX_URL");
        translate(pip, "trusted-host", kept, "UV_INSECURE_HOST");
        translate(pip, "cert", kept, "SSL_CERT_FILE");
        translate(pip, "proxy", kept, "ALL_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy");
        kept.putIfAbsent("UV_HTTP_TIMEOUT", "180"); // a slow mirror must not end a download of gigabytes
        kept.put("UV_PYTHON_DOWNLOADS", "never");
        kept.put("UV_NO_PROGRESS", "1");
        return kept;
    }

    private static void translate(
            Map<String, String> pip, String setting, Map<String, String> uv, String variable, String... others) {
        String value = pip.getOrDefault(setting, "").strip();
        boolean said = uv.containsKey(variable) || List.of(others).stream().anyMatch(uv::containsKey);
        if (!value.isEmpty() && !said) {
            uv.put(variable, value);
        }
    }

    private static boolean leadsAstray(String name) {
        return name.startsWith("PYTHON")
                || name.startsWith("CONDA_")
                || name.equals("VIRTUAL_ENV")
                || (name.startsWith("PIP_") && !KEPT_OF_PIP.contains(name))
                || (name.startsWith("UV_") && !KEPT_OF_UV.matcher(name).matches());
    }
}
