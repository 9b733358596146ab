package dev.pixie.cli;

import java.util.regex.Pattern;

/** Words of the command lines that messages suggest, quoted so that they can be copied into a POSIX shell. */
final class ShellWord {
    private static final Pattern PLAIN = Pattern.compile("[\\p{L}\\p{N}_@%+=:,./~-]+");

    private ShellWord() {}

    static String quote(String word) {
        if (PLAIN.matcher(word).matches()) {
            return word;
        }
        if (!word.contains("\"")
                && !word.contains("$")
                && !word.contains("`")
                && !word.contains("\\")
                && !word.contains("!")) {
            return '"' + word + '"';
        }
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
