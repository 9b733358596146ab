package dev.pixie;

import dev.pixie.python.PixieHome;
import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Which folder a collection argument means. The Python half has the same rule ({@code pixie.home}). */
final class CollectionFolder {
    private CollectionFolder() {}

    /** A path if it holds a separator, is {@code .} or {@code ..}, or begins with {@code ~}; else a name. */
    static Path of(String argument) {
        if (argument.isBlank()) {
            throw new InvalidInputException(
                    "the name of the collection is blank", "give a name such as photos, or a folder such as ./photos");
        }
        try {
            if (argument.equals("~") || argument.startsWith("~" + File.separator)) {
                return Path.of(System.getProperty("user.home") + argument.substring(1));
            }
            boolean path = argument.contains("/")
                    || argument.contains(File.separator)
                    || argument.equals(".")
                    || argument.equals("..")
                    || argument.startsWith("~");
            return path ? Path.of(argument) : PixieHome.collections().resolve(argument);
        } catch (InvalidPathException e) {
            throw new InvalidInputException("'" + argument + "' names no collection: " + e.getReason());
        }
    }
}
