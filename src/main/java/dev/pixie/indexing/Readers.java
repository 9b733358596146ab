package dev.pixie.indexing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pixie.python.ByteArray;
import dev.pixie.python.Lane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads pictures on the decode lanes, one a call, each lane with one at work and one behind it. The arrays they are
 * read into are reused and are the bound on how far reading runs ahead. Used by one thread only.
 */
final class Readers {
    /** Two batches of eight: what keeps the model busy while one file takes its time. */
    private static final int PICTURES_AHEAD = 16;

    private static final int PICTURES_PER_LANE = 2;

    private record Reader(Lane lane, AtomicInteger unfinished) {}

    private final Supplier<List<Lane>> lanes;
    private final int embedder;
    private final int imageSize;
    private final int frames;
    private final Runnable whenRead;
    private final List<Reader> readers = new ArrayList<>();
    private final Deque<ByteArray> free = new ArrayDeque<>();
    private int arrays;

    /**
     * Readers for one run.
     *
     * @param lanes the decode lanes, asked for with the first picture
     * @param embedder the bridge's handle of the model, which knows how to prepare pictures
     * @param imageSize width and height of a prepared picture, in pixels
     * @param frames how many frames of an animation are wanted at most
     * @param whenRead called on some thread when a picture is read or could not be
     */
    Readers(Supplier<List<Lane>> lanes, int embedder, int imageSize, int frames, Runnable whenRead) {
        this.lanes = lanes;
        this.embedder = embedder;
        this.imageSize = imageSize;
        this.frames = frames;
        this.whenRead = whenRead;
    }

    /** Starts to read the item's picture; null when every lane has enough to do. */
    @Nullable
    Reading start(Entry entry) {
        if (!entry.hasPicture()) {
            return Reading.nothing(entry);
        }
        Reader reader = leastBusy();
        if (reader.unfinished.get() >= PICTURES_PER_LANE || (free.isEmpty() && arrays == PICTURES_AHEAD)) {
            return null;
        }
        ByteArray pixels = takePixels();
        reader.unfinished.incrementAndGet();
        CompletableFuture<@Nullable Decoded> result = read(entry, pixels, reader.lane)
                .thenApply(answer -> decoded(entry, answer.get("images").get(0)));
        result.whenComplete((decoded, failure) -> {
            reader.unfinished.decrementAndGet();
            whenRead.run();
        });
        return new Reading(entry, pixels, result);
    }

    /** Takes back the array of a reading that is done and copied. */
    void reuse(Reading reading) {
        if (reading.pixels() != null) {
            free.add(reading.pixels());
        }
    }

    private Reader leastBusy() {
        if (readers.isEmpty()) {
            lanes.get().forEach(lane -> readers.add(new Reader(lane, new AtomicInteger())));
        }
        return readers.stream()
                .min(Comparator.comparingInt(reader -> reader.unfinished.get()))
                .orElseThrow();
    }

    private ByteArray takePixels() {
        if (!free.isEmpty()) {
            return free.remove();
        }
        arrays++;
        return new ByteArray(frames, imageSize, imageSize, 3);
    }

    private CompletableFuture<JsonNode> read(Entry entry, ByteArray pixels, Lane lane) {
        ObjectNode argument =
                JsonNodeFactory.instance.objectNode().put("embedder", embedder).put("frames", frames);
        ObjectNode file = argument.putArray("files").addObject();
        if (entry.row() != null) {
            file.put("import", entry.row().table()).put("row", entry.row().number());
            return lane.callAsync("decode_images", argument, pixels);
        }
        if (entry.bytes() != null) {
            file.put("buffer", 0).put("length", entry.bytes().rows());
            return lane.callAsync("decode_images", argument, pixels, entry.bytes());
        }
        file.put("path", entry.path());
        if (entry.file() != null) {
            file.put("known_hash", entry.file().knownHash())
                    .put("id", entry.id())
                    .put("plan", entry.file().plan());
        }
        return lane.callAsync("decode_images", argument, pixels);
    }

    private static Decoded decoded(Entry entry, JsonNode image) {
        JsonNode error = image.get("error");
        if (error != null) {
            return new Decoded.Unreadable(
                    error.get("code").asText(), error.get("message").asText());
        }
        if (image.path("unchanged").asBoolean() && entry.row() != null) {
            ObjectNode facts = JsonNodeFactory.instance.objectNode();
            for (String fact : List.of("sha256", "size", "mtime_ns")) {
                facts.set(fact, image.get(fact));
            }
            return new Decoded.SamePicture(facts);
        }
        if (image.path("unchanged").asBoolean() && entry.file() != null) {
            return new Decoded.Unchanged(
                    image.path("size").asLong(entry.file().size()),
                    image.path("mtime_ns").asLong(entry.file().mtimeNs()));
        }
        if (image.path("later").asBoolean()) {
            return new Decoded.Later();
        }
        ObjectNode facts = (ObjectNode) image.get("facts");
        return image.get("stored") instanceof ArrayNode stored
                ? new Decoded.Twin(facts, stored)
                : new Decoded.Picture(facts, image.get("frames").asInt());
    }
}
