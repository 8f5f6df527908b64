package io.portledger.collector.dialect;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where an event's time stands: in the header, in a field of the message, or nowhere.
 *
 * @param from null if a {@code field} is named
 * @param field a group of the pattern or a parameter; null if {@code from} is given
 * @param format how the field is written; null if {@code from} is given
 */
record TimeSource(
        @Nullable From from,
        @Nullable String field,
        @Nullable Format format) {

    /** Other places than a field. */
    enum From {
        /** The message's header. */
        HEADER,
        /** When the collector received it: for exporters that send each message at once, and write no time. */
        RECEPTION
    }

    /** How a field writes a time. */
    enum Format {
        /** Seconds since 1970-01-01T00:00Z, decimal. */
        EPOCH_SECONDS,
        /** Milliseconds since 1970-01-01T00:00Z, decimal. */
        EPOCH_MILLISECONDS,
        /** Seconds since 1970-01-01T00:00Z, hexadecimal, with or without 0x. */
        HEX_EPOCH_SECONDS,
        /** ISO 8601 with a zone, such as 2024-03-01T11:14:15.5Z. */
        ISO_8601,
        /** {@code 2024-03-01 11:14:15} of UTC. */
        DATE_TIME_UTC
    }

    private static final Pattern DECIMAL = Pattern.compile("\\d{1,15}");
    private static final Pattern HEXADECIMAL = Pattern.compile("(?:0[xX])?([0-9a-fA-F]{1,10})");
    private static final DateTimeFormatter DATE_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);

    TimeSource {
        if ((from == null) == (field == null) || (field == null) != (format == null)) {
            throw new IllegalArgumentException(
                    "a time has either from, or field and format (allowed: {from: header}, {from: reception}, or such as"
                            + " {field: epoch, format: hex-epoch-seconds})");
        }
    }

    /** @throws IllegalArgumentException if {@code text} is not written so */
    static Instant read(Format format, String text) {
        try {
            return switch (format) {
                case EPOCH_SECONDS -> Instant.ofEpochSecond(decimal(text));
                case EPOCH_MILLISECONDS -> Instant.ofEpochMilli(decimal(text));
                case HEX_EPOCH_SECONDS -> {
                    var matcher = HEXADECIMAL.matcher(text);
                    if (!matcher.matches()) {
                        throw new IllegalArgumentException("\"" + text + "\" is no hexadecimal number of seconds");
                    }
                    yield Instant.ofEpochSecond(Long.parseLong(matcher.group(1), 16));
                }
                case ISO_8601 -> DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
                case DATE_TIME_UTC -> LocalDateTime.parse(text, DATE_TIME).toInstant(ZoneOffset.UTC);
            };
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no date and time: " + e.getMessage(), e);
        }
    }

    private static long decimal(String text) {
        if (!DECIMAL.matcher(text).matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no number of at most 15 digits");
        }
        return Long.parseLong(text);
    }
}
