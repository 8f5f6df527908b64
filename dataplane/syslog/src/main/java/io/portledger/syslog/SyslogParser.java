package io.portledger.syslog;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one RFC 5424 message. Strict where leniency could change what a record says, tolerant in these points:
 *
 * <ul>
 *   <li>a {@code ]} inside a PARAM-VALUE may stand without its backslash, as many senders write it: the quotes already
 *       say where the value ends;
 *   <li>a backslash before any character but {@code " \ ]} stands for itself (RFC 5424 §6.3.3 demands it);
 *   <li>MSG without a byte order mark may be of any encoding: it is read as UTF-8, or as ISO 8859-1 if it is not that.
 * </ul>
 *
 * <p>A message of another version or of RFC 3164 is refused with a sentence that says so.
 */
final class SyslogParser {

    private final byte[] octets;
    private int at;

    SyslogParser(byte[] octets) {
        this.octets = octets;
    }

    SyslogMessage parse() throws SyslogParseException {
        int priority = priority();
        version();
        Instant timestamp = timestamp();
        String hostname = field("HOSTNAME", SyslogMessage.MAX_HOSTNAME);
        String appName = field("APP-NAME", SyslogMessage.MAX_APP_NAME);
        String procId = field("PROCID", SyslogMessage.MAX_PROCID);
        String msgId = field("MSGID", SyslogMessage.MAX_MSGID);
        List<SdElement> structuredData = structuredData();
        String message = "";
        boolean hasByteOrderMark = false;
        if (at < octets.length) {
            expect(' ', "between STRUCTURED-DATA and MSG");
            hasByteOrderMark = octets.length - at >= 3
                    && (octets[at] & 0xff) == 0xef
                    && (octets[at + 1] & 0xff) == 0xbb
                    && (octets[at + 2] & 0xff) == 0xbf;
            if (hasByteOrderMark) {
                at += 3;
                message = utf8("MSG, which begins with the UTF-8 byte order mark,", at, octets.length);
            } else {
                message = anyEncoding(at, octets.length);
            }
        }
        return new SyslogMessage(
                priority >> 3,
                priority & 7,
                timestamp,
                hostname,
                appName,
                procId,
                msgId,
                structuredData,
                message,
                hasByteOrderMark);
    }

    private int priority() throws SyslogParseException {
        if (octets.length == 0) {
            throw new SyslogParseException("the message is empty");
        }
        if (octets[0] != '<') {
            throw new SyslogParseException("PRI: found " + found(0) + ", expected \"<\"");
        }
        at = 1;
        int priority = number("PRI", 1, 3);
        if ((octets[1] == '0' && at > 2) || priority > 191) {
            throw new SyslogParseException("PRI: found " + quote(1, at) + ", expected 0-191 without leading zeros");
        }
        expect('>', "at the end of PRI");
        return priority;
    }

    private void version() throws SyslogParseException {
        int end = at;
        while (end < octets.length && end - at < 3 && isDigit(octets[end])) {
            end++;
        }
        if (end == at) {
            throw new SyslogParseException(
                    "VERSION: found " + found(at) + ", expected \"1\": the message is not of RFC 5424 (of RFC 3164?)");
        }
        if (end - at != 1 || octets[at] != '1' || (end < octets.length && octets[end] != ' ')) {
            throw new SyslogParseException("VERSION: found " + quote(at, end + 1) + ", expected \"1\" and a space");
        }
        at = end;
        expect(' ', "behind VERSION");
    }

    private @Nullable Instant timestamp() throws SyslogParseException {
        if (isNil()) {
            at++;
            expect(' ', "behind TIMESTAMP");
            return null;
        }
        int start = at;
        int year = number("TIMESTAMP", 4, 4);
        expect('-', "in TIMESTAMP");
        int month = number("TIMESTAMP", 2, 2);
        expect('-', "in TIMESTAMP");
        int day = number("TIMESTAMP", 2, 2);
        expect('T', "in TIMESTAMP");
        int hour = number("TIMESTAMP", 2, 2);
        expect(':', "in TIMESTAMP");
        int minute = number("TIMESTAMP", 2, 2);
        expect(':', "in TIMESTAMP");
        int second = number("TIMESTAMP", 2, 2);
        int nanos = 0;
        if (at < octets.length && octets[at] == '.') {
            at++;
            int fraction = at;
            nanos = number("TIMESTAMP", 1, 6);
            for (int digits = at - fraction; digits < 9; digits++) {
                nanos *= 10;
            }
        }
        int offsetSeconds = 0;
        if (at < octets.length && octets[at] == 'Z') {
            at++;
        } else {
            boolean east = at < octets.length && octets[at] == '+';
            if (!east && (at >= octets.length || octets[at] != '-')) {
                throw new SyslogParseException(
                        "TIMESTAMP: found " + found(at) + ", expected \"Z\" or a time offset such as \"+01:00\"");
            }
            at++;
            int offsetHours = number("TIMESTAMP", 2, 2);
            expect(':', "in TIMESTAMP");
            int offsetMinutes = number("TIMESTAMP", 2, 2);
            if (offsetHours > 23 || offsetMinutes > 59) {
                throw notATime(start);
            }
            offsetSeconds = (offsetHours * 60 + offsetMinutes) * (east ? 60 : -60);
        }
        Instant timestamp;
        try {
            timestamp = LocalDateTime.of(year, month, day, hour, minute, second, nanos)
                    .toInstant(ZoneOffset.UTC)
                    .minusSeconds(offsetSeconds);
        } catch (DateTimeException e) {
            throw notATime(start);
        }
        int utcYear = timestamp.atOffset(ZoneOffset.UTC).getYear();
        if (utcYear < 0 || utcYear > 9999) {
            throw notATime(start);
        }
        expect(' ', "behind TIMESTAMP");
        return timestamp;
    }

    private SyslogParseException notATime(int start) {
        return new SyslogParseException(
                "TIMESTAMP: " + quote(start, at) + " is no date and time of RFC 3339 (seconds 00-59)");
    }

    private @Nullable String field(String name, int maxLength) throws SyslogParseException {
        int start = at;
        while (at < octets.length && octets[at] >= 33 && octets[at] <= 126) {
            at++;
        }
        if (at == octets.length) {
            throw new SyslogParseException("the message ends within " + name);
        }
        if (octets[at] != ' ') {
            throw new SyslogParseException(
                    name + ": found " + found(at) + ", expected printable ASCII characters and a space");
        }
        int length = at - start;
        at++;
        if (length == 0 || length > maxLength) {
            throw new SyslogParseException(
                    name + ": found " + length + " characters, expected 1-" + maxLength + " or \"-\"");
        }
        return length == 1 && octets[start] == '-' ? null : ascii(start, start + length);
    }

    private List<SdElement> structuredData() throws SyslogParseException {
        if (at >= octets.length) {
            throw new SyslogParseException("the message ends before STRUCTURED-DATA");
        }
        if (octets[at] == '-') {
            at++;
            return List.of();
        }
        if (octets[at] != '[') {
            throw new SyslogParseException("STRUCTURED-DATA: found " + found(at) + ", expected \"[\" or \"-\"");
        }
        List<SdElement> elements = new ArrayList<>(2);
        while (at < octets.length && octets[at] == '[') {
            SdElement element = element();
            for (SdElement other : elements) {
                if (other.id().equals(element.id())) {
                    throw new SyslogParseException("STRUCTURED-DATA: SD-ID " + element.id() + " occurs twice");
                }
            }
            elements.add(element);
        }
        return elements;
    }

    private SdElement element() throws SyslogParseException {
        at++;
        String id = sdName("SD-ID");
        List<SdElement.Param> params = new ArrayList<>();
        while (true) {
            if (at >= octets.length) {
                throw new SyslogParseException("the message ends within SD-ELEMENT " + id);
            }
            byte b = octets[at++];
            if (b == ']') {
                return new SdElement(id, params);
            }
            if (b != ' ') {
                throw new SyslogParseException(
                        "SD-ELEMENT " + id + ": found " + found(at - 1) + ", expected a space or \"]\"");
            }
            String name = sdName("PARAM-NAME in " + id);
            expect('=', "behind PARAM-NAME " + name);
            expect('"', "before the PARAM-VALUE of " + name);
            params.add(new SdElement.Param(name, paramValue(name)));
        }
    }

    private String sdName(String what) throws SyslogParseException {
        int start = at;
        while (at < octets.length
                && octets[at] > 32
                && octets[at] < 127
                && octets[at] != '='
                && octets[at] != ']'
                && octets[at] != '"') {
            at++;
        }
        int length = at - start;
        if (length == 0 || length > SyslogMessage.MAX_SD_NAME) {
            throw new SyslogParseException(what + ": found " + (length == 0 ? found(at) : length + " characters")
                    + ", expected a name of 1-" + SyslogMessage.MAX_SD_NAME + " characters");
        }
        return ascii(start, at);
    }

    private String paramValue(String name) throws SyslogParseException {
        int start = at;
        int escapes = 0;
        while (at < octets.length && octets[at] != '"') {
            if (octets[at] == '\\' && at + 1 < octets.length && isEscapable(octets[at + 1])) {
                escapes++;
                at++;
            }
            at++;
        }
        if (at >= octets.length) {
            throw new SyslogParseException("the message ends within the PARAM-VALUE of " + name);
        }
        int end = at++;
        String what = "the PARAM-VALUE of " + name;
        if (escapes == 0) {
            return utf8(what, start, end);
        }
        byte[] plain = new byte[end - start - escapes];
        int to = 0;
        for (int from = start; from < end; from++) {
            if (octets[from] == '\\' && isEscapable(octets[from + 1])) {
                from++;
            }
            plain[to++] = octets[from];
        }
        return utf8(what, plain, 0, plain.length);
    }

    private static boolean isEscapable(byte b) {
        return b == '"' || b == '\\' || b == ']';
    }

    private boolean isNil() {
        return at + 1 < octets.length && octets[at] == '-' && octets[at + 1] == ' ';
    }

    private int number(String field, int minDigits, int maxDigits) throws SyslogParseException {
        int start = at;
        int value = 0;
        while (at < octets.length && at - start < maxDigits && isDigit(octets[at])) {
            value = value * 10 + octets[at++] - '0';
        }
        if (at - start < minDigits) {
            throw new SyslogParseException(field + ": found " + found(at) + ", expected a digit");
        }
        return value;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private void expect(char c, String where) throws SyslogParseException {
        if (at >= octets.length) {
            throw new SyslogParseException(
                    "the message ends where " + (c == ' ' ? "a space" : "\"" + c + "\"") + " was expected " + where);
        }
        if (octets[at] != c) {
            throw new SyslogParseException(
                    "found " + found(at) + " " + where + ", expected " + (c == ' ' ? "a space" : "\"" + c + "\""));
        }
        at++;
    }

    private String ascii(int start, int end) {
        return new String(octets, start, end - start, StandardCharsets.US_ASCII);
    }

    private String utf8(String what, int start, int end) throws SyslogParseException {
        return utf8(what, octets, start, end);
    }

    private static String utf8(String what, byte[] from, int start, int end) throws SyslogParseException {
        for (int i = start; i < end; i++) {
            if (from[i] < 0) {
                try {
                    return StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(from, start, end - start))
                            .toString();
                } catch (CharacterCodingException e) {
                    throw new SyslogParseException(what + " is not UTF-8");
                }
            }
        }
        return new String(from, start, end - start, StandardCharsets.US_ASCII);
    }

    private String anyEncoding(int start, int end) {
        try {
            return utf8("MSG", start, end);
        } catch (SyslogParseException e) {
            return new String(octets, start, end - start, StandardCharsets.ISO_8859_1);
        }
    }

    private String found(int index) {
        return index >= octets.length ? "the end of the message" : quote(index, index + 1);
    }

    private String quote(int start, int end) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = start; i < Math.min(end, octets.length); i++) {
            if (octets[i] >= 32 && octets[i] < 127) {
                text.append((char) octets[i]);
            } else {
                text.append(String.format("\\x%02x", octets[i]));
            }
        }
        return text.append('"').toString();
    }
}
