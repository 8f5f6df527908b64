package io.portledger.collector;

import io.portledger.settings.HostPort;
import io.portledger.settings.MayBeNull;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How IPFIX is taken; collector-defaults.yaml explains each.
 *
 * @param udp where to listen for datagrams, those of NetFlow v9 as well
 * @param tcp where to listen for connections; null: nowhere
 * @param tls where to listen for connections by TLS; null: nowhere
 * @param maxConnections how many connections there may be at a time
 * @param templateLifetime after what time a template over UDP is no longer used if it does not come again
 * @param reorderWindow how long a late message may close its hole in the sequence
 * @param templateWait how long data wait for their template
 * @param waitingOctetsPerSession how many octets of them a session keeps
 * @param waitingOctets how many octets of them all sessions keep
 * @param maxSessions how many transport sessions are kept
 * @param maxTemplateFields how many fields the templates of all sessions by datagrams may have, and of all connections
 * @param sessionIdle after what time of silence a session is forgotten
 * @param silence after what time an exporter of bindings that is not heard counts as silent
 * @param silenceForgotten after what time a silent exporter is no longer expected to speak
 */
public record IpfixSettings(
        HostPort udp,
        @MayBeNull @Nullable HostPort tcp,
        @Nullable HostPort tls,
        int maxConnections,
        Duration templateLifetime,
        Duration reorderWindow,
        Duration templateWait,
        int waitingOctetsPerSession,
        long waitingOctets,
        int maxSessions,
        int maxTemplateFields,
        Duration sessionIdle,
        Duration silence,
        Duration silenceForgotten) {

    /** @throws IllegalArgumentException naming the key that is out of its range */
    public IpfixSettings {
        CollectorSettings.requireAtLeast("max-connections", maxConnections, 1);
        CollectorSettings.requireAtLeast("template-lifetime", templateLifetime, Duration.ofMinutes(1));
        CollectorSettings.requireAtLeast("reorder-window", reorderWindow, Duration.ZERO);
        CollectorSettings.requireAtLeast("template-wait", templateWait, Duration.ZERO);
        CollectorSettings.requireAtLeast("waiting-octets-per-session", waitingOctetsPerSession, 0);
        CollectorSettings.requireAtLeast("waiting-octets", waitingOctets, 0);
        CollectorSettings.requireAtLeast("max-sessions", maxSessions, 1);
        CollectorSettings.requireAtLeast("max-template-fields", maxTemplateFields, 1_000);
        CollectorSettings.requireAtLeast("session-idle", sessionIdle, Duration.ofSeconds(1));
        CollectorSettings.requireAtLeast("silence", silence, Duration.ofSeconds(1));
        CollectorSettings.requireAtLeast("silence-forgotten", silenceForgotten, silence);
    }
}
