package dev.pixie.indexing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What came of reading one picture. */
sealed interface Decoded {
    /**
     * A picture whose pixels are ready.
     *
     * @param facts what was found out about it, to be committed as it is
     * @param frames how many frames of it are ready
     */
    record Picture(ObjectNode facts, int frames) implements Decoded {}

    /**
     * A file with the content of an item that the collection has, whose vectors it gets without being embedded.
     *
     * @param facts what is known about it, to be committed as it is
     * @param stored the stored vectors, to be committed as they are
     */
    record Twin(ObjectNode facts, ArrayNode stored) implements Decoded {}

    /**
     * A picture that the item has a vector of already, while something else of the item is new.
     *
     * @param facts what its file is now
     */
    record SamePicture(ObjectNode facts) implements Decoded {}

    /** A file that waits for the vector of an equal one, which is on its way; it is taken again later. */
    record Later() implements Decoded {}

    /** A file with a new time but the content that the collection has already. */
    record Unchanged(long size, long mtimeNs) implements Decoded {}

    /** Why there is no picture: a reason code and a sentence. */
    record Unreadable(String code, String message) implements Decoded {}
}
