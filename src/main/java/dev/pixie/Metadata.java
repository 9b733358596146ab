package dev.pixie;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Checked, unmodifiable copies of metadata: a JSON object in its own order.
 *
 * <p>Numbers are brought to the one form that a JSON reader gives, so that an item equals itself after a round trip.
 */
final class Metadata {
    private static final BigInteger INT_MIN = BigInteger.valueOf(Integer.MIN_VALUE);
    private static final BigInteger INT_MAX = BigInteger.valueOf(Integer.MAX_VALUE);

    /** Lists and maps inside each other that metadata may have; the Python half has the same. */
    private static final int DEEPEST = 32;

    private Metadata() {}

    static Map<String, @Nullable Object> copyOf(Map<String, ? extends @Nullable Object> metadata) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        metadata.forEach((key, value) -> copy.put(checkKey(key), copyOf(key, value, 0)));
        return Collections.unmodifiableMap(copy);
    }

    private static @Nullable Object copyOf(String key, @Nullable Object value, int depth) {
        if (!(value instanceof Map) && !(value instanceof List)) {
            return scalar(key, value);
        }
        if (depth == DEEPEST) {
            throw new InvalidInputException(
                    "the metadata value '" + key + "' is nested more than " + DEEPEST + " times",
                    "give it as a text, or leave it out");
        }
        if (value instanceof Map<?, ?> object) {
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            object.forEach((inner, each) -> {
                if (!(inner instanceof String name)) {
                    throw new InvalidInputException(
                            "the metadata value '" + key + "' has the key " + inner, "keys are Strings");
                }
                copy.put(checkKey(name), copyOf(key, each, depth + 1));
            });
            return Collections.unmodifiableMap(copy);
        }
        List<@Nullable Object> copy = new ArrayList<>();
        for (Object each : (List<?>) value) {
            copy.add(copyOf(key, each, depth + 1));
        }
        return Collections.unmodifiableList(copy);
    }

    private static String checkKey(String key) {
        boolean torn = Objects.requireNonNull(key, "metadata key")
                .codePoints()
                .anyMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
        if (torn) {
            throw new InvalidInputException(
                    "the metadata key '" + key + "' holds half of a character", "give a key of whole characters");
        }
        return key;
    }

    private static @Nullable Object scalar(String key, @Nullable Object value) {
        if (value == null || value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (value instanceof BigInteger whole) {
            return narrow(whole);
        }
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return narrow(BigInteger.valueOf(((Number) value).longValue()));
        }
        if (value instanceof Double || value instanceof Float || value instanceof BigDecimal) {
            // through its text, so that 0.1f becomes 0.1 and not 0.10000000149
            double number = Double.parseDouble(value.toString());
            if (!Double.isFinite(number)) {
                throw new InvalidInputException(
                        "the metadata value '" + key + "' is " + value, "give a finite number, or null");
            }
            return number;
        }
        throw new InvalidInputException(
                "the metadata value '" + key + "' is a " + value.getClass().getSimpleName(),
                "metadata is JSON: Strings, Numbers, Booleans, null, Lists and Maps");
    }

    private static Number narrow(BigInteger whole) {
        if (whole.compareTo(INT_MIN) >= 0 && whole.compareTo(INT_MAX) <= 0) {
            return whole.intValue();
        }
        return whole.bitLength() < Long.SIZE ? (Number) whole.longValue() : whole;
    }
}
