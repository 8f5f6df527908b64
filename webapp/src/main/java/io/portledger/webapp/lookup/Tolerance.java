package io.portledger.webapp.lookup;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far the asker's clock may be off, either way, as people write it: {@code 2s}, {@code 500 ms}, {@code 5 min}, a bare
 * number of seconds, or an ISO 8601 duration such as {@code PT2S}.
 */
final class Tolerance {

    private static final Pattern FORM =
            Pattern.compile("(?:±|\\+/-|\\+-)?\\s*(\\d{1,9})\\s*(ms|s|sec|seconds?|m|min|minutes?|h|hours?)?");

    private Tolerance() {}

    /**
     * Reads {@code text}; nothing means none.
     *
     * @throws IllegalArgumentException saying what is wrong and how to write it
     */
    static Duration read(String text, Duration max) {
        String s = text.strip().toLowerCase(Locale.ROOT);
        Duration tolerance;
        Matcher matcher = FORM.matcher(s);
        if (s.isEmpty()) {
            return Duration.ZERO;
        } else if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            String unit = matcher.group(2) == null ? "s" : matcher.group(2);
            tolerance = unit.equals("ms")
                    ? Duration.ofMillis(number)
                    : switch (unit.charAt(0)) {
                        case 'm' -> Duration.ofMinutes(number);
                        case 'h' -> Duration.ofHours(number);
                        default -> Duration.ofSeconds(number);
                    };
        } else {
            try {
                tolerance = Duration.parse(s);
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "\"" + text + "\" is no tolerance: write a number with a unit, such as 0s, 2s, 500ms or 5min.",
                        e);
            }
        }
        if (tolerance.isNegative() || tolerance.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    "The tolerance " + text.strip() + " is out of range (allowed: 0s to " + write(max) + ").");
        }
        return tolerance;
    }

    /** The shortest exact form. */
    static String write(Duration tolerance) {
        long millis = tolerance.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds != 0 && seconds % 3600 == 0) {
            return seconds / 3600 + "h";
        }
        return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + "min" : seconds + "s";
    }
}
