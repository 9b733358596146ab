package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pixie.python.Lane;
import dev.pixie.python.LaneKind;
import dev.pixie.python.PythonRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Terms are read in Java without a Python, and must be read as the Python half reads them. */
@Tag("python")
class TermSyntaxTest {
    @Test
    void both_halves_read_a_term_the_same() {
        Lane lane = PythonRuntime.start().lane(LaneKind.SEARCH);
        for (String source : sources()) {
            assertEquals(inPython(lane, source), inJava(source), "'" + source + "'");
        }
    }

    /** Terms made of the pieces that mean something, and of some that do not. */
    private static List<String> sources() {
        String[] pieces = {
            "@", "id:", "text:", ":", "0.5:", "-1:", "+.5:", "2.:", "1e3:", "0:", "٣:", " ", "\n", "dog", "a/b.jpg",
            "zz:", "😀", "."
        };
        Random random = new Random(1);
        List<String> sources = new ArrayList<>(List.of("", "1:", "9".repeat(400) + ":dog"));
        for (int i = 0; i < 2000; i++) {
            StringBuilder source = new StringBuilder();
            for (int n = random.nextInt(5); n >= 0; n--) {
                source.append(pieces[random.nextInt(pieces.length)]);
            }
            sources.add(source.toString());
        }
        return sources;
    }

    private static String inPython(Lane lane, String source) {
        try {
            JsonNode term = lane.call("parse_term", Map.of("text", source));
            String kind = term.has("text") ? "text" : term.has("path") ? "path" : "id";
            return term.get("weight").asDouble() + " " + kind + " "
                    + term.get(kind).asText();
        } catch (InvalidInputException e) {
            return "refused";
        }
    }

    private static String inJava(String source) {
        try {
            Term term = Term.parse(source);
            return term.weight() + " "
                    + switch (term.kind()) {
                        case TEXT -> "text " + term.text().orElseThrow();
                        case ITEM -> "id " + term.item().orElseThrow();
                        default -> "path " + term.file().map(Path::toString).orElseThrow();
                    };
        } catch (InvalidInputException e) {
            return "refused";
        }
    }
}
