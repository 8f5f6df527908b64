package io.portledger.syslog;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A syslog message (RFC 5424 §6). A header field that is null is the NILVALUE {@code -}.
 *
 * @param facility 0-23; {@link #LOCAL0} is 16
 * @param severity 0 (emergency) to 7 (debug); {@link #INFORMATIONAL} is 6
 * @param timestamp TIMESTAMP, cut to microseconds, or null; years 0000 to 9999
 * @param hostname HOSTNAME, 1 to 255 printable ASCII characters without space, or null
 * @param appName APP-NAME, 1 to 48 such characters, or null
 * @param procId PROCID, 1 to 128 such characters, or null
 * @param msgId MSGID, 1 to 32 such characters, or null
 * @param structuredData the SD-ELEMENTs in order, no SD-ID twice; empty is the NILVALUE
 * @param message MSG; empty if there is none
 * @param hasByteOrderMark whether MSG declares itself as UTF-8 by a byte order mark in front, which is not part of
 *     {@code message}; always false if {@code message} is empty
 */
public record SyslogMessage(
        int facility,
        int severity,
        @Nullable Instant timestamp,
        @Nullable String hostname,
        @Nullable String appName,
        @Nullable String procId,
        @Nullable String msgId,
        List<SdElement> structuredData,
        String message,
        boolean hasByteOrderMark) {

    /** Facility local use 0. */
    public static final int LOCAL0 = 16;

    /** Severity informational. */
    public static final int INFORMATIONAL = 6;

    static final int MAX_HOSTNAME = 255;
    static final int MAX_APP_NAME = 48;
    static final int MAX_PROCID = 128;
    static final int MAX_MSGID = 32;
    static final int MAX_SD_NAME = 32;

    private static final char BYTE_ORDER_MARK = '\ufeff';

    /** @throws IllegalArgumentException naming the field that RFC 5424 does not allow to be so */
    public SyslogMessage {
        if (facility < 0 || facility > 23) {
            throw new IllegalArgumentException("facility " + facility + " is out of range (allowed: 0-23)");
        }
        if (severity < 0 || severity > 7) {
            throw new IllegalArgumentException("severity " + severity + " is out of range (allowed: 0-7)");
        }
        if (timestamp != null) {
            timestamp = timestamp.truncatedTo(ChronoUnit.MICROS);
            int year = timestamp.atOffset(ZoneOffset.UTC).getYear();
            if (year < 0 || year > 9999) {
                throw new IllegalArgumentException("TIMESTAMP " + timestamp + " is outside the years 0000 to 9999");
            }
        }
        requirePrintable("HOSTNAME", hostname, MAX_HOSTNAME);
        requirePrintable("APP-NAME", appName, MAX_APP_NAME);
        requirePrintable("PROCID", procId, MAX_PROCID);
        requirePrintable("MSGID", msgId, MAX_MSGID);
        structuredData = List.copyOf(structuredData);
        if (structuredData.size() > 1) {
            Set<String> ids = new HashSet<>();
            for (SdElement element : structuredData) {
                if (!ids.add(element.id())) {
                    throw new IllegalArgumentException("SD-ID " + element.id() + " occurs more than once");
                }
            }
        }
        requireUnicode("MSG", message);
        hasByteOrderMark = hasByteOrderMark && !message.isEmpty();
        if (!hasByteOrderMark && !message.isEmpty() && message.charAt(0) == BYTE_ORDER_MARK) {
            throw new IllegalArgumentException("MSG begins with a byte order mark that hasByteOrderMark denies");
        }
    }

    /** A message of structured data only, of facility local0 and severity informational. */
    public static SyslogMessage ofStructuredData(
            Instant timestamp,
            @Nullable String hostname,
            @Nullable String appName,
            @Nullable String procId,
            @Nullable String msgId,
            List<SdElement> structuredData) {
        return new SyslogMessage(
                LOCAL0, INFORMATIONAL, timestamp, hostname, appName, procId, msgId, structuredData, "", false);
    }

    /** PRI, {@code facility * 8 + severity}. */
    public int priority() {
        return facility << 3 | severity;
    }

    /** The element with this SD-ID, or null. */
    public @Nullable SdElement element(String id) {
        for (int i = 0; i < structuredData.size(); i++) {
            SdElement element = structuredData.get(i);
            if (element.id().equals(id)) {
                return element;
            }
        }
        return null;
    }

    /**
     * Reads a whole message, without framing; what it tolerates is said at {@link SyslogParser}.
     *
     * @throws SyslogParseException if it is not of RFC 5424
     */
    public static SyslogMessage parse(byte[] octets) throws SyslogParseException {
        return new SyslogParser(octets).parse();
    }

    /** The octets of the message, without framing: what one UDP datagram carries (RFC 5426). */
    public byte[] toBytes() {
        ByteBuf out = Unpooled.buffer(512);
        writeTo(out);
        return ByteBufUtil.getBytes(out, 0, out.writerIndex(), true);
    }

    /**
     * Appends the message, without framing. The timestamp is in UTC with three fraction digits, or six if it is not a
     * whole millisecond.
     */
    public void writeTo(ByteBuf out) {
        out.writeByte('<');
        writeNumber(out, priority(), 1);
        writeAscii(out, ">1 ");
        if (timestamp == null) {
            out.writeByte('-');
        } else {
            writeTimestamp(out, timestamp);
        }
        writeField(out, hostname);
        writeField(out, appName);
        writeField(out, procId);
        writeField(out, msgId);
        out.writeByte(' ');
        if (structuredData.isEmpty()) {
            out.writeByte('-');
        }
        for (SdElement element : structuredData) {
            out.writeByte('[');
            writeAscii(out, element.id());
            for (SdElement.Param param : element.params()) {
                out.writeByte(' ');
                writeAscii(out, param.name());
                writeAscii(out, "=\"");
                writeEscaped(out, param.value());
                out.writeByte('"');
            }
            out.writeByte(']');
        }
        if (!message.isEmpty()) {
            out.writeByte(' ');
            if (hasByteOrderMark) {
                out.writeMedium(0xefbbbf);
            }
            ByteBufUtil.writeUtf8(out, message);
        }
    }

    /** Appends the message as a frame with its length in front (octet counting, RFC 6587 §3.4.1 and RFC 5425). */
    public void writeOctetCounted(ByteBuf out) {
        byte[] octets = toBytes();
        writeNumber(out, octets.length, 1);
        out.writeByte(' ');
        out.writeBytes(octets);
    }

    /** The text of {@link #toBytes()}. */
    @Override
    public String toString() {
        return new String(toBytes(), StandardCharsets.UTF_8);
    }

    private static void writeField(ByteBuf out, @Nullable String value) {
        out.writeByte(' ');
        writeAscii(out, value == null ? "-" : value);
    }

    private static void writeTimestamp(ByteBuf out, Instant timestamp) {
        LocalDateTime utc = LocalDateTime.ofInstant(timestamp, ZoneOffset.UTC);
        writeNumber(out, utc.getYear(), 4);
        out.writeByte('-');
        writeNumber(out, utc.getMonthValue(), 2);
        out.writeByte('-');
        writeNumber(out, utc.getDayOfMonth(), 2);
        out.writeByte('T');
        writeNumber(out, utc.getHour(), 2);
        out.writeByte(':');
        writeNumber(out, utc.getMinute(), 2);
        out.writeByte(':');
        writeNumber(out, utc.getSecond(), 2);
        out.writeByte('.');
        int micros = utc.getNano() / 1000;
        if (micros % 1000 == 0) {
            writeNumber(out, micros / 1000, 3);
        } else {
            writeNumber(out, micros, 6);
        }
        out.writeByte('Z');
    }

    private static void writeNumber(ByteBuf out, int value, int digits) {
        int divisor = 1;
        for (int i = 1; i < digits; i++) {
            divisor *= 10;
        }
        while (value / divisor >= 10) {
            divisor *= 10;
        }
        for (; divisor > 0; divisor /= 10) {
            out.writeByte('0' + value / divisor % 10);
        }
    }

    private static void writeAscii(ByteBuf out, String text) {
        ByteBufUtil.writeAscii(out, text);
    }

    private static void writeEscaped(ByteBuf out, String value) {
        int written = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\' || c == ']') {
                ByteBufUtil.writeUtf8(out, value, written, i);
                out.writeByte('\\');
                written = i;
            }
        }
        ByteBufUtil.writeUtf8(out, value, written, value.length());
    }

    private static void requirePrintable(String field, @Nullable String value, int maxLength) {
        if (value == null) {
            return;
        }
        if (value.isEmpty() || value.length() > maxLength) {
            throw new IllegalArgumentException(
                    field + " has " + value.length() + " characters (allowed: 1-" + maxLength + ")");
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < 33 || c > 126) {
                throw new IllegalArgumentException(field + " \"" + value + "\" holds character " + (int) c
                        + " (allowed: printable ASCII without space)");
            }
        }
        if (value.equals("-")) {
            throw new IllegalArgumentException(field + " \"-\" is the mark of an absent value (use null)");
        }
    }

    static void requireSdName(String field, String name) {
        requirePrintable(field, name.equals("-") ? null : name, MAX_SD_NAME);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '=' || c == ']' || c == '"') {
                throw new IllegalArgumentException(field + " \"" + name + "\" holds \"" + c + "\"");
            }
        }
    }

    static void requireUnicode(String field, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw new IllegalArgumentException(field + " holds half a surrogate pair at " + i);
                }
                i++;
            }
        }
    }
}
