package dev.pixie.cli;

import dev.pixie.python.FileName;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Files named on the command line. A locale that is not UTF-8 is no obstacle. */
final class FileArgument {
    private FileArgument() {}

    /**
     * The path that a word of the command line names.
     *
     * @throws InvalidPathException when no file can have that name
     */
    static Path path(String word) {
        if (word.isEmpty()) {
            throw new InvalidPathException(word, "it is empty");
        }
        return FileName.path(word);
    }

    /** The name of a file as it is printed. */
    static String nameOf(Path path) {
        return FileName.text(path);
    }
}
