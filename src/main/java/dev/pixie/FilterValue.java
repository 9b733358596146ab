package dev.pixie;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Values that filters compare with, in the one JSON form of each, so that equal filters are equal. */
final class FilterValue {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private FilterValue() {}

    static JsonNode json(String name, @Nullable Object value) {
        if (value instanceof String text) {
            return JSON.textNode(text);
        }
        if (value instanceof Boolean bool) {
            return JSON.booleanNode(bool);
        }
        if (value instanceof Number number) {
            return number(name, number);
        }
        String date = date(value);
        if (date != null) {
            return JSON.textNode(date);
        }
        throw new InvalidInputException(
                "a filter compares " + name + " with "
                        + (value == null ? "null" : "a " + value.getClass().getSimpleName()),
                "give a String, a Number, a Boolean or a date; to ask for what is not there: Filter.isNull");
    }

    private static JsonNode number(String name, Number number) {
        if (number instanceof BigInteger whole) {
            return whole.bitLength() < Long.SIZE ? whole(whole.longValue()) : JSON.numberNode(whole);
        }
        if (number instanceof Double || number instanceof Float || number instanceof BigDecimal) {
            double value = Double.parseDouble(number.toString());
            if (!Double.isFinite(value)) {
                throw new InvalidInputException(
                        "a filter compares " + name + " with " + number, "give a finite number");
            }
            return JSON.numberNode(value);
        }
        return whole(number.longValue());
    }

    private static JsonNode whole(long value) {
        return value == (int) value ? JSON.numberNode((int) value) : JSON.numberNode(value);
    }

    /** ISO 8601 to the second or finer: a time without seconds would stand for its whole minute. */
    private static @Nullable String date(@Nullable Object value) {
        if (value instanceof Instant time) {
            return date(time.atOffset(ZoneOffset.UTC));
        }
        if (value instanceof ZonedDateTime time) {
            return date(time.toOffsetDateTime());
        }
        if (value instanceof OffsetDateTime time) {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.truncatedTo(ChronoUnit.MICROS));
        }
        if (value instanceof LocalDateTime time) {
            return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time.truncatedTo(ChronoUnit.MICROS));
        }
        return value instanceof LocalDate || value instanceof YearMonth || value instanceof Year
                ? value.toString()
                : null;
    }
}
