package io.portledger.collector;

import io.portledger.collector.dialect.ExporterPrefix;
import io.portledger.settings.HostPort;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How syslog is taken; collector-defaults.yaml explains each.
 *
 * @param udp where to listen for datagrams
 * @param tcp where to listen for connections
 * @param tls where to listen for connections by TLS (RFC 5425); null: nowhere
 * @param maxMessageOctets longest message
 * @param maxConnections how many connections there may be at a time
 * @param rfc3164Zone zone of times that do not tell theirs, by its name in the time zone database
 * @param allowedExporters whose messages are read
 * @param dialects directory of the operator's dialects; null: none
 * @param dialectExporters who may speak a dialect, by its name
 */
public record SyslogSettings(
        HostPort udp,
        HostPort tcp,
        @Nullable HostPort tls,
        int maxMessageOctets,
        int maxConnections,
        String rfc3164Zone,
        List<ExporterPrefix> allowedExporters,
        @Nullable Path dialects,
        Map<String, List<ExporterPrefix>> dialectExporters) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public SyslogSettings {
        // RFC 5424 §6.1: receivers must take 480 octets. Above 512 KiB a record would not fit Kafka's default limit.
        if (maxMessageOctets < 480 || maxMessageOctets > 524_288) {
            throw new IllegalArgumentException("Invalid value " + maxMessageOctets
                    + " for key max-message-octets: out of range (allowed: 480-524288)");
        }
        CollectorSettings.requireAtLeast("max-connections", maxConnections, 1);
        try {
            ZoneId.of(rfc3164Zone);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "Invalid value " + rfc3164Zone
                            + " for key rfc3164-zone: no time zone (allowed: UTC, +01:00 or a name such as Europe/Berlin)",
                    e);
        }
    }

    /** Zone of times that do not tell theirs. */
    ZoneId zone() {
        return ZoneId.of(rfc3164Zone);
    }
}
