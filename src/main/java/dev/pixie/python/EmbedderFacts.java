package dev.pixie.python;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What is known of a model before its weights are loaded.
 *
 * @param handle its number on the bridge
 * @param name as it was asked for
 * @param fingerprint stands for its weights and preprocessing
 * @param dimension numbers in a vector
 * @param imageSize width and height of a prepared picture, in pixels
 * @param maxTokens longer texts are cut
 * @param device such as {@code cpu}
 * @param textBatch texts that it takes at once
 * @param imageBatch pictures that it takes at once
 * @param demo whether it is the one that ships with Pixie
 */
public record EmbedderFacts(
        int handle,
        String name,
        String fingerprint,
        int dimension,
        int imageSize,
        int maxTokens,
        String device,
        int textBatch,
        int imageBatch,
        boolean demo) {

    static EmbedderFacts of(JsonNode answer) {
        JsonNode batch = answer.required("batch_size");
        return new EmbedderFacts(
                answer.required("embedder").asInt(),
                answer.required("name").asText(),
                answer.required("fingerprint").asText(),
                answer.required("dimension").asInt(),
                answer.required("image_size").asInt(),
                answer.required("max_tokens").asInt(),
                answer.required("device").asText(),
                batch.required("text").asInt(),
                batch.required("image").asInt(),
                answer.required("demo").asBoolean());
    }
}
