package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.EmbedQueue;
import dev.pixie.python.FloatArray;
import dev.pixie.python.Lane;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Where items go, and what they pass through on the way.
 *
 * @param kind what that is at the bridge: a {@code collection}, or a {@code reembed} beside one
 * @param handle the bridge's handle of it
 * @param writer the lane that commits
 * @param embedder the collection's model; asked for when there is something to take in
 * @param decodeLanes the lanes that read pictures; asked for when there is a picture
 */
public record Target(
        String kind, int handle, Lane writer, Supplier<EmbedQueue> embedder, Supplier<List<Lane>> decodeLanes) {
    /** Starts to commit items with their vectors. */
    CompletableFuture<JsonNode> commit(ObjectNode content, FloatArray vectors) {
        return writer.callAsync(kind + "_commit", content.put(kind, handle), vectors);
    }
}
