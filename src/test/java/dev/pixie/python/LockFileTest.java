package dev.pixie.python;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class LockFileTest {
    private static final String LOCK = """
            # made by uv
            Jinja2==3.1.6 \\
                --hash=sha256:aa \\
                --hash=sha256:bb
                # via torch

            torch==2.15.0 ; python_full_version >= '3.11' \\
                --hash=sha256:cc
            typing_extensions==4.16.0
            """;

    @Test
    void packages_keep_their_markers_and_hashes_and_lose_comments() {
        LockFile lock = LockFile.parse(LOCK);
        assertEquals(
                List.of("jinja2", "torch", "typing-extensions"),
                lock.entries().stream().map(LockFile.Entry::name).toList());
        assertEquals("""
                Jinja2==3.1.6 \\
                    --hash=sha256:aa \\
                    --hash=sha256:bb
                """, lock.only(entry -> entry.name().equals("jinja2")).toString());
    }

    @Test
    void a_requirement_is_an_entry_without_its_hashes() {
        List<String> requirements = LockFile.parse(LOCK).entries().stream()
                .map(LockFile.Entry::requirement)
                .toList();
        assertEquals(
                List.of("Jinja2==3.1.6", "torch==2.15.0 ; python_full_version >= '3.11'", "typing_extensions==4.16.0"),
                requirements);
    }

    @Test
    void a_comment_more_or_less_makes_no_difference() {
        assertEquals(LockFile.parse(LOCK), LockFile.parse(LOCK.replace("    # via torch\n", "")));
    }
}
