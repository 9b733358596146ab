package dev.pixie.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.TypeConversionException;

/** How command lines are read. */
final class Grammar {
    private Grammar() {}

    /** A parser that knows one verb. */
    static CommandLine of(VerbName name, Verb verb) {
        return settled(new CommandLine(CommandSpec.create().name("pixie")).addSubcommand(name.word(), verb));
    }

    /** A parser that knows every verb. */
    static CommandLine ofAllVerbs() {
        CommandLine grammar = new CommandLine(CommandSpec.create().name("pixie"));
        for (VerbName name : VerbName.values()) {
            grammar.addSubcommand(name.word(), name.create());
        }
        return settled(grammar);
    }

    private static CommandLine settled(CommandLine grammar) {
        return grammar.setExpandAtFiles(false) // @FILE is a picture
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAllowSubcommandsAsOptionParameters(true)
                .setOverwrittenOptionsAllowed(true) // as in an alias with options, where the last one counts
                .registerConverter(Path.class, Grammar::path)
                .registerConverter(Duration.class, Age::parse);
    }

    /** The words to parse: those after {@code python} are not Pixie's to understand. */
    static String[] words(VerbName name, String[] words) {
        if (name != VerbName.PYTHON) {
            return words;
        }
        String[] guarded = new String[words.length + 1];
        guarded[0] = words[0];
        guarded[1] = "--";
        System.arraycopy(words, 1, guarded, 2, words.length - 1);
        return guarded;
    }

    private static Path path(String word) {
        try {
            return FileArgument.path(word);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'" + word + "' names no possible file: " + e.getReason());
        }
    }
}
