package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which items are meant: a condition on an item's facts and metadata, or several put together.
 *
 * <pre>{@code
 * Filter recent = Filter.gte("year", 2020).and(Filter.like("camera", "Canon%").or(Filter.has("gps")));
 * Filter same = Filter.parse("year >= 2020 and (camera like 'Canon%' or has gps)");
 * }</pre>
 *
 * <p>Names are facts, such as {@code taken}, {@code camera} or {@code width}, and keys of the metadata; a dot leads
 * into an object, as in {@code exif.iso}. Values are a String, a Number, a Boolean, or a date of {@code java.time}: an
 * Instant, OffsetDateTime, ZonedDateTime, LocalDateTime, LocalDate, YearMonth or Year. Of a list, one entry decides. A
 * value that is missing matches nothing but {@link #isNull}. The whole language, and what each condition means, is in
 * {@code docs/filters.md}.
 *
 * <p>Immutable and safe to share between threads. Two filters are equal when they were made alike.
 */
public final class Filter {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final JsonNode json;

    private Filter(JsonNode json) {
        this.json = json;
    }

    /**
     * A filter as it is written, such as {@code year >= 2020 and not has gps}. It is read where it is used: what takes
     * it then throws {@link InvalidInputException} with the code {@code syntax}, which says at which character it is
     * wrong and what could stand there.
     */
    public static Filter parse(String text) {
        return new Filter(TextNode.valueOf(Objects.requireNonNull(text, "text")));
    }

    /** The value is this one; of a list, one of its entries is. */
    public static Filter eq(String name, Object value) {
        return test("eq", name, value);
    }

    /** There is a value, and it is another one; of a list, none of its entries is this one. */
    public static Filter ne(String name, Object value) {
        return test("ne", name, value);
    }

    /** The value is below this one. */
    public static Filter lt(String name, Object value) {
        return test("lt", name, value);
    }

    /** The value is at most this one. */
    public static Filter lte(String name, Object value) {
        return test("lte", name, value);
    }

    /** The value is above this one. */
    public static Filter gt(String name, Object value) {
        return test("gt", name, value);
    }

    /** The value is at least this one. */
    public static Filter gte(String name, Object value) {
        return test("gte", name, value);
    }

    /** The text has this form: {@code %} is anything, {@code _} a character; ASCII letters match in either case. */
    public static Filter like(String name, String pattern) {
        return test("like", name, pattern);
    }

    /**
     * The text has this form: {@code *} is anything, {@code ?} a character, {@code [a-z]} one of some. A path is
     * compared as a whole, and from the folder on that was indexed.
     */
    public static Filter glob(String name, String pattern) {
        return test("glob", name, pattern);
    }

    /** The text has this one in it, or the list this entry. */
    public static Filter contains(String name, Object value) {
        return test("contains", name, value);
    }

    /** The value is one of these; of a list, one of its entries is. */
    public static Filter in(String name, Object... values) {
        return in(name, Arrays.asList(values));
    }

    /** The value is one of these, at most 10,000; of a list, one of its entries is. */
    public static Filter in(String name, Collection<?> values) {
        ObjectNode json = named("in", name);
        ArrayNode given = json.putArray("values");
        values.forEach(value -> given.add(FilterValue.json(name, value)));
        if (given.isEmpty()) {
            throw new InvalidInputException("a filter asks for " + name + " in no values", "give one value or more");
        }
        return new Filter(json);
    }

    /** There is a value. */
    public static Filter has(String name) {
        return new Filter(named("has", name));
    }

    /** There is no value, or null. */
    public static Filter isNull(String name) {
        return new Filter(named("is_null", name));
    }

    /**
     * The picture was taken at most so many kilometres from a place.
     *
     * @param latitude in degrees (WGS 84), north positive
     * @param longitude in degrees, east positive
     * @param km 0 or more
     */
    public static Filter near(double latitude, double longitude, double km) {
        if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && km >= 0 && Double.isFinite(km))) {
            throw new InvalidInputException(
                    "a filter is near " + latitude + ", " + longitude + " by " + km + " km",
                    "give a latitude from -90 to 90, a longitude from -180 to 180, and 0 km or more");
        }
        return new Filter(JSON.objectNode()
                .put("op", "near")
                .put("latitude", latitude)
                .put("longitude", longitude)
                .put("km", km));
    }

    /** Both are true. */
    public Filter and(Filter other) {
        return joined("and", this, other);
    }

    /** One of the two is true, or both are. */
    public Filter or(Filter other) {
        return joined("or", this, other);
    }

    /** This is false. Where a value is missing it is neither true nor false. */
    public Filter not() {
        ObjectNode negation = JSON.objectNode().put("op", "not");
        negation.set("filter", json);
        return new Filter(negation);
    }

    /** The JSON that {@code docs/json.md} describes; not to be changed. */
    JsonNode json() {
        return json;
    }

    private static Filter test(String operator, String name, Object value) {
        ObjectNode json = named(operator, name);
        json.set("value", FilterValue.json(name, value));
        return new Filter(json);
    }

    private static ObjectNode named(String operator, String name) {
        if (Objects.requireNonNull(name, "name").isEmpty()) {
            throw new InvalidInputException("a filter has an empty name", "name a fact or a key of the metadata");
        }
        return JSON.objectNode().put("op", operator).put("name", name);
    }

    /** Filters in a row are one of many parts, so that a long chain is not a deep one. */
    private static Filter joined(String operator, Filter first, Filter second) {
        List<JsonNode> parts = new ArrayList<>();
        for (Filter each : List.of(first, second)) {
            if (each.json.path("op").asText().equals(operator)) {
                each.json.get("filters").forEach(parts::add);
            } else {
                parts.add(each.json);
            }
        }
        ObjectNode both = JSON.objectNode().put("op", operator);
        both.putArray("filters").addAll(parts);
        return new Filter(both);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Filter filter && json.equals(filter.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    /** The text that was given to {@link #parse}, or the filter's JSON. */
    @Override
    public String toString() {
        return json.isTextual() ? json.asText() : json.toString();
    }
}
