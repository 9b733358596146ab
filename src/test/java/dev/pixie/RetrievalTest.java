package dev.pixie;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Finds drawings of a style that the demo model never saw, through everything from file to hit. */
@Tag("python")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RetrievalTest {
    private static final Path DRAWINGS = Path.of("tests/data/pictures_unseen").toAbsolutePath();

    /** Guessing gives 0.01 and 0.05. */
    private static final double LEAST_FIRST = 0.55;

    private static final double LEAST_AMONG_FIVE = 0.75;

    private Pixie pixie;

    @BeforeAll
    void index(@TempDir Path folder) {
        pixie = Pixie.builder(folder.resolve("drawings")).model("demo").open();
        IndexReport report = pixie.index(List.of(DRAWINGS), IndexOptions.DEFAULT, ProgressListener.NONE);
        assertEquals(104, report.added());
    }

    @AfterAll
    void close() {
        pixie.close();
    }

    @Test
    void words_find_the_drawings_they_name() throws Exception {
        List<String> missed = new ArrayList<>();
        int first = 0;
        JsonNode queries =
                new ObjectMapper().readTree(DRAWINGS.resolve("queries.json").toFile());
        for (Map.Entry<String, JsonNode> query : queries.properties()) {
            List<String> right = new ArrayList<>();
            query.getValue().forEach(name -> right.add("pictures_unseen/" + name.asText()));
            List<String> found = ids(Query.text(query.getKey()).limit(5));
            first += right.contains(found.get(0)) ? 1 : 0;
            if (found.stream().noneMatch(right::contains)) {
                missed.add(query.getKey());
            }
        }
        double all = queries.size();
        assertTrue(first / all >= LEAST_FIRST, first + " of " + all + " first");
        assertTrue(1 - missed.size() / all >= LEAST_AMONG_FIVE, "not among the first five: " + missed);
    }

    @Test
    void a_drawing_finds_itself_and_its_own_kind() {
        List<String> found =
                ids(Query.of(Term.picture(DRAWINGS.resolve("cat.png"))).limit(5));
        assertEquals("pictures_unseen/cat.png", found.get(0));
    }

    @Test
    void minus_takes_hits_away() {
        Query animals = Query.text("an animal").limit(104);
        Query notCats =
                Query.of(Term.text("an animal"), Term.text("a cat").minus()).limit(104);
        assertTrue(rankOf("cat.png", notCats) > rankOf("cat.png", animals));
    }

    private int rankOf(String drawing, Query query) {
        return ids(query).indexOf("pictures_unseen/" + drawing);
    }

    private List<String> ids(Query query) {
        return pixie.search(query).hits().stream().map(Hit::id).toList();
    }
}
