package dev.pixie.indexing;

import dev.pixie.python.EmbedQueue;
import dev.pixie.python.Lane;
import java.util.List;
import java.util.function.Supplier;

/**
 * The collection that items go into, and what they pass through on the way.
 *
 * @param collection the bridge's handle of the open collection
 * @param writer the lane that commits
 * @param embedder the collection's model; asked for when there is something to take in
 * @param decodeLanes the lanes that read pictures; asked for when there is a picture
 */
public record Target(int collection, Lane writer, Supplier<EmbedQueue> embedder, Supplier<List<Lane>> decodeLanes) {}
