package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.Explanation;
import dev.pixie.Hit;
import dev.pixie.Modality;
import dev.pixie.RecallCheck;
import dev.pixie.SearchResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class HitOutputTest {
    private static final List<Hit> HITS = List.of(
            new Hit(
                    "photos/beach.jpg",
                    0.31212345678,
                    Optional.of(Path.of("/photos/beach.jpg")),
                    Optional.empty(),
                    Map.of("year", 2020),
                    Modality.IMAGE),
            new Hit("note", 0.25, Optional.empty(), Optional.of("a dog\non a beach"), Map.of(), Modality.TEXT));

    @Command
    private static final class Options {
        @Mixin
        private HitOutput output = new HitOutput();
    }

    private final ByteArrayOutputStream results = new ByteArrayOutputStream();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();

    private String printed(boolean onTerminal, String... words) {
        return printed(new SearchResult(HITS, List.of()), onTerminal, words);
    }

    private String printed(SearchResult result, boolean onTerminal, String... words) {
        Options options = new Options();
        new CommandLine(options).parseArgs(words);
        options.output.print(result, 10, Console.of(results, messages, onTerminal, 60));
        return results.toString(StandardCharsets.UTF_8);
    }

    private static SearchResult checked(List<Hit> missed, Boolean... correct) {
        double recall = 1.0 - missed.size() / (double) HITS.size();
        RecallCheck check = new RecallCheck(recall, HITS.size(), List.of(correct), missed);
        return new SearchResult(HITS, List.of(), Optional.empty(), Optional.of(check));
    }

    private static SearchResult explained() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("probes", 40);
        settings.put("candidates", null);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("buckets", 1029);
        facts.put("buckets_by", "k-means");
        Explanation explanation = new Explanation(
                "kmeans",
                "layers",
                200_000,
                12_345,
                settings,
                List.of(
                        new Explanation.Layer("buckets", 40, Optional.of(Duration.ofNanos(120_000))),
                        new Explanation.Layer("heads", 8345.5, Optional.empty())),
                Duration.ofNanos(1_500_000),
                facts);
        return new SearchResult(HITS.subList(1, 2), List.of(), Optional.of(explanation), Optional.empty());
    }

    @Test
    void a_person_sees_which_hits_are_right_and_what_was_missed() {
        Hit missed = new Hit("photos/sea.jpg", 0.3, Optional.empty(), Optional.empty(), Map.of(), Modality.IMAGE);
        assertEquals("""
                            score  id                text
                11  right  0.3121  photos/beach.jpg
                12  wrong  0.2500  note              a dog on a beach

                recall@2 0.50
                missed  id
                0.3000  photos/sea.jpg
                """, printed(checked(List.of(missed), true, false), true));
    }

    @Test
    void a_search_that_missed_nothing_says_so() {
        assertTrue(printed(checked(List.of(), true, true), true).endsWith("\n\nrecall@2 1.00\n"));
    }

    @Test
    void a_recall_below_one_never_looks_like_one() {
        assertEquals("0.99", HitOutput.recall(0.9999));
        assertEquals("0.90", HitOutput.recall(0.9));
        assertEquals("1.00", HitOutput.recall(1));
        assertEquals("0.00", HitOutput.recall(0));
    }

    @Test
    void a_program_gets_the_check_with_each_hit_and_at_the_end() {
        Hit missed = new Hit("sea", 0.3, Optional.empty(), Optional.empty(), Map.of(), Modality.IMAGE);
        assertEquals("""
                {"id":"photos/beach.jpg","score":0.3121235,"path":"/photos/beach.jpg","text":null,"metadata":{"year":2020},"modality":"image","correct":true}
                {"id":"note","score":0.25,"path":null,"text":"a dog\\non a beach","metadata":{},"modality":"text","correct":false}
                {"check":{"recall":0.5,"k":2,"correct":[true,false],"missed":[{"id":"sea","score":0.3,"path":null,"text":null,"metadata":{},"modality":"image"}]}}
                """, printed(checked(List.of(missed), true, false), false));
    }

    @Test
    void a_person_sees_what_was_looked_at() {
        assertEquals("""
                     score  id    text
                11  0.2500  note  a dog on a beach

                index       kmeans
                search      layers
                vectors     200,000, of which 12,345 are allowed
                settings    probes 40
                buckets by  k-means
                layer    looked at               time
                buckets         40  of 1,029  0.12 ms
                heads      8,345.5
                all                           1.50 ms
                """, printed(explained(), true));
    }

    @Test
    void a_program_gets_the_explanation_after_the_hits() {
        assertEquals("""
                {"id":"note","score":0.25,"path":null,"text":"a dog\\non a beach","metadata":{},"modality":"text"}
                {"explanation":{"kind":"kmeans","search":"layers","rows":200000,"allowed_rows":12345,"settings":{"probes":40,"candidates":null},\
                "layers":[{"name":"buckets","looked_at":40.0,"seconds":1.2E-4},{"name":"heads","looked_at":8345.5,"seconds":null}],"seconds":0.0015,"buckets":1029,"buckets_by":"k-means"}}
                """, printed(explained(), false));
    }

    @Test
    void a_person_gets_a_table_with_ranks_after_the_offset() {
        assertEquals("""
                     score  id                text
                11  0.3121  photos/beach.jpg
                12  0.2500  note              a dog on a beach
                """, printed(true));
    }

    @Test
    void a_program_gets_an_object_a_line() {
        assertEquals("""
                {"id":"photos/beach.jpg","score":0.3121235,"path":"/photos/beach.jpg","text":null,"metadata":{"year":2020},"modality":"image"}
                {"id":"note","score":0.25,"path":null,"text":"a dog\\non a beach","metadata":{},"modality":"text"}
                """, printed(false));
    }

    @Test
    void json_is_for_the_asking_on_a_terminal_too() {
        assertEquals(
                printed(false).lines().count() * 2,
                printed(true, "--json").lines().count());
    }

    @Test
    void paths_alone_leave_out_hits_without_a_file_and_say_so() {
        assertEquals("/photos/beach.jpg\n", printed(true, "--paths"));
        assertEquals("pixie: 1 hit without a file left out\n", messages.toString(StandardCharsets.UTF_8));
    }

    @Test
    void paths_can_end_in_nul() {
        assertEquals("/photos/beach.jpg\0", printed(false, "-0"));
    }
}
