package dev.pixie.cli;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A span of time as it is typed: {@code 90s}, {@code 15m}, {@code 12h}, {@code 30d}, {@code 4w}. */
final class Age {
    private static final Pattern SYNTAX = Pattern.compile("(\\d{1,9})([smhdw])");
    private static final Map<String, Duration> UNITS = Map.of(
            "s", Duration.ofSeconds(1),
            "m", Duration.ofMinutes(1),
            "h", Duration.ofHours(1),
            "d", Duration.ofDays(1),
            "w", Duration.ofDays(7));

    private Age() {}

    static Duration parse(String word) {
        Matcher parts = SYNTAX.matcher(word);
        if (!parts.matches()) {
            throw new TypeConversionException(
                    "'" + word + "' is no span of time: give a number and s, m, h, d or w, such as 30d");
        }
        return UNITS.getOrDefault(parts.group(2), Duration.ZERO).multipliedBy(Long.parseLong(parts.group(1)));
    }
}
