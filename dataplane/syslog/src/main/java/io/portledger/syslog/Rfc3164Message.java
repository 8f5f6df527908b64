package io.portledger.syslog;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message of the older syslog (RFC 3164), which is whatever its senders make of it: any text is one. What can be told
 * apart is the priority, the time and the name of the host; what is behind them belongs to the reader.
 *
 * @param priority {@code facility * 8 + severity}, 0-191; {@link #NO_PRIORITY} if the message has no PRI
 * @param timestamp when, as far as the message tells it without doubt, or null
 * @param timeFault one sentence that says why there is no {@code timestamp}; null if there is one
 * @param hostname what stands where a HOSTNAME should, 1 to 255 characters without space, or null
 * @param content what is behind the HOSTNAME: TAG and CONTENT
 * @param body what is behind the TIMESTAMP: {@code content} with the HOSTNAME in front, if there is one. In a message
 *     without HOSTNAME its first word may have been taken for one
 */
public record Rfc3164Message(
        int priority,
        @Nullable Instant timestamp,
        @Nullable String timeFault,
        @Nullable String hostname,
        String content,
        String body) {

    /** The {@link #priority} of a message without PRI. */
    public static final int NO_PRIORITY = -1;

    /**
     * Reads any octets. The year and, if need be, the zone of a TIMESTAMP come from the parameters.
     *
     * @param octets the message, without framing
     * @param received when it was received: the year is the one that brings the TIMESTAMP nearest to it
     * @param zone of a TIMESTAMP that does not tell its own
     */
    public static Rfc3164Message parse(byte[] octets, Instant received, ZoneId zone) {
        return new Rfc3164Parser(octets, received, zone).parse();
    }

    /** Whether anything says that this is a syslog message at all: a priority or a time. */
    public boolean hasHeader() {
        return priority != NO_PRIORITY || timestamp != null;
    }

    /**
     * Whether octets claim to be a message of RFC 5424, or one of a later version: behind PRI stands a VERSION and a
     * space.
     */
    public static boolean isOfRfc5424(byte[] octets) {
        int at = 0;
        if (octets.length < 6 || octets[at++] != '<') {
            return false;
        }
        int digits = 0;
        while (at < octets.length && isDigit(octets[at])) {
            at++;
            digits++;
        }
        if (digits < 1 || digits > 3 || at >= octets.length || octets[at++] != '>') {
            return false;
        }
        int version = at;
        while (at < octets.length && isDigit(octets[at])) {
            at++;
        }
        int versionDigits = at - version;
        // A year may stand there, and has four digits.
        return versionDigits > 0 && versionDigits < 4 && at < octets.length && octets[at] == ' ';
    }

    /**
     * The octets of a message without what careless senders add: a UTF-8 byte order mark in front, and NUL, LF and CR
     * behind.
     *
     * @return the same array if there is nothing to take off
     */
    public static byte[] trim(byte[] octets) {
        int from = 0;
        if (octets.length >= 3
                && (octets[0] & 0xff) == 0xef
                && (octets[1] & 0xff) == 0xbb
                && (octets[2] & 0xff) == 0xbf) {
            from = 3;
        }
        int to = octets.length;
        while (to > from && (octets[to - 1] == 0 || octets[to - 1] == '\n' || octets[to - 1] == '\r')) {
            to--;
        }
        return from == 0 && to == octets.length ? octets : Arrays.copyOfRange(octets, from, to);
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}
