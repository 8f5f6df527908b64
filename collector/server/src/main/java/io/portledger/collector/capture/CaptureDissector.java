package io.portledger.collector.capture;

import io.portledger.packet.CapturedPacket;
import io.portledger.packet.Memory;
import io.portledger.packet.MemoryRegion;
import io.portledger.packet.Reassembler;
import io.portledger.packet.ReassemblyLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Takes captured packets apart: link header, VLAN tags, MPLS labels and PPPoE, IPv4 and IPv6 with their fragments, tunnels
 * of one in the other, UDP, TCP and SCTP. Checksums are not looked at, for cards compute them after the capture. Bounded in
 * memory, whatever the packets are. For one thread.
 */
public final class CaptureDissector implements AutoCloseable {

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int IPV4_IN_IP = 4;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int IPV6_IN_IP = 41;
    private static final int FRAGMENT = 44;
    private static final int SCTP = 132;
    private static final int MAX_TUNNELS = 4;
    private static final int MAX_EXTENSION_HEADERS = 16;
    private static final int MAX_PACKET = 65_536 + 64;
    private static final String CUT = "packets that the capture has cut short; capture them whole (tcpdump -s 0)";
    private static final String BROKEN = "packets with broken headers";
    private static final String NO_IP = "packets that are not IP";
    private static final ReassemblyLimits LIMITS = new ReassemblyLimits(64, 1_024, 256, 1 << 24, 60);

    private final CaptureListener listener;
    private final TcpStreams tcp;
    private final Reassembler reassembler;
    private final MemoryRegion memory = MemoryRegion.allocate(MAX_PACKET);
    private long atMillis;

    /** What reading behind the end of a packet comes to. */
    private static final class CutException extends Exception {
        private static final long serialVersionUID = 1;

        CutException() {
            super(null, null, false, false);
        }
    }

    /** Takes nothing yet. */
    public CaptureDissector(CaptureListener listener) {
        this.listener = listener;
        tcp = new TcpStreams(listener);
        reassembler = new Reassembler(LIMITS, new Reassembler.Losses() {
            @Override
            public void timedOut(int octets) {
                listener.onSkipped("packets of which fragments are missing");
            }

            @Override
            public void evicted(int octets) {
                listener.onSkipped("packets of which fragments are missing");
            }
        });
    }

    /** Takes a packet. */
    public void take(CapturedPacket packet) {
        atMillis = Math.max(0, packet.at().toEpochMilli());
        reassembler.expire(atMillis * 1_000_000);
        byte[] frame = packet.frame();
        try {
            int at = 0;
            int type = 0;
            switch (packet.linkType()) {
                case ETHERNET -> {
                    type = u16(frame, 12);
                    at = 14;
                }
                case LINUX_SLL -> {
                    type = u16(frame, 14);
                    at = 16;
                }
                case LINUX_SLL2 -> {
                    type = u16(frame, 0);
                    at = 20;
                }
                case NULL, LOOP -> at = 4;
                case RAW, IPV4, IPV6 -> {}
            }
            at = type == 0 ? at : behindTags(frame, at, type);
            if (at < 0) {
                listener.onSkipped(NO_IP);
                return;
            }
            ip(frame, at, frame.length, 0);
        } catch (CutException e) {
            listener.onSkipped(CUT);
        }
    }

    /** Where the IP packet begins, or -1 if there is none. */
    private static int behindTags(byte[] frame, int from, int firstType) throws CutException {
        int at = from;
        int type = firstType;
        while (true) {
            switch (type) {
                case ETHERTYPE_IPV4, ETHERTYPE_IPV6 -> {
                    return at;
                }
                case 0x8100, 0x88a8, 0x9100 -> {
                    type = u16(frame, at + 2);
                    at += 4;
                }
                case 0x8847, 0x8848 -> {
                    while ((u8(frame, at + 2) & 1) == 0) {
                        at += 4;
                    }
                    return at + 4;
                }
                case 0x8864 -> {
                    int protocol = u16(frame, at + 6);
                    return protocol == 0x0021 || protocol == 0x0057 ? at + 8 : -1;
                }
                default -> {
                    return -1;
                }
            }
        }
    }

    private void ip(byte[] packet, int at, int end, int depth) throws CutException {
        if (depth > MAX_TUNNELS) {
            listener.onSkipped(BROKEN);
            return;
        }
        switch (at < end ? u8(packet, at) >> 4 : -1) {
            case 4 -> ipv4(packet, at, end, depth);
            case 6 -> ipv6(packet, at, end, depth);
            case -1 -> throw new CutException();
            default -> listener.onSkipped(NO_IP);
        }
    }

    private void ipv4(byte[] packet, int at, int end, int depth) throws CutException {
        require(end - at >= 20);
        int header = (u8(packet, at) & 15) * 4;
        int told = u16(packet, at + 2);
        // Cards that cut large packets into segments leave 0 there.
        int length = told == 0 ? end - at : told;
        if (header < 20 || length < header) {
            listener.onSkipped(BROKEN);
            return;
        }
        require(length <= end - at);
        int protocol = u8(packet, at + 9);
        byte[] source = Arrays.copyOfRange(packet, at + 12, at + 16);
        byte[] destination = Arrays.copyOfRange(packet, at + 16, at + 20);
        int fragment = u16(packet, at + 6);
        int from = at + header;
        int to = at + length;
        if ((fragment & 0x3fff) == 0) {
            transport(protocol, source, destination, packet, from, to, depth);
            return;
        }
        fragment(
                new Reassembler.Key(u64(packet, at + 12), protocol, 0, 0, u16(packet, at + 4)),
                new Reassembler.Source(0, u32(packet, at + 12)),
                (fragment & 0x1fff) * 8,
                (fragment & 0x2000) != 0,
                protocol,
                source,
                destination,
                packet,
                from,
                to,
                depth);
    }

    private void ipv6(byte[] packet, int at, int end, int depth) throws CutException {
        require(end - at >= 40);
        int told = u16(packet, at + 4);
        int to = told == 0 ? end : at + 40 + told;
        require(to <= end);
        byte[] source = Arrays.copyOfRange(packet, at + 8, at + 24);
        byte[] destination = Arrays.copyOfRange(packet, at + 24, at + 40);
        int next = u8(packet, at + 6);
        int from = at + 40;
        for (int headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
            switch (next) {
                case 0, 43, 60 -> {
                    require(to - from >= 8);
                    next = u8(packet, from);
                    from += (u8(packet, from + 1) + 1) * 8;
                }
                case 51 -> {
                    require(to - from >= 8);
                    next = u8(packet, from);
                    from += (u8(packet, from + 1) + 2) * 4;
                }
                case FRAGMENT -> {
                    require(to - from >= 8);
                    int protocol = u8(packet, from);
                    int field = u16(packet, from + 2);
                    if ((field & 0xfff9) == 0) {
                        next = protocol;
                        from += 8;
                        continue;
                    }
                    fragment(
                            new Reassembler.Key(
                                    u64(packet, at + 8),
                                    u64(packet, at + 16),
                                    u64(packet, at + 24),
                                    u64(packet, at + 32),
                                    (int) u32(packet, from + 4)),
                            new Reassembler.Source(u64(packet, at + 8), u64(packet, at + 16)),
                            field & 0xfff8,
                            (field & 1) != 0,
                            protocol,
                            source,
                            destination,
                            packet,
                            from + 8,
                            to,
                            depth);
                    return;
                }
                default -> {
                    require(from <= to);
                    transport(next, source, destination, packet, from, to, depth);
                    return;
                }
            }
        }
        listener.onSkipped(BROKEN);
    }

    private void fragment(
            Reassembler.Key key,
            Reassembler.Source source,
            int offset,
            boolean hasMore,
            int protocol,
            byte[] from,
            byte[] to,
            byte[] packet,
            int start,
            int end,
            int depth)
            throws CutException {
        int length = end - start;
        if (length > MAX_PACKET) {
            listener.onSkipped(BROKEN);
            return;
        }
        Memory.copy(packet, start, memory.address(), length);
        Reassembler.Outcome outcome = reassembler.add(
                key, source, 0, atMillis * 1_000_000, memory.address(), 0, offset, hasMore, memory.address(), length);
        switch (outcome) {
            case HELD -> {}
            case INVALID, OVER_SHARE -> listener.onSkipped("fragments that overlap or are too many");
            case COMPLETE -> {
                int whole = reassembler.dataLength();
                if (whole > MAX_PACKET) {
                    listener.onSkipped(BROKEN);
                    return;
                }
                reassembler.writeTo(memory.address());
                transport(protocol, from, to, Memory.toBytes(memory.address(), whole), 0, whole, depth);
            }
        }
    }

    private void transport(int protocol, byte[] source, byte[] destination, byte[] packet, int at, int end, int depth)
            throws CutException {
        switch (protocol) {
            case UDP -> {
                require(end - at >= 8);
                int told = u16(packet, at + 4);
                int to = told < 8 ? end : Math.min(end, at + told);
                listener.onDatagram(
                        flow(Flow.Protocol.UDP, source, destination, packet, at),
                        atMillis,
                        Arrays.copyOfRange(packet, at + 8, to));
            }
            case TCP -> {
                require(end - at >= 20);
                int header = (u8(packet, at + 12) >> 4) * 4;
                if (header < 20) {
                    listener.onSkipped(BROKEN);
                    return;
                }
                require(header <= end - at);
                tcp.take(
                        flow(Flow.Protocol.TCP, source, destination, packet, at),
                        atMillis,
                        (int) u32(packet, at + 4),
                        u8(packet, at + 13),
                        Arrays.copyOfRange(packet, at + header, end));
            }
            case SCTP -> sctp(source, destination, packet, at, end);
            case IPV4_IN_IP, IPV6_IN_IP -> ip(packet, at, end, depth + 1);
            default -> listener.onSkipped("packets that are neither UDP, TCP nor SCTP");
        }
    }

    /** DATA chunks (RFC 9260 §3.3.1) that hold a whole message. */
    private void sctp(byte[] source, byte[] destination, byte[] packet, int start, int end) throws CutException {
        require(end - start >= 12);
        Flow flow = flow(Flow.Protocol.SCTP, source, destination, packet, start);
        int at = start + 12;
        while (end - at >= 4) {
            int type = u8(packet, at);
            int length = u16(packet, at + 2);
            if (length < 4 || length > end - at) {
                listener.onSkipped(BROKEN);
                return;
            }
            if (type == 0 && length > 16) {
                if ((u8(packet, at + 1) & 3) == 3) {
                    listener.onDatagram(flow, atMillis, Arrays.copyOfRange(packet, at + 16, at + length));
                } else {
                    listener.onSkipped("messages of SCTP in several chunks");
                }
            }
            at += (length + 3) & ~3;
        }
    }

    private static Flow flow(Flow.Protocol protocol, byte[] source, byte[] destination, byte[] packet, int ports)
            throws CutException {
        try {
            return new Flow(
                    protocol,
                    new InetSocketAddress(InetAddress.getByAddress(source), u16(packet, ports)),
                    new InetSocketAddress(InetAddress.getByAddress(destination), u16(packet, ports + 2)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + source.length + " octets", e);
        }
    }

    private static void require(boolean isThere) throws CutException {
        if (!isThere) {
            throw new CutException();
        }
    }

    private static int u8(byte[] octets, int at) throws CutException {
        require(at >= 0 && at < octets.length);
        return octets[at] & 0xff;
    }

    private static int u16(byte[] octets, int at) throws CutException {
        return u8(octets, at) << 8 | u8(octets, at + 1);
    }

    private static long u32(byte[] octets, int at) throws CutException {
        return (long) u16(octets, at) << 16 | u16(octets, at + 2);
    }

    private static long u64(byte[] octets, int at) throws CutException {
        return u32(octets, at) << 32 | u32(octets, at + 4);
    }

    /** Octets that wait for others, for tests of the bounds. */
    long waitingOctets() {
        return tcp.waitingOctets();
    }

    /** The capture has ended: streams end, and fragments that wait are of no use. */
    @Override
    public void close() {
        tcp.close();
        reassembler.expire(Long.MAX_VALUE);
        memory.close();
    }
}
