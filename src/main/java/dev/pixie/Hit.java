package dev.pixie;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a search.
 *
 * @param id the item's id
 * @param score cosine of the query and the item's best vector, in [-1, 1]; higher is better; the same whichever index
 *     answered
 * @param path the item's picture file, if it came from one
 * @param text the item's text, if it has one
 * @param metadata the item's metadata, unmodifiable; values are String, Integer, Long, BigInteger, Double, Boolean or null
 * @param modality which of the item's vectors matched best
 */
public record Hit(
        String id,
        double score,
        Optional<Path> path,
        Optional<String> text,
        Map<String, @Nullable Object> metadata,
        Modality modality) {
    public Hit {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(modality, "modality");
        metadata = Metadata.copyOf(metadata);
    }
}
