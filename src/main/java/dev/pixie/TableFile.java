package dev.pixie;

import dev.pixie.python.FileName;
import java.nio.file.Path;

/** What a table's file is called on the other side of the bridge. */
final class TableFile {
    /** Standard input, or standard output. */
    private static final String STANDARD = "-";

    private TableFile() {}

    /** The absolute path, or {@code -} as it is. */
    static String nameOf(Path file) {
        return file.toString().equals(STANDARD)
                ? STANDARD
                : FileName.text(file.toAbsolutePath().normalize());
    }
}
