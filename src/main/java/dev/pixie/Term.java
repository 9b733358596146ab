package dev.pixie;

import dev.pixie.python.FileName;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One part of a query: something with a vector, and a weight.
 *
 * <pre>{@code
 * Query.of(Term.picture(Path.of("holiday.jpg")), Term.text("snow").weight(0.5), Term.text("people").minus())
 * }</pre>
 *
 * <p>A query's vector is the sum of its terms' unit vectors, each times its weight, scaled to length 1.
 *
 * <p>Immutable and safe to share between threads.
 */
public final class Term {
    /** What a term is made of. */
    public enum Kind {
        /** A text, embedded for the query. */
        TEXT,
        /** A picture, embedded for the query. */
        PICTURE,
        /** An item of the collection, whose vector is used as it is stored. */
        ITEM,
        /** A vector that the caller brings. */
        VECTOR
    }

    // A weight is a plain decimal number: "zz:cat" and "http://x" are texts.
    private static final Pattern WEIGHTED = Pattern.compile("([+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)):(.*)", Pattern.DOTALL);

    private final Kind kind;
    private final @Nullable String words;
    private final @Nullable Path file;
    private final byte @Nullable [] bytes;
    private final float @Nullable [] numbers;
    private final double weight;

    private Term(
            Kind kind,
            @Nullable String words,
            @Nullable Path file,
            byte @Nullable [] bytes,
            float @Nullable [] numbers,
            double weight) {
        if (!Double.isFinite(weight) || weight == 0) {
            throw new InvalidInputException("the weight of a term is " + weight, "give a finite number other than 0");
        }
        this.kind = kind;
        this.words = words;
        this.file = file;
        this.bytes = bytes;
        this.numbers = numbers;
        this.weight = weight;
    }

    /**
     * What a text says, taken as it is: no part of it is read as syntax.
     *
     * @throws InvalidInputException when the text is blank
     */
    public static Term text(String text) {
        if (Objects.requireNonNull(text, "text").isBlank()) {
            throw new InvalidInputException("the text to search for is blank", "say what you are looking for");
        }
        return new Term(Kind.TEXT, text, null, null, null, 1);
    }

    /** What a picture file shows. The file is read when the query runs. */
    public static Term picture(Path file) {
        return new Term(Kind.PICTURE, null, Objects.requireNonNull(file, "file"), null, null, 1);
    }

    /** What a picture shows, given as the content of a picture file. The bytes are copied. */
    public static Term picture(byte[] bytes) {
        return new Term(Kind.PICTURE, null, null, bytes.clone(), null, 1);
    }

    /** What an item of the collection is about. The item itself is left out of the hits. */
    public static Term item(String id) {
        if (Objects.requireNonNull(id, "id").isEmpty()) {
            throw new InvalidInputException("the id to search for is empty", "an id is any text but the empty one");
        }
        return new Term(Kind.ITEM, id, null, null, null, 1);
    }

    /**
     * A vector of the collection's model, for example from {@link Pixie#embed(String)}. It is copied, and scaled to
     * length 1 when the query runs.
     *
     * @throws InvalidInputException when it is empty, all zero, or has a number that is not finite
     */
    public static Term vector(float[] vector) {
        float[] copy = vector.clone();
        boolean zero = true;
        for (int i = 0; i < copy.length; i++) {
            if (!Float.isFinite(copy[i])) {
                throw new InvalidInputException(
                        "the vector of a term holds " + copy[i] + " at position " + i, "give finite numbers");
            }
            zero &= copy[i] == 0;
        }
        if (zero) {
            throw new InvalidInputException(
                    "the vector of a term is " + (copy.length == 0 ? "empty" : "all zero"),
                    "give a vector of the collection's model");
        }
        return new Term(Kind.VECTOR, null, null, null, copy, 1);
    }

    /**
     * Reads a term as the command line takes it: {@code [WEIGHT:]} and then {@code @FILE}, {@code id:ID}, {@code
     * text:TEXT} or just a text, as in {@code 0.5:dog}, {@code -1:@crowd.jpg} or {@code 2:id:photos/a.jpg}. {@code
     * text:} is for texts that look like something else, as in {@code text:@home} and {@code text:12:30}. What stands
     * before a colon is a weight only when it is a plain decimal number, so {@code zz:cat} is a text.
     *
     * @throws InvalidInputException when there is nothing after the weight, the {@code @} or the {@code id:}, or the
     *     weight is 0
     */
    public static Term parse(String term) {
        Matcher weighted = WEIGHTED.matcher(Objects.requireNonNull(term, "term"));
        if (!weighted.matches()) {
            return parseUnweighted(term, term);
        }
        return parseUnweighted(weighted.group(2), term).weight(Double.parseDouble(weighted.group(1)));
    }

    private static Term parseUnweighted(String source, String term) {
        if (source.startsWith("@")) {
            if (source.length() == 1) {
                throw new InvalidInputException("the term '" + term + "' names no file", "write @FILE");
            }
            try {
                return picture(FileName.path(inHome(source.substring(1))));
            } catch (InvalidPathException e) {
                throw new InvalidInputException("the term '" + term + "' names no possible file: " + e.getReason());
            }
        }
        if (source.startsWith("id:")) {
            if (source.length() == 3) {
                throw new InvalidInputException("the term '" + term + "' names no item", "write id:ID");
            }
            return item(source.substring(3));
        }
        return text(source.startsWith("text:") ? source.substring(5) : source);
    }

    private static String inHome(String file) {
        boolean home = file.equals("~") || file.startsWith("~/");
        return home ? System.getProperty("user.home") + file.substring(1) : file;
    }

    /**
     * The same term with another weight.
     *
     * @param weight finite and not 0; negative to look away from the term; terms without one weigh 1
     */
    public Term weight(double weight) {
        return new Term(kind, words, file, bytes, numbers, weight);
    }

    /** The same term with the sign of its weight turned: what the hits should not be like. */
    public Term minus() {
        return weight(-weight);
    }

    /** What the term is made of. */
    public Kind kind() {
        return kind;
    }

    /** Its share in the query, finite and not 0. */
    public double weight() {
        return weight;
    }

    /** The text of a {@link Kind#TEXT} term. */
    public Optional<String> text() {
        return kind == Kind.TEXT ? Optional.ofNullable(words) : Optional.empty();
    }

    /** The id of an {@link Kind#ITEM} term. */
    public Optional<String> item() {
        return kind == Kind.ITEM ? Optional.ofNullable(words) : Optional.empty();
    }

    /** The file of a {@link Kind#PICTURE} term made from one. */
    public Optional<Path> file() {
        return Optional.ofNullable(file);
    }

    /** A copy of the bytes of a {@link Kind#PICTURE} term made from bytes. */
    public Optional<byte[]> bytes() {
        return Optional.ofNullable(bytes).map(byte[]::clone);
    }

    /** A copy of the vector of a {@link Kind#VECTOR} term. */
    public Optional<float[]> vector() {
        return Optional.ofNullable(numbers).map(float[]::clone);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Term term
                && kind == term.kind
                && weight == term.weight
                && Objects.equals(words, term.words)
                && Objects.equals(file, term.file)
                && Arrays.equals(bytes, term.bytes)
                && Arrays.equals(numbers, term.numbers);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, weight, words, file, Arrays.hashCode(bytes), Arrays.hashCode(numbers));
    }

    /** The term as {@link #parse} reads it, where it can be written down. */
    @Override
    public String toString() {
        String source = switch (kind) {
            case TEXT -> written(String.valueOf(words));
            case ITEM -> "id:" + words;
            case PICTURE ->
                file != null
                        ? "@" + FileName.text(file)
                        : "@(picture of " + (bytes == null ? 0 : bytes.length) + " bytes)";
            case VECTOR -> "(vector of " + (numbers == null ? 0 : numbers.length) + " numbers)";
        };
        return weight == 1
                ? source
                : BigDecimal.valueOf(weight).stripTrailingZeros().toPlainString() + ":" + source;
    }

    private static String written(String text) {
        boolean plain = !WEIGHTED.matcher(text).matches()
                && !text.startsWith("@")
                && !text.startsWith("id:")
                && !text.startsWith("text:");
        return plain ? text : "text:" + text;
    }
}
