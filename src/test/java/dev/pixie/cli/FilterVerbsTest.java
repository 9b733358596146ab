package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.Item;
import dev.pixie.Pixie;
import dev.pixie.cli.PixieProcess.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters, orders, facets and changes of metadata on the command line, each in a process of its own. */
@Tag("python")
class FilterVerbsTest {
    @TempDir
    Path home;

    private String photos;

    @BeforeEach
    void fill() {
        photos = home.resolve("photos").toString();
        try (Pixie pixie = Pixie.builder(Path.of(photos)).model("demo").open()) {
            pixie.add(
                    Item.text("a", "a red house").withMetadata(Map.of("year", 2020, "tag", List.of("red", "house"))),
                    Item.text("b", "a blue house").withMetadata(Map.of("year", 2021, "tag", "blue")),
                    Item.text("c", "a red car"));
        }
    }

    private Outcome run(String verb, String... words) {
        List<String> all = new ArrayList<>(List.of(verb, "-c", photos));
        all.addAll(List.of(words));
        return PixieProcess.withPython(home).run(all.toArray(String[]::new));
    }

    private static List<JsonNode> json(Outcome outcome) throws IOException {
        assertEquals(0, outcome.exitCode(), outcome.err());
        List<JsonNode> objects = new ArrayList<>();
        for (String line : outcome.lines()) {
            objects.add(new ObjectMapper().readTree(line));
        }
        return objects;
    }

    private static List<String> ids(Outcome outcome) throws IOException {
        return json(outcome).stream().map(item -> item.get("id").textValue()).toList();
    }

    @Test
    void a_filter_chooses_what_is_listed_found_and_counted() throws IOException {
        assertEquals(List.of("a", "b"), ids(run("list", "--where", "year >= 2020")));
        assertEquals(List.of("b", "a", "c"), ids(run("list", "--sort", "year:desc")));
        assertEquals(List.of("a"), ids(run("list", "--sort", "year:desc", "--offset", "1", "-k", "1")));
        assertEquals(List.of("c"), ids(run("search", "a blue house", "--where", "year is null")));
        assertEquals(
                List.of("c", "a"),
                ids(run("search", "a red car", "--where", "not tag = 'blue' or id = 'c'", "--sort", "id:desc")));
        assertEquals(
                2, json(run("stats", "--where", "has year")).get(0).get("items").asInt());
        assertEquals(List.of(), ids(run("list", "--missing")));
    }

    @Test
    void facets_are_a_line_each() throws IOException {
        List<JsonNode> tags = json(run("facets", "tag"));
        assertEquals(3, tags.size());
        assertEquals("{\"value\":\"blue\",\"count\":1}", tags.get(0).toString());
        assertEquals(
                "[{\"value\":2021,\"count\":1}]",
                json(run("facets", "year", "--where", "tag = 'blue'")).toString());
    }

    @Test
    void metadata_is_set_by_ids_and_by_filters() throws IOException {
        Outcome some = run("set", "a", "nobody", "rating=5", "title=A house", "exif.iso=100", "tag=");
        assertEquals(3, some.exitCode(), some.err());
        assertTrue(some.out().startsWith("changed 1 item of"), some.out());
        JsonNode metadata = json(run("show", "a")).get(0).get("metadata");
        assertEquals("{\"year\":2020,\"rating\":5,\"title\":\"A house\",\"exif\":{\"iso\":100}}", metadata.toString());
        assertEquals(
                0,
                run("set", "--where", "has year", "done=true", "--unset", "year", "--yes")
                        .exitCode());
        assertEquals(List.of("a", "b"), ids(run("list", "--where", "done = true and year is null")));
        assertEquals(1, run("set", "--where", "year = 1", "done=true", "--yes").exitCode());
    }

    @Test
    void items_that_a_filter_matches_are_removed_when_nobody_is_to_be_asked() throws IOException {
        Outcome unasked = run("remove", "--where", "has year");
        assertEquals(2, unasked.exitCode(), unasked.err());
        assertTrue(unasked.err().contains("add --yes"), unasked.err());
        assertTrue(run("remove", "--where", "has year", "--yes").out().startsWith("removed 2 items"));
        assertEquals(List.of("c"), ids(run("list")));
        Outcome none = run("remove", "--where", "has year", "--yes");
        assertEquals(1, none.exitCode());
        assertTrue(none.err().contains("matches the filter"), none.err());
    }

    @Test
    void a_filter_that_is_written_wrongly_is_shown_with_the_place() {
        for (String verb : List.of("list", "stats")) {
            Outcome wrong = run(verb, "--where", "year >= 2020 adn x = 1");
            List<String> said = wrong.err().lines().toList();
            assertEquals(2, wrong.exitCode(), wrong.err());
            assertEquals("", wrong.out());
            assertEquals(3, said.size(), wrong.err());
            assertTrue(
                    said.get(0).startsWith("pixie: the filter is wrong at character 14: expected and, or or the end"),
                    wrong.err());
            assertEquals("  year >= 2020 adn x = 1", said.get(1));
            assertEquals(" ".repeat(15) + "^", said.get(2));
        }
        assertEquals(1, run("list", "--where", "width = 'wide'").exitCode());
    }

    @Test
    void words_that_go_together_in_no_way_are_refused() {
        assertEquals(2, run("set", "a").exitCode());
        assertEquals(2, run("set", "year=1").exitCode());
        assertEquals(2, run("set", "a", "year=1", "--where", "has year").exitCode());
        assertEquals(2, run("set", "--where", "has year", "year=1").exitCode());
        assertEquals(2, run("remove", "a", "--where", "has year").exitCode());
        assertEquals(2, run("list", "--failed", "--where", "has year").exitCode());
        assertEquals(2, run("facets").exitCode());
    }
}
