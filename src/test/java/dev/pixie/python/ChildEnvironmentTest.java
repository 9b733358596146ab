package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ChildEnvironmentTest {
    @Test
    void settings_that_would_install_something_else_or_elsewhere_are_left_out() {
        Map<String, String> own = Map.of(
                "PYTHONPATH", "/mine",
                "PYTHONDONTWRITEBYTECODE", "1",
                "PIP_TARGET", "/elsewhere",
                "PIP_USER", "1",
                "VIRTUAL_ENV", "/other",
                "UV_PYTHON", "3.9",
                "UV_NO_BINARY", "1",
                "PATH", "/bin");
        Map<String, String> kept = ChildEnvironment.forUv(own, "");
        for (String name : own.keySet()) {
            assertEquals(name.equals("PATH"), kept.containsKey(name), name);
        }
    }

    @Test
    void sources_certificates_and_proxies_stay_the_users() {
        Map<String, String> own = Map.of(
                "PIP_INDEX_URL", "https://mirror.example/simple",
                "PIP_CERT", "/etc/cert.pem",
                "SSL_CERT_FILE", "/etc/cert.pem",
                "HTTPS_PROXY", "http://proxy.example",
                "UV_CACHE_DIR", "/cache",
                "UV_DEFAULT_INDEX", "https://mirror.example/simple");
        Map<String, String> kept = ChildEnvironment.forUv(own, "");
        own.forEach((name, value) -> assertEquals(value, kept.get(name)));
    }

    @Test
    void uv_is_told_what_pip_is_set_to() {
        String settings = """
                global.cert='/etc/company.pem'
                global.index-url='https://mirror.example/simple'
                install.trusted-host='mirror.example'
                :env:.extra-index-url='https://a.example\\nhttps://b.example'
                """;
        Map<String, String> told = ChildEnvironment.forUv(Map.of(), settings);
        assertEquals("/etc/company.pem", told.get("SSL_CERT_FILE"));
        assertEquals("https://mirror.example/simple", told.get("UV_DEFAULT_INDEX"));
        assertEquals("mirror.example", told.get("UV_INSECURE_HOST"));
        assertEquals("https://a.example https://b.example", told.get("UV_INDEX"));
    }

    @Test
    void what_uv_is_told_already_goes_before_what_pip_is_set_to() {
        Map<String, String> told = ChildEnvironment.forUv(
                Map.of("UV_INDEX_URL", "https://own.example", "https_proxy", "http://own"),
                "global.index-url='https://mirror.example'\nglobal.proxy='http://other'\n");
        assertFalse(told.containsKey("UV_DEFAULT_INDEX"));
        assertNull(told.get("ALL_PROXY"));
    }
}
