package dev.pixie.python;

import java.nio.file.Path;

/** Where a picture comes from: a file, or the content of one. */
public sealed interface PictureSource {
    /** A picture file. */
    static PictureSource of(Path file) {
        return new File(file.toAbsolutePath());
    }

    /** The content of a picture file; copied when it is embedded, so it must not change until then. */
    static PictureSource of(byte[] content) {
        return new Content(content);
    }

    /** A picture file. */
    record File(Path path) implements PictureSource {}

    /** The content of a picture file. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody, and a picture is large
    record Content(byte[] bytes) implements PictureSource {}
}
