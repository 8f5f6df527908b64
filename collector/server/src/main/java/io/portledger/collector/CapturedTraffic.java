package io.portledger.collector;

import io.netty.buffer.Unpooled;
import io.portledger.collector.capture.CaptureListener;
import io.portledger.collector.capture.Flow;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.NetflowV9Decoder;
import io.portledger.records.v1.Evidence;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds IPFIX, NetFlow v9 and syslog in captured traffic and hands them over. What is sent where something was recognised
 * before is of the same kind, so that what is malformed counts, and is kept. For one thread.
 */
final class CapturedTraffic implements CaptureListener {

    private static final int MAX_DESTINATIONS = 65_536;
    private static final int MAX_SESSIONS = 16_384;

    private final ImportTarget target;
    private final Map<Integer, ImportOptions.Protocol> ports;
    private final ExporterSessions datagrams;
    private final Map<InetSocketAddress, ImportOptions.Protocol> known = new HashMap<>();
    private final Map<Flow, CapturedStream> streams = new HashMap<>();
    private final Map<Flow, ExporterSession> associations = new LinkedHashMap<>(16, 0.75f, true);
    private long latestMillis;

    CapturedTraffic(ImportTarget target, Map<Integer, ImportOptions.Protocol> ports) {
        this.target = target;
        this.ports = ports;
        datagrams = target.ipfix().datagramSessions(target.batch(), "");
    }

    /** What comes now is from another file, which continues those before. */
    void continueIn(String file) {
        datagrams.continueIn(file);
        associations.values().forEach(session -> session.continueIn(file));
        streams.values().forEach(stream -> stream.continueIn(file));
    }

    @Override
    public void onDatagram(Flow flow, long atMillis, byte[] payload) {
        passTime(atMillis);
        ImportOptions.Protocol protocol = protocolOf(flow, atMillis, payload);
        if (protocol == null) {
            target.census()
                    .notRead(
                            isNetflowV5(payload)
                                    ? "NetFlow v5, which tells of no translations"
                                    : "datagrams that are neither IPFIX, NetFlow v9 nor syslog",
                            1);
        } else if (protocol == ImportOptions.Protocol.SYSLOG) {
            target.takeSyslog(payload, null, Addresses.text(flow.source()), Evidence.Transport.SYSLOG_UDP, atMillis);
        } else if (flow.protocol() == Flow.Protocol.SCTP) {
            association(flow, atMillis).take(Unpooled.wrappedBuffer(payload), atMillis);
        } else {
            datagrams.take(flow.source(), Evidence.Transport.IPFIX_UDP, Unpooled.wrappedBuffer(payload), atMillis);
        }
    }

    private ImportOptions.@Nullable Protocol protocolOf(Flow flow, long atMillis, byte[] payload) {
        ImportOptions.Protocol said = ports.get(flow.destination().getPort());
        if (said != null) {
            return said;
        }
        ImportOptions.Protocol found = recognised(payload, atMillis);
        if (found == null) {
            return isNetflowV5(payload) ? null : known.getOrDefault(flow.destination(), wellKnown(flow));
        }
        if (known.size() < MAX_DESTINATIONS) {
            known.putIfAbsent(flow.destination(), found);
        }
        return found;
    }

    private ImportOptions.@Nullable Protocol recognised(byte[] payload, long atMillis) {
        if (isIpfix(payload) || isNetflowV9(payload)) {
            return ImportOptions.Protocol.IPFIX;
        }
        return isSyslog(target.syslog(), payload, atMillis) ? ImportOptions.Protocol.SYSLOG : null;
    }

    /** What a port is for that was registered for it. */
    static ImportOptions.@Nullable Protocol wellKnown(Flow flow) {
        return switch (flow.destination().getPort()) {
            case 4739 -> ImportOptions.Protocol.IPFIX;
            case 514 -> ImportOptions.Protocol.SYSLOG;
            case 601 -> flow.protocol() == Flow.Protocol.TCP ? ImportOptions.Protocol.SYSLOG : null;
            default -> null;
        };
    }

    private static boolean isIpfix(byte[] octets) {
        return octets.length >= MessageHeader.LENGTH
                && u16(octets, 0) == MessageHeader.IPFIX_VERSION
                && u16(octets, 2) >= MessageHeader.LENGTH
                && u16(octets, 2) <= octets.length;
    }

    private static boolean isNetflowV9(byte[] octets) {
        int first = NetflowV9Decoder.HEADER_LENGTH;
        if (octets.length < first + 4 || u16(octets, 0) != NetflowV9Decoder.VERSION) {
            return false;
        }
        int id = u16(octets, first);
        int length = u16(octets, first + 2);
        return (id < 2 || id > 255) && length >= 4 && length <= octets.length - first;
    }

    private static boolean isNetflowV5(byte[] octets) {
        return octets.length > 24 && u16(octets, 0) == 5 && octets.length == 24 + 48 * u16(octets, 2);
    }

    /** A priority tells it; without one, text that has the beginning of a syslog message, or that a dialect knows. */
    static boolean isSyslog(SyslogIntake syslog, byte[] octets, long atMillis) {
        int start = octets.length > 2 && octets[0] == (byte) 0xef ? 3 : 0;
        int at = start + 1;
        if (octets.length > start && octets[start] == '<') {
            while (at < octets.length && octets[at] >= '0' && octets[at] <= '9') {
                at++;
            }
            if (at > start + 1 && at <= start + 4 && at < octets.length && octets[at] == '>') {
                return true;
            }
        }
        return isText(octets) && syslog.recognises(octets, Instant.ofEpochMilli(atMillis));
    }

    /** Whether there are no control characters but those that end lines, and columns. */
    static boolean isText(byte[] octets) {
        for (int i = 0; i < octets.length; i++) {
            byte octet = octets[i];
            boolean isEnd = i == octets.length - 1 && octet == 0;
            if (octet >= 0 && octet < ' ' && octet != '\n' && octet != '\r' && octet != '\t' && !isEnd) {
                return false;
            }
        }
        return octets.length > 0;
    }

    static int u16(byte[] octets, int at) {
        return (octets[at] & 0xff) << 8 | (octets[at + 1] & 0xff);
    }

    private ExporterSession association(Flow flow, long atMillis) {
        ExporterSession session = associations.get(flow);
        if (session == null) {
            session = target.ipfix().stream(
                    new SessionSource(Addresses.text(flow.source()), Evidence.Transport.FILE, target.file()),
                    target.batch());
            associations.put(flow, session);
            if (associations.size() > MAX_SESSIONS) {
                Iterator<ExporterSession> eldest = associations.values().iterator();
                eldest.next().close(atMillis);
                eldest.remove();
            }
        }
        return session;
    }

    @Override
    public void onOctets(Flow flow, long atMillis, byte[] octets) {
        passTime(atMillis);
        stream(flow).take(octets, atMillis);
    }

    @Override
    public void onHole(Flow flow, long atMillis) {
        stream(flow).onHole(atMillis);
    }

    @Override
    public void onEnd(Flow flow, long atMillis) {
        CapturedStream stream = streams.remove(flow);
        if (stream != null) {
            stream.close(atMillis);
        }
    }

    private CapturedStream stream(Flow flow) {
        return streams.computeIfAbsent(
                flow,
                _ -> new CapturedStream(
                        target, flow, ports.get(flow.destination().getPort())));
    }

    @Override
    public void onSkipped(String reason) {
        target.census().notRead(reason, 1);
    }

    /** Holes in a sequence become gaps as they do live. */
    private void passTime(long atMillis) {
        if (atMillis >= latestMillis + 1_000) {
            latestMillis = atMillis;
            datagrams.expire(atMillis);
            streams.values().forEach(stream -> stream.expire(atMillis));
            associations.values().forEach(session -> session.expire(atMillis));
        }
    }

    /** Nothing comes any more; streams have ended. */
    void close() {
        datagrams.close(latestMillis);
        associations.values().forEach(session -> session.close(latestMillis));
        associations.clear();
    }
}
