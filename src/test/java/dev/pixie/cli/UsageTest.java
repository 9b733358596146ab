package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pixie.cli.PixieProcess.Outcome;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What needs no Python: help, and command lines that make no sense. */
class UsageTest {
    @TempDir
    static Path home;

    private static Outcome run(String... words) {
        return PixieProcess.withoutPython(home).run(words);
    }

    /** The same without a process of its own, for the many command lines that end before anything starts. */
    private static Outcome parse(String... words) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int exitCode = Main.run(words, Console.of(out, err, false, 80));
        return new Outcome(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static String[] words(String line) {
        return Arrays.stream(line.split(" "))
                .map(word -> word.equals("''") ? "" : word)
                .toArray(String[]::new);
    }

    @Test
    void pixie_alone_shows_how_to_begin() {
        Outcome outcome = run();
        assertEquals(0, outcome.exitCode());
        assertTrue(outcome.out().contains("pixie search \"a dog on a beach\""), outcome.out());
        for (VerbName verb : VerbName.values()) {
            assertTrue(outcome.out().contains("\n  " + verb.word() + " "), verb.word());
        }
        assertEquals("", outcome.err());
        assertEquals(outcome, run("help"));
        assertEquals(outcome, run("--help"));
    }

    @Test
    void the_version_is_told() {
        assertEquals(new Outcome(0, "pixie " + dev.pixie.python.PixieVersion.get() + "\n", ""), run("--version"));
    }

    @ParameterizedTest
    @EnumSource
    void every_verb_has_a_page_of_help(VerbName verb) {
        Outcome outcome = parse("help", verb.word());
        assertEquals(0, outcome.exitCode());
        assertTrue(outcome.out().startsWith("Usage: pixie " + verb.word()), outcome.out());
        assertTrue(outcome.out().lines().allMatch(line -> line.length() <= 100), outcome.out());
        assertEquals("", outcome.err());
        if (verb != VerbName.PYTHON) {
            assertEquals(outcome, parse(verb.word(), "--help"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "search",
                "search ''",
                "search dog --minus ''",
                "search dog -k 0",
                "search dog --probes 0",
                "search dog --candidates many",
                "search dog --kind quantum",
                "search dog --exact --kind lsh",
                "search dog --check --paths",
                "search dog --explain -0",
                "log --json --csv",
                "log -k 0",
                "log --offset -1",
                "log --on --off",
                "log --clear --csv",
                "log --off -k 3",
                "search dog -k -1",
                "search dog -k many",
                "search dog --offset -1",
                "search dog --min-score 1.5",
                "search dog --min-score NaN",
                "search dog --only videos",
                "search 0:dog",
                "search @",
                "search id:",
                "search --nonsense dog",
                "search dog --minus",
                "search dog --color purple",
                "index",
                "index --progress loud .",
                "list --limit 0",
                "list --offset -1",
                "show",
                "remove",
                "remove --prefix a b",
                "remove --prefix a", // asks, and nobody is there to answer
                "setup --torch gpu",
                "completion fish",
                "help nonsense",
                "nonsense",
                "--json search dog",
            })
    void a_wrong_command_line_is_told_in_one_line(String line) {
        Outcome outcome = parse(words(line));
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("pixie: "), outcome.err());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "search dog -k 0 | the limit of a query is 0",
                "search dog --color purple | '--color'",
                "search --nonsense dog | '--nonsense'",
                "serach dog | did you mean: pixie search",
                "dog beach | did you mean: pixie search \"dog beach\"",
                "--json search dog | after the verb",
            })
    void the_line_says_what_is_wrong(String line, String said) {
        String err = parse(words(line)).err();
        assertTrue(err.contains(said), err);
    }

    @Test
    void a_wrong_command_line_ends_the_process_with_2() {
        Outcome outcome = run("search", "dog", "-k", "0");
        assertEquals(parse("search", "dog", "-k", "0"), outcome);
        assertEquals(2, outcome.exitCode());
    }

    @Test
    void a_text_that_begins_with_a_dash_goes_after_two_dashes() {
        assertEquals(2, parse("search", "-40 degrees").exitCode());
        Outcome outcome = run("search", "--", "-40 degrees");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().contains("pixie setup"), outcome.err()); // it got as far as needing Python
    }

    @ParameterizedTest
    @ValueSource(strings = {"search dog", "list", "stats", "show x", "remove x", "embed dog", "index .", "python -c 1"})
    void without_python_a_verb_says_how_to_get_it(String line) {
        Outcome outcome = run(words(line));
        assertEquals(1, outcome.exitCode());
        assertEquals("", outcome.out());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains("pixie setup"), outcome.err());
    }

    @Test
    void a_python_that_is_not_there_is_named() {
        Outcome outcome = run("list", "--python", "/no/such/python");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().contains("/no/such/python"), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
    }

    @Test
    void the_stack_is_for_the_asking() {
        Outcome outcome = run("list", "--verbose");
        assertEquals(1, outcome.exitCode());
        assertTrue(outcome.err().lines().count() > 1, outcome.err());
        assertTrue(outcome.err().contains("\tat dev.pixie."), outcome.err());
    }

    @Test
    void a_folder_that_is_not_there_needs_no_python_to_be_told() {
        Outcome outcome = run("index", "/no/such/folder");
        assertEquals(
                new Outcome(1, "", "pixie: there is no folder or file /no/such/folder; check the path\n"), outcome);
    }

    @Test
    void colours_are_for_terminals_unless_asked_for() {
        assertTrue(run("stats", "--color", "always").err().contains("\u001b["));
        assertTrue(!run("stats").err().contains("\u001b["));
    }

    @Test
    void words_survive_a_locale_that_is_not_utf8() {
        Outcome outcome =
                PixieProcess.withoutPython(home).environment("LC_ALL", "C").run("index", "/no/日本 é");
        assertEquals(new Outcome(1, "", "pixie: there is no folder or file /no/日本 é; check the path\n"), outcome);
    }
}
