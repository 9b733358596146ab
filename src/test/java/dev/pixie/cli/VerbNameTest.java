package dev.pixie.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine.Command;

class VerbNameTest {
    @ParameterizedTest
    @CsvSource({"serach, SEARCH", "Search, SEARCH", "remve, REMOVE", "indx, INDEX", "stat, STATS", "pyhton, PYTHON"})
    void a_mistyped_verb_is_recognised(String typed, VerbName meant) {
        assertEquals(Optional.of(meant), VerbName.like(typed));
    }

    @ParameterizedTest
    @CsvSource({"dog", "a", "ls", "sunset"})
    void a_word_unlike_any_verb_is_not(String typed) {
        assertEquals(Optional.empty(), VerbName.like(typed));
    }

    @ParameterizedTest
    @EnumSource
    void every_verb_goes_by_its_name_and_describes_itself(VerbName name) {
        Command command = name.create().getClass().getAnnotation(Command.class);
        assertEquals(name.word(), command.name());
        assertFalse(command.description()[0].isBlank());
    }

    @Test
    void verbs_are_found_by_their_exact_word() {
        assertEquals(Optional.of(VerbName.SEARCH), VerbName.of("search"));
        assertEquals(Optional.empty(), VerbName.of("SEARCH"));
    }
}
