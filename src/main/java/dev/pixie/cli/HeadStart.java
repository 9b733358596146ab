package dev.pixie.cli;

import dev.pixie.PixieException;
import dev.pixie.python.PythonEnvironment;
import java.util.Optional;

/**
 * Finds Python while the command line is still being read. Both load some hundred classes, a fifth of a second each,
 * and have nothing to do with each other.
 */
final class HeadStart {
    private HeadStart() {}

    /** Begins, if the words look as if Python will be needed and the usual one is meant. Never fails. */
    static void begin(String[] words) {
        if (words.length < 2 || VerbName.of(words[0]).isEmpty()) {
            return;
        }
        for (String word : words) {
            if (word.startsWith("--python") || word.equals("--help") || word.equals("-h")) {
                return;
            }
        }
        Thread thread = new Thread(HeadStart::find, "pixie-head-start");
        thread.setDaemon(true);
        thread.start();
    }

    private static void find() {
        try {
            PythonEnvironment.find(Optional.empty()); // what it remembers is quick to find again
        } catch (PixieException e) {
            // the verb comes to the same end, and tells of it
        }
    }
}
