package io.portledger.collector.dialect;

import io.portledger.syslog.Rfc3164Message;
import io.portledger.syslog.SyslogMessage;
import io.portledger.syslog.SyslogParseException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * A syslog message of any header as dialects see it.
 *
 * @param message the message if it is one of RFC 5424, without fault, or null
 * @param isSyslog whether it has anything of a syslog header
 * @param fault why it is no syslog message, if it is none, or not the one of RFC 5424 that it claims to be; else null
 * @param hostname HOSTNAME, or null
 * @param timestamp when by the header, or null
 * @param timeFault why there is no {@code timestamp}; null if there is one
 * @param body what is behind the HOSTNAME, without the header's other parts: {@code PROGRAM[PROCESS]: TEXT}; if RFC 5424's
 *     MSGID or STRUCTURED-DATA are used, {@code APP-NAME PROCID MSGID STRUCTURED-DATA MSG}
 * @param bodyWithHost the same with what may be a HOSTNAME in front, or may be part of the text; {@code body} if that is
 *     clear
 */
public record SyslogText(
        @Nullable SyslogMessage message,
        boolean isSyslog,
        @Nullable String fault,
        @Nullable String hostname,
        @Nullable Instant timestamp,
        @Nullable String timeFault,
        String body,
        String bodyWithHost) {

    private static final String NO_TIME = "the message has no TIMESTAMP, so when it happened is not known";

    /**
     * Reads any octets.
     *
     * @param received when they were received; the year of a time that has none is the nearest to it
     * @param zone of a time that does not tell its own
     */
    public static SyslogText of(byte[] octets, Instant received, ZoneId zone) {
        byte[] trimmed = Rfc3164Message.trim(octets);
        if (!Rfc3164Message.isOfRfc5424(trimmed)) {
            return ofRfc3164(Rfc3164Message.parse(trimmed, received, zone));
        }
        try {
            return ofRfc5424(SyslogMessage.parse(trimmed), trimmed);
        } catch (SyslogParseException e) {
            return ofNearlyRfc5424(trimmed, String.valueOf(e.getMessage()));
        }
    }

    private static SyslogText ofRfc3164(Rfc3164Message message) {
        return new SyslogText(
                null,
                message.hasHeader(),
                message.hasHeader()
                        ? null
                        : "the message begins with neither a priority such as <134> nor a date and time, and is of no"
                                + " dialect",
                message.hostname(),
                message.timestamp(),
                message.timeFault(),
                message.content(),
                message.body());
    }

    private static SyslogText ofRfc5424(SyslogMessage message, byte[] octets) {
        String body;
        if (message.structuredData().isEmpty() && message.msgId() == null) {
            // As a relay writes what it got as RFC 3164: the dialect need not know of the relay.
            String program = message.appName() == null ? "" : message.appName();
            String process = message.procId() == null ? "" : "[" + message.procId() + "]";
            body = (program.isEmpty() ? "" : program + process + ": ")
                    + message.message().stripLeading();
        } else {
            body = behindHostname(new String(octets, StandardCharsets.UTF_8));
            if (message.hasByteOrderMark()) {
                body = body.replace(" \ufeff", " ");
            }
        }
        return new SyslogText(
                message,
                true,
                null,
                message.hostname(),
                message.timestamp(),
                message.timestamp() == null ? NO_TIME : null,
                body,
                body);
    }

    /** Some write structured data that is none; the header may still be read. */
    private static SyslogText ofNearlyRfc5424(byte[] octets, String fault) {
        String text = new String(octets, StandardCharsets.UTF_8);
        String body = behindHostname(text);
        Instant timestamp = null;
        String hostname = null;
        try {
            SyslogMessage header = SyslogMessage.parse(
                    (text.substring(0, text.length() - body.length()) + "- - - -").getBytes(StandardCharsets.UTF_8));
            timestamp = header.timestamp();
            hostname = header.hostname();
        } catch (SyslogParseException e) {
            body = text;
        }
        return new SyslogText(null, false, fault, hostname, timestamp, timestamp == null ? NO_TIME : null, body, body);
    }

    private static String behindHostname(String text) {
        int at = 0;
        for (int fields = 0; fields < 3; fields++) {
            int space = text.indexOf(' ', at);
            if (space < 0) {
                return text;
            }
            at = space + 1;
        }
        return text.substring(at);
    }
}
