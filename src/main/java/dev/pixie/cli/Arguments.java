package dev.pixie.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The words of the command line, unharmed.
 *
 * <p>In a POSIX locale, as cron and many containers have it, the JVM hands a program U+FFFD for every byte that is not
 * ASCII. Linux still knows the bytes.
 */
final class Arguments {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
    private static final char REPLACEMENT = '\uFFFD';

    private Arguments() {}

    /** What the user typed, given what the JVM made of it. */
    static String[] ofProcess(String[] seenByJvm) {
        if (Arrays.stream(seenByJvm).noneMatch(word -> word.indexOf(REPLACEMENT) >= 0)) {
            return seenByJvm;
        }
        try {
            return restored(seenByJvm, Files.readAllBytes(COMMAND_LINE));
        } catch (IOException e) {
            return seenByJvm; // not Linux
        }
    }

    /** The last words of a command line whose words each end in NUL; the words before them are the JVM's own. */
    static String[] restored(String[] seenByJvm, byte[] commandLine) {
        String[] words = new String(commandLine, StandardCharsets.UTF_8).split("\0", -1);
        int end = words.length - 1; // after the last NUL comes nothing
        int start = end - seenByJvm.length;
        return start < 1 ? seenByJvm : Arrays.copyOfRange(words, start, end);
    }
}
