package io.portledger.webapp.lookup;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A moment, read from one of the forms that people paste: ISO 8601 with an offset, {@code Z} or the name of a zone; the
 * form of web server logs and of mail headers; seconds or milliseconds since 1970.
 *
 * <p>A moment that is read wrongly accuses the wrong household. So nothing is guessed except that a time without a zone
 * is UTC, and then {@link #remark} says so; abbreviations such as CET are refused, and so is a local time that a change
 * of the clocks made happen twice or never.
 *
 * @param instant the moment, cut to milliseconds
 * @param remark how the text was understood, where a reader may have meant something else; else null
 */
public record Moment(Instant instant, @Nullable String remark) {

    private static final DateTimeFormatter FORM = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final String CLOCK = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?";

    private static final Pattern ISO =
            Pattern.compile("(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:\\s*[Tt_,]\\s*|\\s+)" + CLOCK + "\\s*(.*)");

    private static final Pattern LOG_OR_MAIL =
            Pattern.compile("\\[?(?:[A-Za-z]{3},\\s*)?(\\d{1,2})[/\\s-]([A-Za-z]{3})[a-z]*[/\\s-](\\d{4})[:\\s]\\s*"
                    + CLOCK + "\\s*(.*?)]?");

    private static final Pattern EPOCH = Pattern.compile("(\\d+)(?:\\.(\\d{1,9}))?");

    private static final Pattern OFFSET =
            Pattern.compile("(?:UTC|GMT)?\\s*([+-])(\\d{2})(?::?(\\d{2}))?(?:\\s*\\[[A-Za-z_/+-]+])?");

    private static final Pattern REGION = Pattern.compile("\\[?([A-Za-z_]+/[A-Za-z0-9_/+-]+)]?");

    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

    private static final String FORMS =
            "write it as 2026-11-23T14:02:07Z, with an offset as in 2026-11-23T15:02:07+01:00, or as seconds since 1970";

    public Moment {
        instant = instant.truncatedTo(ChronoUnit.MILLIS);
    }

    /**
     * Reads {@code text}.
     *
     * @throws IllegalArgumentException saying what is wrong and how to write it
     */
    public static Moment read(String text) {
        String s = text.strip();
        if (s.isEmpty()) {
            throw new IllegalArgumentException("The time is missing: " + FORMS + ".");
        }
        try {
            Matcher iso = ISO.matcher(s);
            if (iso.matches()) {
                LocalDateTime local = LocalDateTime.of(
                        number(iso, 1),
                        number(iso, 2),
                        number(iso, 3),
                        number(iso, 4),
                        number(iso, 5),
                        number(iso, 6),
                        nanos(iso.group(7)));
                return zoned(local, iso.group(8).strip(), text);
            }
            Matcher log = LOG_OR_MAIL.matcher(s);
            if (log.matches()) {
                int month = MONTHS.indexOf(log.group(2).toLowerCase(Locale.ROOT)) + 1;
                if (month > 0) {
                    LocalDateTime local = LocalDateTime.of(
                            number(log, 3),
                            Month.of(month),
                            number(log, 1),
                            number(log, 4),
                            number(log, 5),
                            number(log, 6),
                            nanos(log.group(7)));
                    return zoned(local, log.group(8).strip(), text);
                }
            }
            Matcher epoch = EPOCH.matcher(s);
            if (epoch.matches()) {
                return sinceEpoch(epoch.group(1), epoch.group(2), text);
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no date and time: " + e.getMessage() + "; " + FORMS + ".", e);
        }
        throw new IllegalArgumentException("\"" + text + "\" is not understood as a time: " + FORMS + ".");
    }

    /** The moment as everything here shows it: ISO 8601 in UTC with milliseconds. */
    public static String write(Instant instant) {
        return FORM.format(instant);
    }

    private static Moment sinceEpoch(String digits, @Nullable String fraction, String text) {
        if (digits.length() == 9 || digits.length() == 10) {
            return new Moment(
                    Instant.ofEpochSecond(Long.parseLong(digits), nanos(fraction)),
                    "Read as seconds since 1970 (UTC).");
        }
        if ((digits.length() == 12 || digits.length() == 13) && fraction == null) {
            return new Moment(Instant.ofEpochMilli(Long.parseLong(digits)), "Read as milliseconds since 1970 (UTC).");
        }
        throw new IllegalArgumentException("\"" + text
                + "\" is neither seconds (10 digits) nor milliseconds (13 digits) since 1970; " + FORMS + ".");
    }

    private static Moment zoned(LocalDateTime local, String zone, String text) {
        if (zone.isEmpty()) {
            return new Moment(local.toInstant(ZoneOffset.UTC), "The time has no zone: read as UTC.");
        }
        if (zone.equalsIgnoreCase("Z") || zone.equalsIgnoreCase("UTC") || zone.equalsIgnoreCase("GMT")) {
            return new Moment(local.toInstant(ZoneOffset.UTC), null);
        }
        Matcher offset = OFFSET.matcher(zone);
        if (offset.matches()) {
            int minutes = number(offset, 2) * 60 + number(offset, 3);
            int sign = offset.group(1).equals("-") ? -1 : 1;
            return new Moment(local.toInstant(ZoneOffset.ofTotalSeconds(sign * minutes * 60)), null);
        }
        Matcher region = REGION.matcher(zone);
        if (region.matches()) {
            return inRegion(local, ZoneId.of(region.group(1)), text);
        }
        throw new IllegalArgumentException("\"" + zone + "\" is not understood as a zone, or stands for several;"
                + " write the offset from UTC instead, as in 2026-11-23T15:02:07+01:00.");
    }

    private static Moment inRegion(LocalDateTime local, ZoneId zone, String text) {
        List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
        if (offsets.isEmpty()) {
            ZoneOffsetTransition change = zone.getRules().getTransition(local);
            throw new IllegalArgumentException("\"" + text + "\" never happened in " + zone + ": the clocks went from "
                    + change.getDateTimeBefore() + " to " + change.getDateTimeAfter()
                    + ". Write the offset from UTC.");
        }
        if (offsets.size() > 1) {
            throw new IllegalArgumentException("\"" + text + "\" happened twice in " + zone
                    + " because the clocks were put back. Write the offset from UTC: " + offsets.get(0) + " or "
                    + offsets.get(1) + ".");
        }
        return new Moment(
                ZonedDateTime.of(local, zone).toInstant(), "Local time of " + zone + " (UTC" + offsets.get(0) + ").");
    }

    private static int number(Matcher matcher, int group) {
        String digits = matcher.group(group);
        return digits == null ? 0 : Integer.parseInt(digits);
    }

    private static int nanos(@Nullable String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
    }
}
