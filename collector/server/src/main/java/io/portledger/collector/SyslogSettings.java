package io.portledger.collector;

import io.portledger.settings.HostPort;
import org.jspecify.annotations.Nullable;

/**
 * How syslog is taken; collector-defaults.yaml explains each.
 *
 * @param udp where to listen for datagrams
 * @param tcp where to listen for connections
 * @param tls where to listen for connections by TLS (RFC 5425); null: nowhere
 * @param maxMessageOctets longest message
 * @param maxConnections how many connections there may be at a time
 */
public record SyslogSettings(
        HostPort udp, HostPort tcp, @Nullable HostPort tls, int maxMessageOctets, int maxConnections) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public SyslogSettings {
        // RFC 5424 §6.1: receivers must take 480 octets. Above 512 KiB a record would not fit Kafka's default limit.
        if (maxMessageOctets < 480 || maxMessageOctets > 524_288) {
            throw new IllegalArgumentException("Invalid value " + maxMessageOctets
                    + " for key max-message-octets: out of range (allowed: 480-524288)");
        }
        CollectorSettings.requireAtLeast("max-connections", maxConnections, 1);
    }
}
