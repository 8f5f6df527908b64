package io.portledger.syslog;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads one message of RFC 3164 and of what is sent in its place: without PRI; with a sequence number or an origin in
 * front of the time, with fractions, a year or a zone, as routers write it; with a time of ISO 8601.
 *
 * <p>A time is taken only if the message tells it: one that a router marks with {@code *} (its clock was never set), one
 * of a zone that goes by letters other than UTC, GMT and Z, and one that the zone's clocks skip are no time.
 */
final class Rfc3164Parser {

    private static final String MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
    private static final Pattern PRIORITY = Pattern.compile("<(\\d{1,3})>");

    /** A router's sequence number, then the name it may go by. */
    private static final Pattern SEQUENCE = Pattern.compile(
            "(?:\\d{1,10})?: {1,2}(?:([A-Za-z0-9._-]{1,255}): )?(?=[*.]?(?:\\d{4} )?(?:" + MONTHS + ") )");

    private static final Pattern BSD_TIME = Pattern.compile("([*.])?(?:(\\d{4}) )?(" + MONTHS
            + ") {1,2}(\\d{1,2}) (?:(\\d{4}) )?(\\d{2}):(\\d{2}):(\\d{2})(?:\\.(\\d{1,9}))?"
            + "(?: (UTC|GMT|Z|[+-]\\d{2}:?\\d{2}|[A-Z]{2,5}(?=: )))?(?=[: ]|$)");
    private static final Pattern ISO_TIME =
            Pattern.compile("(\\d{4})-(\\d{2})-(\\d{2})[Tt ](\\d{2}):(\\d{2}):(\\d{2})(?:[.,](\\d{1,9}))?"
                    + "([Zz]|[+-]\\d{2}(?::?\\d{2})?)?(?=[: ]|$)");

    private static final int MAX_HOSTNAME = 255;

    private final String text;
    private final Instant received;
    private final ZoneId zone;
    private @Nullable Instant timestamp;
    private @Nullable String timeFault;
    private int at;

    Rfc3164Parser(byte[] octets, Instant received, ZoneId zone) {
        this.text = decode(octets);
        this.received = received;
        this.zone = zone;
    }

    private static String decode(byte[] octets) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(octets))
                    .toString();
        } catch (CharacterCodingException e) {
            return new String(octets, StandardCharsets.ISO_8859_1);
        }
    }

    Rfc3164Message parse() {
        int priority = priority();
        boolean isRouters = false;
        String origin = null;
        Matcher sequence = matcher(SEQUENCE);
        if (priority != Rfc3164Message.NO_PRIORITY && sequence.lookingAt()) {
            isRouters = true;
            origin = sequence.group(1);
            at = sequence.end();
        }
        boolean hasTime = bsdTime(isRouters) || isoTime();
        if (hasTime && at < text.length() && text.charAt(at) == ':') {
            // Behind a router's colon stands the message itself.
            isRouters = true;
            at++;
        }
        if (!hasTime) {
            timeFault = "the message has no TIMESTAMP, so when it happened is not known";
        }
        skipSpaces();
        String body = text.substring(at);
        String hostname = hasTime && !isRouters ? hostname() : origin;
        return new Rfc3164Message(priority, timestamp, timeFault, hostname, text.substring(at), body);
    }

    private Matcher matcher(Pattern pattern) {
        return pattern.matcher(text).region(at, text.length());
    }

    private int priority() {
        Matcher matcher = matcher(PRIORITY);
        if (matcher.lookingAt()) {
            int priority = Integer.parseInt(matcher.group(1));
            if (priority <= 191) {
                at = matcher.end();
                return priority;
            }
        }
        return Rfc3164Message.NO_PRIORITY;
    }

    private boolean bsdTime(boolean isRouters) {
        Matcher matcher = matcher(BSD_TIME);
        if (!matcher.lookingAt()) {
            return false;
        }
        at = matcher.end();
        String mark = matcher.group(1);
        String fraction = matcher.group(9);
        String zoneText = matcher.group(10);
        if (zoneText != null && offset(zoneText) == null && !isRouters && mark == null && fraction == null) {
            // Not a router's: these letters are a program's name, as in "CRON: ".
            at = matcher.start(10) - 1;
            zoneText = null;
        }
        String year = matcher.group(2) != null ? matcher.group(2) : matcher.group(5);
        int month = MONTHS.indexOf(matcher.group(3)) / 4 + 1;
        if ("*".equals(mark)) {
            timeFault = "the TIMESTAMP is marked with *: the sender's clock is not set";
        } else {
            int[] fields = {
                number(matcher, 4), number(matcher, 6), number(matcher, 7), number(matcher, 8), nanos(fraction)
            };
            if (year != null) {
                timestamp = at(Integer.parseInt(year), month, fields, zoneText);
            } else {
                nearestYear(month, fields, zoneText);
            }
        }
        return true;
    }

    /** Of the years around the reception the one that brings the time nearest to it. */
    private void nearestYear(int month, int[] fields, @Nullable String zoneText) {
        int year = received.atZone(ZoneOffset.UTC).getYear();
        boolean isLeapDay = month == 2 && fields[0] == 29;
        Instant nearest = null;
        for (int candidate = year - (isLeapDay ? 8 : 1); candidate <= year + (isLeapDay ? 8 : 1); candidate++) {
            Instant instant = at(candidate, month, fields, zoneText);
            if (instant != null && (nearest == null || distance(instant) < distance(nearest))) {
                nearest = instant;
            }
        }
        if (nearest != null) {
            timestamp = nearest;
            timeFault = null;
        }
    }

    private long distance(Instant instant) {
        return Duration.between(instant, received).abs().toMillis();
    }

    private boolean isoTime() {
        Matcher matcher = matcher(ISO_TIME);
        if (!matcher.lookingAt()) {
            return false;
        }
        at = matcher.end();
        timestamp = at(
                number(matcher, 1),
                number(matcher, 2),
                new int[] {
                    number(matcher, 3),
                    number(matcher, 4),
                    number(matcher, 5),
                    number(matcher, 6),
                    nanos(matcher.group(7))
                },
                matcher.group(8));
        return true;
    }

    /** The moment, or null with {@link #timeFault} set. */
    private @Nullable Instant at(int year, int month, int[] dayToNanos, @Nullable String zoneText) {
        LocalDateTime local;
        try {
            local = LocalDateTime.of(
                    year, month, dayToNanos[0], dayToNanos[1], dayToNanos[2], dayToNanos[3], dayToNanos[4]);
        } catch (DateTimeException e) {
            timeFault = "the TIMESTAMP is no date and time: " + e.getMessage();
            return null;
        }
        List<ZoneOffset> offsets;
        if (zoneText == null) {
            offsets = zone.getRules().getValidOffsets(local);
        } else {
            ZoneOffset offset = offset(zoneText);
            if (offset == null) {
                timeFault = "the TIMESTAMP is of time zone " + zoneText
                        + ", which is not known (known: UTC, GMT, Z, offsets such as +01:00)";
                return null;
            }
            offsets = List.of(offset);
        }
        if (offsets.isEmpty()) {
            timeFault = "the TIMESTAMP " + local + " does not exist in time zone " + zone;
            return null;
        }
        Instant nearest = local.toInstant(offsets.getFirst());
        for (ZoneOffset offset : offsets) {
            Instant instant = local.toInstant(offset);
            nearest = distance(instant) < distance(nearest) ? instant : nearest;
        }
        return nearest;
    }

    private static @Nullable ZoneOffset offset(String text) {
        if (text.equalsIgnoreCase("Z") || text.equals("UTC") || text.equals("GMT")) {
            return ZoneOffset.UTC;
        }
        if (text.charAt(0) != '+' && text.charAt(0) != '-') {
            return null;
        }
        try {
            return ZoneOffset.of(text);
        } catch (DateTimeException e) {
            return null;
        }
    }

    private static int number(Matcher matcher, int group) {
        return Integer.parseInt(matcher.group(group));
    }

    private static int nanos(@Nullable String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
    }

    /** A TAG ends with a colon or has a process in brackets; what does not is taken for the HOSTNAME. */
    private @Nullable String hostname() {
        int end = text.indexOf(' ', at);
        if (end < 0 || end == at || end - at > MAX_HOSTNAME || text.charAt(end - 1) == ':') {
            return null;
        }
        String word = text.substring(at, end);
        if (word.indexOf('[') >= 0 || word.chars().anyMatch(c -> c < 33 || c == 127)) {
            return null;
        }
        at = end;
        skipSpaces();
        return word;
    }

    private void skipSpaces() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
    }
}
