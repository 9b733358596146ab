package dev.pixie;

import java.util.Objects;

/**
 * The model a collection's vectors come from. Vectors of two models can't be compared, so a collection keeps to one.
 *
 * @param name what the model was asked for as: {@code demo}, a folder, or a repository id such as
 *     {@code openai/clip-vit-large-patch14}
 * @param fingerprint hexadecimal hash of what decides its vectors: weights, preprocessing and tokenizer
 * @param dimension numbers in each of its vectors
 */
public record Model(String name, String fingerprint, int dimension) {
    public Model {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(fingerprint, "fingerprint");
    }
}
