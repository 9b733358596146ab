package dev.pixie.indexing;

import dev.pixie.InvalidInputException;
import dev.pixie.python.ByteArray;
import dev.pixie.python.EmbedderFacts;
import dev.pixie.python.FloatArray;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Items that go through the model together: first their pixels and texts, then their vectors. Files that failed or did
 * not change ride along, so that everything is committed in the order it came.
 *
 * <p>Used by one batch after another; its arrays are the memory of the pipeline. Not thread-safe.
 */
final class Batch {
    /** Members beyond this many are left for the next batch, also when none of them has anything to embed. */
    private static final int MOST_MEMBERS = 256;

    /**
     * One item of the batch.
     *
     * @param decoded what came of its picture; null if it has none
     * @param pixels its number among the pictures, or -1
     * @param words its row among the texts, or -1
     */
    record Member(Entry entry, @Nullable Decoded decoded, int pixels, int words) {}

    private final EmbedderFacts model;
    private final int mostFrames;
    private final List<Member> members = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();
    private final List<Integer> frames = new ArrayList<>();
    private int rows;
    private @Nullable ByteArray pixels;
    private @Nullable FloatArray imageVectors;
    private @Nullable FloatArray textVectors;

    /**
     * A batch of as much as this model takes at once, or of one animation.
     *
     * @param mostFrames how many frames a picture has at most
     */
    Batch(EmbedderFacts model, int mostFrames) {
        this.model = model;
        this.mostFrames = mostFrames;
    }

    /** Whether this item still fits. An id fits once: of two items with one id the later is to win. */
    boolean takes(Reading read) {
        return members.size() < MOST_MEMBERS
                && !ids.contains(read.entry().id())
                && (!(read.decoded() instanceof Decoded.Picture picture)
                        || rows == 0
                        || rows + picture.frames() <= model.imageBatch())
                && (read.entry().text() == null || texts.size() < model.textBatch());
    }

    /** Whether it holds as much as the model takes at once. */
    boolean isFull() {
        return members.size() == MOST_MEMBERS || rows >= model.imageBatch() || texts.size() == model.textBatch();
    }

    /** Adds an item that fits, and copies its pixels. */
    void add(Reading read) {
        Entry entry = read.entry();
        Decoded decoded = read.decoded();
        int row = -1;
        int words = -1;
        if (decoded instanceof Decoded.Picture picture && read.pixels() != null) {
            row = frames.size();
            frames.add(picture.frames());
            for (int frame = 0; frame < picture.frames(); frame++) {
                pixels().setRow(rows++, read.pixels(), frame);
            }
        }
        if (entry.text() != null && !(decoded instanceof Decoded.Unreadable)) {
            words = texts.size();
            texts.add(entry.text());
        }
        members.add(new Member(entry, decoded, row, words));
        ids.add(entry.id());
    }

    /** Makes a failure of a member that the model refused, so that the others can be committed. */
    void refuse(int member, Decoded.Unreadable reason) {
        members.set(member, new Member(members.get(member).entry(), reason, -1, -1));
    }

    /** Throws the first failure there is. */
    void requireNoFailure() {
        for (Member member : members) {
            if (member.decoded() instanceof Decoded.Unreadable why) {
                throw new InvalidInputException(
                        why.message(), null, member.entry().id(), why.code(), null);
            }
        }
    }

    void clear() {
        members.clear();
        texts.clear();
        ids.clear();
        frames.clear();
        rows = 0;
    }

    List<Member> members() {
        return members;
    }

    List<String> texts() {
        return texts;
    }

    /** The id of the item that a text belongs to. */
    String idOfText(int row) {
        return members.stream()
                .filter(member -> member.words() == row)
                .findFirst()
                .orElseThrow()
                .entry()
                .id();
    }

    int pictures() {
        return frames.size();
    }

    /** How many frames each picture has; {@link #pixels()} has them one after the other. */
    List<Integer> frames() {
        return frames;
    }

    /** How many vectors its members own, once it is embedded. */
    int vectors() {
        return members.stream()
                .mapToInt(member -> (member.pixels() < 0 ? 0 : 1) + (member.words() < 0 ? 0 : 1))
                .sum();
    }

    ByteArray pixels() {
        if (pixels == null) {
            pixels = new ByteArray(Math.max(model.imageBatch(), mostFrames), model.imageSize(), model.imageSize(), 3);
        }
        return pixels;
    }

    FloatArray imageVectors() {
        if (imageVectors == null) {
            imageVectors = new FloatArray(model.imageBatch(), model.dimension());
        }
        return imageVectors;
    }

    FloatArray textVectors() {
        if (textVectors == null) {
            textVectors = new FloatArray(model.textBatch(), model.dimension());
        }
        return textVectors;
    }
}
