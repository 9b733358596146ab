package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pixie.Hit;
import dev.pixie.Modality;
import dev.pixie.SearchResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
        Options options = new Options();
        new CommandLine(options).parseArgs(words);
        options.output.print(new SearchResult(HITS, List.of()), 10, Console.of(results, messages, onTerminal, 60));
        return results.toString(StandardCharsets.UTF_8);
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
