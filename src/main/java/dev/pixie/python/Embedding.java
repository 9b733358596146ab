package dev.pixie.python;

import dev.pixie.Warning;
import java.util.List;

/**
 * What a text or a picture means.
 *
 * @param vector unit length, as many numbers as the model's dimension; not copied
 * @param warnings such as that the text was cut
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody, and a copy a query would be for nothing
public record Embedding(float[] vector, List<Warning> warnings) {
    public Embedding {
        warnings = List.copyOf(warnings);
    }
}
