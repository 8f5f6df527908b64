package io.portledger.lwaftr.export;

import io.portledger.settings.HostPort;
import java.util.Locale;

/**
 * Where syslog messages go and how, in text {@code udp://host:port}, {@code tcp://host:port} or
 * {@code tcp-lines://host:port}.
 *
 * @param transport how
 * @param address where
 */
public record SyslogReceiver(Transport transport, HostPort address) {

    /** How messages travel. */
    public enum Transport {
        /** One message in each datagram (RFC 5426). */
        UDP,
        /** A stream of messages, each with its length in front (RFC 6587 §3.4.1, the framing of RFC 5425). */
        TCP,
        /** A stream of messages, each ended by a line feed (RFC 6587 §3.4.2). */
        TCP_LINES;

        String scheme() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * Reads the form of {@link #toString()}.
     *
     * @throws IllegalArgumentException if {@code text} is not of that form
     */
    public static SyslogReceiver parse(String text) {
        int end = text.indexOf("://");
        if (end > 0) {
            String scheme = text.substring(0, end);
            for (Transport transport : Transport.values()) {
                if (transport.scheme().equals(scheme)) {
                    return new SyslogReceiver(transport, HostPort.parse(text.substring(end + 3)));
                }
            }
        }
        throw new IllegalArgumentException("\"" + text
                + "\" is no syslog receiver (allowed: udp://host:port, tcp://host:port, tcp-lines://host:port)");
    }

    @Override
    public String toString() {
        return transport.scheme() + "://" + address;
    }
}
