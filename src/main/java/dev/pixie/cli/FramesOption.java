package dev.pixie.cli;

import dev.pixie.PixieBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many frames of an animation make its vector, for the verbs that may make a collection. */
final class FramesOption {
    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "Of an animation, or a TIFF of several pages, up to N frames spread over it make its vector,"
                    + " 1 to " + PixieBuilder.MOST_FRAMES + ". For a new collection, which keeps the number;"
                    + " unless given: 1, the first frame that is not blank.")
    private @Nullable Integer frames;

    PixieBuilder applyTo(PixieBuilder builder) {
        return frames == null ? builder : builder.frames(frames);
    }
}
