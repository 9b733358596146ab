package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pixie.cli.PixieProcess.Outcome;
import dev.pixie.python.ShippedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users do with a collection, each time in a process of its own. */
@Tag("python")
class CollectionVerbsTest {
    private static final List<String> DRAWINGS =
            List.of("pizza", "dog", "cat", "rocket", "banana", "castle", "snowman", "hot-beverage");

    @TempDir
    static Path home;

    private static Path folder;

    @BeforeAll
    static void index_some_drawings() throws IOException {
        folder = drawings(home.resolve("drawings"));
        Outcome outcome = run("index", "--model", "demo", folder.toString());
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(
                outcome.out().startsWith("indexed 8 pictures into default (8 new, 0 changed, 0 moved)"), outcome.out());
        assertEquals("", outcome.err());
    }

    private static Path drawings(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String name : DRAWINGS) {
            Files.copy(ShippedFiles.pictures().resolve(name + ".png"), folder.resolve(name + ".png"));
        }
        return folder;
    }

    private static Outcome run(String... words) {
        return PixieProcess.withPython(home).run(words);
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
        return json(outcome).stream().map(hit -> hit.get("id").textValue()).toList();
    }

    private static void assertFails(int exitCode, String said, Outcome outcome) {
        assertEquals(exitCode, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("pixie: ") && outcome.err().contains(said), outcome.err());
    }

    @Test
    void a_picture_is_found_by_itself() throws IOException {
        List<JsonNode> hits = json(run("search", "@" + folder.resolve("pizza.png"), "-k", "3"));
        assertEquals(3, hits.size());
        JsonNode best = hits.get(0);
        assertEquals("drawings/pizza.png", best.get("id").textValue());
        assertEquals(1.0, best.get("score").doubleValue(), 1e-4);
        assertEquals(folder.resolve("pizza.png").toString(), best.get("path").textValue());
        assertTrue(best.get("text").isNull());
        assertTrue(best.get("metadata").isEmpty());
        assertEquals("image", best.get("modality").textValue());
        List<String> fields = new ArrayList<>();
        best.fieldNames().forEachRemaining(fields::add);
        assertEquals(List.of("id", "score", "path", "text", "metadata", "modality"), fields);
        assertTrue(hits.get(0).get("score").doubleValue()
                >= hits.get(1).get("score").doubleValue());
    }

    @Test
    void an_item_finds_its_likes_and_not_itself() throws IOException {
        List<String> ids = ids(run("search", "id:drawings/pizza.png", "-k", "100"));
        assertEquals(DRAWINGS.size() - 1, ids.size());
        assertFalse(ids.contains("drawings/pizza.png"));
    }

    @Test
    void terms_add_up_and_are_taken_away() throws IOException {
        String pizza = "@" + folder.resolve("pizza.png");
        String rocket = "@" + folder.resolve("rocket.png");
        assertEquals(
                "drawings/pizza.png", ids(run("search", pizza, "0.1:" + rocket)).get(0));
        assertEquals(
                "drawings/rocket.png",
                ids(run("search", "0.1:" + pizza, rocket)).get(0));
        List<String> without = ids(run("search", "a drawing", "--minus", pizza, "--minus", "0.5:" + rocket));
        assertEquals("drawings/pizza.png", without.get(without.size() - 1));
    }

    @Test
    void a_word_before_a_colon_is_plain_text() throws IOException {
        assertEquals(DRAWINGS.size(), ids(run("search", "zz:cat")).size());
    }

    @Test
    void a_limit_beyond_all_there_is_gives_all_there_is() throws IOException {
        assertEquals(
                DRAWINGS.size(), ids(run("search", "a pizza", "-k", "1000000")).size());
    }

    @Test
    void pages_follow_each_other() throws IOException {
        List<String> all = ids(run("search", "a pizza"));
        assertEquals(all.subList(3, 5), ids(run("search", "a pizza", "--offset", "3", "-k", "2", "--exact")));
    }

    @Test
    void nothing_found_is_said_and_is_no_failure() {
        assertEquals(
                new Outcome(0, "", "pixie: nothing found with a score of 0.999 or more\n"),
                run("search", "a pizza", "--min-score", "0.999"));
        assertEquals(new Outcome(0, "", "pixie: nothing found\n"), run("search", "a pizza", "--only", "texts"));
        assertEquals(
                new Outcome(0, "", "pixie: nothing found after the first 100 hits\n"),
                run("search", "a pizza", "--offset", "100"));
    }

    @Test
    void paths_go_to_other_programs() {
        Outcome outcome = run("search", "@" + folder.resolve("dog.png"), "-k", "1", "-0");
        assertEquals(new Outcome(0, folder.resolve("dog.png") + "\0", ""), outcome);
    }

    @Test
    void a_long_text_is_cut_with_a_warning() {
        Outcome outcome = run("search", "a dog ".repeat(100), "-k", "1");
        assertEquals(0, outcome.exitCode());
        assertEquals(1, outcome.lines().size());
        assertTrue(outcome.err().startsWith("pixie: warning: "), outcome.err());
        assertTrue(outcome.err().contains("77"), outcome.err());
    }

    @Test
    void a_picture_term_that_is_no_picture_is_named() throws IOException {
        Path text = Files.writeString(home.resolve("notes.txt"), "not a picture");
        assertFails(1, "notes.txt", run("search", "@" + text));
        assertFails(1, "missing.jpg", run("search", "@missing.jpg"));
    }

    @Test
    void an_unknown_id_is_named() {
        assertFails(1, "no/such.png", run("search", "id:no/such.png"));
        assertFails(1, "no/such.png", run("show", "no/such.png"));
        assertFails(1, "no/such.png", run("remove", "no/such.png"));
    }

    @Test
    void a_collection_that_is_not_there_is_named() {
        for (String verb : List.of("list", "stats")) {
            assertFails(1, "nowhere", run(verb, "-c", "nowhere"));
        }
        assertFails(1, "nowhere", run("search", "dog", "-c", "nowhere"));
        assertFails(1, "nowhere", run("remove", "x", "-c", "nowhere"));
        assertFalse(Files.exists(home.resolve("collections/nowhere")));
    }

    @Test
    void a_collection_of_another_model_is_refused() {
        Outcome outcome = run("search", "dog", "--model", folder.toString());
        assertEquals(1, outcome.exitCode());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @Test
    void terms_and_ids_of_any_script_go_through() throws IOException {
        Path pictures = Files.createDirectories(home.resolve("写真 é"));
        Files.copy(folder.resolve("dog.png"), pictures.resolve("犬 🐶.png"));
        assertEquals(
                0,
                run("index", "-c", "scripts", "--model", "demo", pictures.toString())
                        .exitCode());
        assertEquals(List.of("写真 é/犬 🐶.png"), ids(run("search", "-c", "scripts", "浜辺の犬 🐶")));
        assertEquals(List.of("写真 é/犬 🐶.png"), ids(run("show", "-c", "scripts", "写真 é/犬 🐶.png")));
        PixieProcess posix = PixieProcess.withPython(home).environment("LC_ALL", "C");
        assertEquals(
                new Outcome(0, pictures.resolve("犬 🐶.png") + "\n", ""),
                posix.run("search", "-c", "scripts", "浜辺の犬", "--paths"));
    }

    @Test
    void items_are_listed_page_by_page() throws IOException {
        List<String> all = ids(run("list"));
        assertEquals(
                DRAWINGS.stream()
                        .map(name -> "drawings/" + name + ".png")
                        .sorted()
                        .toList(),
                all);
        assertEquals(all.subList(2, 4), ids(run("list", "--offset", "2", "--limit", "2")));
        assertEquals(
                List.of("drawings/cat.png", "drawings/castle.png").stream()
                        .sorted()
                        .toList(),
                ids(run("list", "--prefix", "drawings/ca")));
        assertEquals(new Outcome(0, "", ""), run("list", "--prefix", "nothing/"));
    }

    @Test
    void an_item_is_shown_with_all_that_is_known() throws IOException {
        JsonNode item = json(run("show", "drawings/dog.png")).get(0);
        assertEquals(Files.size(folder.resolve("dog.png")), item.get("size").longValue());
        assertEquals(128, item.get("width").intValue());
        assertEquals("image", item.get("vectors").get(0).textValue());
        Outcome some = run("show", "drawings/dog.png", "no/such.png");
        assertEquals(3, some.exitCode());
        assertEquals(1, some.lines().size());
    }

    @Test
    void numbers_of_the_collection_are_told() throws IOException {
        JsonNode stats = json(run("stats")).get(0);
        assertEquals(DRAWINGS.size(), stats.get("items").intValue());
        assertEquals(DRAWINGS.size(), stats.get("vectors").get("image").intValue());
        assertEquals("demo", stats.get("model").get("name").textValue());
        assertEquals("drawings", stats.get("roots").get(0).get("name").textValue());
    }

    @Test
    void removed_items_are_gone_and_their_files_stay() throws IOException {
        Path pictures = drawings(home.resolve("removable"));
        assertEquals(
                0,
                run("index", "-c", "removable", "--model", "demo", pictures.toString())
                        .exitCode());
        Outcome some = run("remove", "-c", "removable", "removable/dog.png", "removable/dog.png", "no/such.png");
        assertEquals(3, some.exitCode());
        assertEquals("removed 1 item from removable\n", some.out());
        assertTrue(some.err().contains("no/such.png"), some.err());
        assertEquals(
                "removed 2 items from removable\n",
                run("remove", "-c", "removable", "--prefix", "removable/ca", "-y")
                        .out());
        assertFails(1, "'removable/zz'", run("remove", "-c", "removable", "--prefix", "removable/zz", "--yes"));
        assertEquals(DRAWINGS.size() - 3, ids(run("list", "-c", "removable")).size());
        assertTrue(Files.exists(pictures.resolve("dog.png")));
    }

    @Test
    void texts_and_pictures_become_vectors() throws IOException {
        List<JsonNode> vectors = json(run("embed", "--model", "demo", "a dog", "@" + folder.resolve("dog.png")));
        assertEquals("a dog", vectors.get(0).get("input").textValue());
        for (JsonNode each : vectors) {
            double square = 0;
            for (JsonNode number : each.get("vector")) {
                square += number.doubleValue() * number.doubleValue();
            }
            assertEquals(1, square, 1e-5);
        }
        Outcome lines = PixieProcess.withPython(home).input("a dog\n\na cat\n").run("embed", "--model", "demo");
        assertEquals(
                vectors.get(0).get("vector").size(),
                json(lines).get(1).get("vector").size());
        assertEquals(
                List.of("a dog", "a cat"),
                json(lines).stream().map(each -> each.get("input").textValue()).toList());
    }

    @Test
    void an_input_that_can_not_be_embedded_is_named_and_skipped() {
        Outcome outcome = run("embed", "--model", "demo", "@missing.jpg", "a dog");
        assertEquals(3, outcome.exitCode());
        assertEquals(1, outcome.lines().size());
        assertTrue(outcome.err().contains("missing.jpg"), outcome.err());
    }

    @Test
    void a_reader_that_stops_reading_is_no_failure() throws Exception {
        // more than a pipe holds: eight items a line each, many times over
        String[] words = new String[2002];
        words[0] = "show";
        words[1] = "--json";
        for (int i = 2; i < words.length; i++) {
            words[i] = "drawings/dog.png";
        }
        Process process = PixieProcess.withPython(home).start(words);
        assertEquals('{', process.getInputStream().read());
        process.getInputStream().close();
        String err = PixieProcess.text(process.getErrorStream());
        assertEquals(0, PixieProcess.exitCode(process), err);
        assertEquals("", err);
    }

    @Test
    void damaged_files_are_told_and_nothing_more_is_lost() throws IOException {
        Path pictures = drawings(home.resolve("damaged"));
        assertEquals(
                0,
                run("index", "-c", "damaged", "--model", "demo", pictures.toString())
                        .exitCode());
        Path database = home.resolve("collections/damaged/items.sqlite");
        Files.write(database, "this is no database".repeat(1000).getBytes(StandardCharsets.UTF_8));
        assertFails(1, "items.sqlite", run("list", "-c", "damaged"));
        assertTrue(Files.exists(home.resolve("collections/damaged/vectors.f32")));
    }
}
