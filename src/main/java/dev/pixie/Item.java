package dev.pixie;

import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One thing to find: an id, a picture or a text or both, and metadata.
 *
 * <pre>{@code
 * Item beach = Item.picture("beach", Path.of("beach.jpg"))
 *         .withText("a dog on a beach")
 *         .withMetadata(Map.of("year", 2020));
 * }</pre>
 *
 * <p>A picture file stays where it is; the collection keeps its path. A picture given as bytes is embedded and not
 * kept. Items that come out of a collection say in {@link #stored()} what the collection knows about them.
 *
 * <p>Immutable and safe to share between threads.
 */
public final class Item {
    private final String id;
    private final @Nullable Path path;
    private final byte @Nullable [] bytes;
    private final @Nullable String text;
    private final Map<String, @Nullable Object> metadata;
    private final @Nullable Stored stored;

    Item(
            String id,
            @Nullable Path path,
            byte @Nullable [] bytes,
            @Nullable String text,
            Map<String, @Nullable Object> metadata,
            @Nullable Stored stored) {
        if (Objects.requireNonNull(id, "id").isEmpty()) {
            throw new InvalidInputException("an item's id is empty", "an id is any text but the empty one");
        }
        this.id = id;
        this.path = path;
        this.bytes = bytes;
        this.text = text;
        this.metadata = metadata;
        this.stored = stored;
    }

    /**
     * An item that is a picture file.
     *
     * @param id unique in its collection; adding another item of the same id replaces this one
     * @param file the picture: JPEG, PNG, GIF, WebP, BMP or TIFF among others; it is read when the item is added
     */
    public static Item picture(String id, Path file) {
        return new Item(id, Objects.requireNonNull(file, "file"), null, null, Map.of(), null);
    }

    /**
     * An item that is a picture held in memory, in any of the file formats. The bytes are copied.
     *
     * @param id unique in its collection
     * @param bytes the content of a picture file
     */
    public static Item picture(String id, byte[] bytes) {
        return new Item(id, null, bytes.clone(), null, Map.of(), null);
    }

    /**
     * An item that is a text. Models read its beginning only (77 tokens for CLIP) and a {@link Warning} says when one
     * was cut.
     *
     * @param id unique in its collection
     * @param text not blank
     */
    public static Item text(String id, String text) {
        return new Item(id, null, null, checkText(id, text), Map.of(), null);
    }

    /** The same item with this text, which gets a vector of its own beside the picture's. */
    public Item withText(String text) {
        return new Item(id, path, bytes, checkText(id, text), metadata, null);
    }

    /**
     * The same item with this metadata in place of what it had.
     *
     * @param metadata a JSON object: each value a String, Number, Boolean, null, or a List or Map of such. Whole numbers
     *     come back as the smallest of Integer, Long and BigInteger that holds them, other numbers as Double. The order
     *     is kept.
     * @throws InvalidInputException for a value of another class, a number that is not finite, or more than 32 levels
     */
    public Item withMetadata(Map<String, ? extends @Nullable Object> metadata) {
        return new Item(id, path, bytes, text, Metadata.copyOf(metadata), stored);
    }

    /** Unique in its collection, never empty. Files that were indexed have {@code FOLDER/PATH/BELOW/IT.jpg}. */
    public String id() {
        return id;
    }

    /** The picture file, if the item came from one. */
    public Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    /** A copy of the picture's bytes, if it was given as bytes. Always empty for items read from a collection. */
    public Optional<byte[]> bytes() {
        return Optional.ofNullable(bytes).map(byte[]::clone);
    }

    /** The text, if the item has one. */
    public Optional<String> text() {
        return Optional.ofNullable(text);
    }

    /** Unmodifiable, in the order given; values are String, Integer, Long, BigInteger, Double, Boolean, List, Map or null. */
    public Map<String, @Nullable Object> metadata() {
        return metadata;
    }

    /** What the collection knows about the item; empty for items that were not read from a collection. */
    public Optional<Stored> stored() {
        return Optional.ofNullable(stored);
    }

    /** The bytes themselves, for code that promises not to write to them. */
    byte @Nullable [] sharedBytes() {
        return bytes;
    }

    boolean hasPicture() {
        return path != null || bytes != null;
    }

    private static String checkText(String id, String text) {
        if (Objects.requireNonNull(text, "text").isBlank()) {
            throw new InvalidInputException(
                    "the text of item '" + id + "' is blank", "give it words, or leave it out", id, null, null);
        }
        return text;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Item item
                && id.equals(item.id)
                && Objects.equals(path, item.path)
                && Arrays.equals(bytes, item.bytes)
                && Objects.equals(text, item.text)
                && metadata.equals(item.metadata)
                && Objects.equals(stored, item.stored);
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, path, Arrays.hashCode(bytes), text, metadata, stored);
    }

    @Override
    public String toString() {
        StringBuilder shown = new StringBuilder("Item[").append(id);
        if (path != null) {
            shown.append(", path=").append(path);
        }
        if (bytes != null) {
            shown.append(", ").append(bytes.length).append(" bytes");
        }
        if (text != null) {
            shown.append(", text=").append(text);
        }
        if (!metadata.isEmpty()) {
            shown.append(", metadata=").append(metadata);
        }
        return shown.append(']').toString();
    }

    /**
     * What a collection knows about an item it holds.
     *
     * @param width of the picture in pixels, as shown (EXIF orientation applied)
     * @param height of the picture in pixels, as shown
     * @param format of the picture file, such as {@code JPEG}
     * @param size of the picture file in bytes
     * @param modified when the picture file was last changed before it was read
     * @param sha256 of the picture file's content, 64 hexadecimal digits
     * @param exif what the camera wrote into the picture
     * @param missing when the picture file was found to be gone; empty while it is there
     * @param added when the item was first added
     * @param vectors which vectors the item has
     */
    public record Stored(
            OptionalInt width,
            OptionalInt height,
            Optional<String> format,
            OptionalLong size,
            Optional<Instant> modified,
            Optional<String> sha256,
            Exif exif,
            Optional<Instant> missing,
            Instant added,
            Set<Modality> vectors) {
        public Stored {
            vectors = Set.copyOf(vectors);
        }
    }

    /**
     * What a camera wrote into a picture, as far as it makes sense.
     *
     * @param orientation 1 to 8: how the stored picture is to be turned, which Pixie has done
     * @param taken when it was taken, by the camera's clock
     * @param camera the camera's name, its maker's first
     * @param lens the lens's name
     * @param latitude where it was taken, in degrees (WGS 84), north positive
     * @param longitude where it was taken, in degrees, east positive; there if and only if the latitude is
     */
    public record Exif(
            OptionalInt orientation,
            Optional<LocalDateTime> taken,
            Optional<String> camera,
            Optional<String> lens,
            OptionalDouble latitude,
            OptionalDouble longitude) {
        /** No fact at all. */
        public static final Exif NONE = new Exif(
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }
}
