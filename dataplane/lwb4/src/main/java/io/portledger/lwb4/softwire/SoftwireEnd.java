package io.portledger.lwb4.softwire;

import io.portledger.packet.Ecn;
import io.portledger.packet.ExtensionHeaders;
import io.portledger.packet.Icmp;
import io.portledger.packet.Icmpv4Error;
import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketOutput;
import io.portledger.packet.PortField;
import io.portledger.packet.Reassembler;
import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ports;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * The subscriber's end of one softwire (RFC 7596 §5, RFC 2473): encapsulates IPv4 packets that were already translated
 * into the port set, decapsulates IPv6 packets of the lwAFTR, and gives both to one output.
 *
 * <p>Each packet of an input batch needs {@link PacketBatch#HEAD_ROOM} free octets before it. One thread.
 */
final class SoftwireEnd implements AutoCloseable {

    /*
     * TTL. The home gateway is one hop. Its kernel routes every packet between a host and the TUN device, and lowers the
     * TTL as it does (and answers by ICMPv4 11/0 if none is left); so the TTL stays as it is here, in both directions.
     *
     * MTU of the tunnel. What the settings say, or less for ten minutes after a router on the way said so (ICMPv6 2/0).
     * The kernel must not fragment what goes into the softwire (RFC 6333 §5.3), so the TUN device has the largest MTU
     * there is, and what does not fit is either refused here (DF) or sent in IPv6 fragments.
     *
     * Fragments. The kernel gives IPv4 fragments of the hosts as such, translated. They go into the softwire one by one,
     * and the lwAFTR puts them together to see their port. In the other direction the port must be seen here.
     */

    /** The B4 of RFC 6333 §5.7: source of the ICMPv4 errors for the hosts, an address that no host or router has. */
    static final Ipv4Address ERROR_SOURCE = Ipv4Address.parse("192.0.0.2");

    private static final int HOP_LIMIT = 64;
    private static final long MTU_MEMORY_NANOS = 600_000_000_000L;
    private static final int BATCH = 512;
    private static final int LONGEST = Ipv6.HEADER + 0xffff;

    /** More than the packets made of one: reassembled twice, or cut into the smallest pieces. */
    private static final int MADE_OF_ONE = 64;

    private final Binding binding;
    private final Ports ports;
    private final int ownIpv4;
    private final int configuredMtu;
    private final PacketOutput output;
    private final LongSupplier nanoClock;
    private final IntSupplier fragmentIdentifications;
    private final SoftwireCounters counters;
    private final Reassembler ipv6Fragments;
    private final Reassembler ipv4Fragments;
    private final PacketBatch out = PacketBatch.ofViews(BATCH);
    private final PacketBatch made = PacketBatch.withMemory(2 * MADE_OF_ONE, LONGEST);

    private int mtu;
    private long mtuLearnedAt;
    private long nowNanos;
    private int errorIdentification;

    /**
     * @param binding the lwB4's softwire address, public IPv4 address and ports, and the lwAFTR
     * @param mtu the largest IPv6 packet that is sent, 1280 and more
     * @param nanoClock from any origin, never backwards
     * @param fragmentIdentifications should not be predictable (RFC 7739)
     * @param counters where each packet is counted
     */
    SoftwireEnd(
            Binding binding,
            int mtu,
            ReassemblyLimits reassembly,
            PacketOutput output,
            LongSupplier nanoClock,
            IntSupplier fragmentIdentifications,
            SoftwireCounters counters) {
        this.counters = counters;
        this.binding = binding;
        this.ports = binding.ports();
        this.ownIpv4 = binding.ipv4().bits();
        this.configuredMtu = mtu;
        this.mtu = mtu;
        this.output = output;
        this.nanoClock = nanoClock;
        this.fragmentIdentifications = fragmentIdentifications;
        Reassembler.Losses losses = new Reassembler.Losses() {
            @Override
            public void timedOut(int octets) {
                counters.count(SoftwireCounter.INCOMPLETE);
            }

            @Override
            public void evicted(int octets) {
                counters.count(SoftwireCounter.INCOMPLETE);
            }
        };
        this.ipv6Fragments = new Reassembler(reassembly, losses);
        this.ipv4Fragments = new Reassembler(reassembly, losses);
    }

    /** Handles packets of either kind; when it returns, the output has all that they led to. */
    void take(PacketBatch batch) {
        nowNanos = nanoClock.getAsLong();
        ipv6Fragments.expire(nowNanos);
        ipv4Fragments.expire(nowNanos);
        if (mtu < configuredMtu && nowNanos - mtuLearnedAt > MTU_MEMORY_NANOS) {
            mtu = configuredMtu;
        }
        for (int i = 0; i < batch.size(); i++) {
            if (made.capacity() - made.size() < MADE_OF_ONE) {
                flush();
            }
            counters.count(SoftwireCounter.IN);
            long packet = batch.address(i);
            int length = batch.length(i);
            switch (length == 0 ? 0 : Ipv4.version(packet)) {
                case 4 -> fromHosts(packet, length);
                case 6 -> fromNetwork(packet, length);
                default -> counters.count(SoftwireCounter.DROP_MALFORMED);
            }
        }
        flush();
    }

    @Override
    public void close() {
        made.close();
    }

    // From the hosts ---------------------------------------------------------------------------------------------

    private void fromHosts(long packet, int received) {
        if (!isSoundIpv4(packet, received)) {
            counters.count(SoftwireCounter.DROP_MALFORMED);
            return;
        }
        int length = Ipv4.totalLength(packet);
        if (Ipv4.source(packet) != ownIpv4
                || (!Ipv4.isFragment(packet) && !isOwn(PortField.upstream(packet, length)))) {
            counters.count(SoftwireCounter.DROP_UNTRANSLATED);
            return;
        }
        if (length + Ipv6.HEADER > mtu && Ipv4.isDontFragment(packet)) {
            tellHost(packet, length, Icmp.FRAGMENTATION_NEEDED, mtu - Ipv6.HEADER);
            counters.count(SoftwireCounter.DROP_TOO_BIG);
            return;
        }
        long outer = packet - Ipv6.HEADER;
        Ipv6.write(
                outer,
                Ipv4.tos(packet),
                0,
                length,
                IpProtocol.IPV4,
                HOP_LIMIT,
                binding.b4().high(),
                binding.b4().low(),
                binding.br().high(),
                binding.br().low());
        sendOuter(outer, Ipv6.HEADER + length);
        counters.count(SoftwireCounter.ENCAPSULATED);
    }

    /** Sends a tunnel packet, in fragments if it is too big (RFC 2473 §7.2). */
    private void sendOuter(long packet, int length) {
        if (length <= mtu) {
            send(packet, length);
            return;
        }
        int identification = fragmentIdentifications.getAsInt();
        int dataLength = length - Ipv6.HEADER;
        int most = Ipv6.longestFragmentData(mtu);
        for (int offset = 0; offset < dataLength; offset += most) {
            int pieceLength = Math.min(most, dataLength - offset);
            long fragment = made.freeSlot();
            Ipv6.writeFragment(fragment, packet, offset, pieceLength, identification);
            sendMade(Ipv6.HEADER + Ipv6.FRAGMENT_HEADER + pieceLength);
            counters.count(SoftwireCounter.OUT_FRAGMENT);
        }
    }

    // From the network -------------------------------------------------------------------------------------------

    private void fromNetwork(long packet, int received) {
        if (received < Ipv6.HEADER || Ipv6.HEADER + Ipv6.payloadLength(packet) > received) {
            counters.count(SoftwireCounter.DROP_MALFORMED);
        } else if (Ipv6.destinationHigh(packet) != binding.b4().high()
                || Ipv6.destinationLow(packet) != binding.b4().low()) {
            counters.count(SoftwireCounter.DROP_NOT_FOR_SOFTWIRE);
        } else if (!isFromLwaftr(packet) && Ipv6.nextHeader(packet) != IpProtocol.ICMPV6) {
            counters.count(SoftwireCounter.DROP_NOT_FROM_LWAFTR);
        } else {
            walkHeaders(packet, Ipv6.HEADER + Ipv6.payloadLength(packet), true);
        }
    }

    private boolean isFromLwaftr(long packet) {
        return Ipv6.sourceHigh(packet) == binding.br().high()
                && Ipv6.sourceLow(packet) == binding.br().low();
    }

    private void walkHeaders(long packet, int length, boolean mayBeFragment) {
        int nextHeader = Ipv6.nextHeader(packet);
        int nextHeaderField = Ipv6.NEXT_HEADER;
        int position = Ipv6.HEADER;
        for (int headers = 0; headers <= ExtensionHeaders.MAX_COUNT; headers++) {
            int headerLength;
            switch (nextHeader) {
                case IpProtocol.IPV4 -> {
                    tunnelled(packet, length, position);
                    return;
                }
                case IpProtocol.ICMPV6 -> {
                    icmpv6(packet, length, position);
                    return;
                }
                case IpProtocol.FRAGMENT -> {
                    long header = packet + position;
                    headerLength = position + Ipv6.FRAGMENT_HEADER > length ? -1 : Ipv6.FRAGMENT_HEADER;
                    if (headerLength > 0 && (Ipv6.fragmentOffset(header) != 0 || Ipv6.hasMoreFragments(header))) {
                        if (mayBeFragment) {
                            fragment(packet, length, position, nextHeaderField);
                            return;
                        }
                        headerLength = -1;
                    }
                }
                case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.DESTINATION_OPTIONS ->
                    headerLength = ExtensionHeaders.length(packet, length, position, nextHeader);
                default -> {
                    counters.count(SoftwireCounter.DROP_UNKNOWN_PROTOCOL);
                    return;
                }
            }
            if (headerLength < 0) {
                break;
            }
            nextHeader = Memory.getByte(packet + position);
            nextHeaderField = position;
            position += headerLength;
        }
        counters.count(SoftwireCounter.DROP_BAD_EXTENSION_HEADER);
    }

    private void fragment(long packet, int length, int position, int nextHeaderField) {
        long header = packet + position;
        int offset = Ipv6.fragmentOffset(header);
        if (offset == 0) {
            // The headers of the whole packet are those of the first fragment without the fragment header.
            Memory.putByte(packet + nextHeaderField, Memory.getByte(header));
        }
        Reassembler.Outcome outcome = ipv6Fragments.add(
                Reassembler.Key.ofIpv6(packet, header),
                Reassembler.Source.ofIpv6(packet),
                Ipv6.trafficClass(packet) & 3,
                nowNanos,
                packet,
                position,
                offset,
                Ipv6.hasMoreFragments(header),
                header + Ipv6.FRAGMENT_HEADER,
                length - position - Ipv6.FRAGMENT_HEADER);
        counters.count(
                switch (outcome) {
                    case INVALID, OVER_SHARE -> SoftwireCounter.DROP_BAD_FRAGMENT;
                    case HELD, COMPLETE -> SoftwireCounter.FRAGMENT_IPV6;
                });
        if (outcome != Reassembler.Outcome.COMPLETE) {
            return;
        }
        counters.count(SoftwireCounter.REASSEMBLED_IPV6);
        int wholeLength = ipv6Fragments.headLength() + ipv6Fragments.dataLength();
        if (wholeLength > LONGEST) {
            counters.count(SoftwireCounter.DROP_MALFORMED);
            return;
        }
        long whole = made.freeSlot();
        ipv6Fragments.writeTo(whole);
        Memory.putShort(whole + Ipv6.PAYLOAD_LENGTH, wholeLength - Ipv6.HEADER);
        made.add(wholeLength);
        walkHeaders(whole, wholeLength, false);
    }

    private void tunnelled(long outer, int outerLength, int position) {
        long packet = outer + position;
        if (!isFromLwaftr(outer)) {
            counters.count(SoftwireCounter.DROP_NOT_FROM_LWAFTR);
        } else if (!isSoundIpv4(packet, outerLength - position)
                || !InternetChecksum.isRight(packet, Ipv4.headerLength(packet))) {
            counters.count(SoftwireCounter.DROP_MALFORMED);
        } else if (Ipv4.isFragment(packet)) {
            innerFragment(outer, packet);
        } else {
            decapsulate(outer, packet);
        }
    }

    private void innerFragment(long outer, long packet) {
        int headerLength = Ipv4.headerLength(packet);
        Reassembler.Outcome outcome = ipv4Fragments.add(
                Reassembler.Key.ofIpv4(packet, Ipv6.sourceHigh(outer), Ipv6.sourceLow(outer)),
                Reassembler.Source.ofIpv6(outer),
                Ipv4.tos(packet) & 3,
                nowNanos,
                packet,
                headerLength,
                Ipv4.fragmentOffset(packet),
                Ipv4.hasMoreFragments(packet),
                packet + headerLength,
                Ipv4.totalLength(packet) - headerLength);
        counters.count(
                switch (outcome) {
                    case INVALID, OVER_SHARE -> SoftwireCounter.DROP_BAD_FRAGMENT;
                    case HELD, COMPLETE -> SoftwireCounter.FRAGMENT_IPV4;
                });
        if (outcome != Reassembler.Outcome.COMPLETE) {
            return;
        }
        counters.count(SoftwireCounter.REASSEMBLED_IPV4);
        int wholeLength = ipv4Fragments.headLength() + ipv4Fragments.dataLength();
        if (wholeLength > Ipv4.MAX_LENGTH) {
            counters.count(SoftwireCounter.DROP_MALFORMED);
            return;
        }
        long whole = made.freeSlot();
        ipv4Fragments.writeTo(whole);
        Ipv4.makeWhole(whole, wholeLength);
        made.add(wholeLength);
        decapsulate(outer, whole);
    }

    private void decapsulate(long outer, long packet) {
        int length = Ipv4.totalLength(packet);
        if (Ipv4.destination(packet) != ownIpv4 || !isOwn(PortField.downstream(packet, length))) {
            counters.count(SoftwireCounter.DROP_FOREIGN_DESTINATION);
            return;
        }
        int tos = Ipv4.tos(packet);
        int ecn = Ecn.combine(tos & 3, Ipv6.trafficClass(outer) & 3);
        if (ecn == Ecn.DROP) {
            counters.count(SoftwireCounter.DROP_ECN);
            return;
        }
        if (ecn != (tos & 3)) {
            Memory.putByte(packet + Ipv4.TOS, (tos & 0xfc) | ecn);
            Ipv4.writeChecksum(packet);
        }
        send(packet, length);
        counters.count(SoftwireCounter.DECAPSULATED);
    }

    // ICMPv6 -----------------------------------------------------------------------------------------------------

    private void icmpv6(long packet, int length, int position) {
        long message = packet + position;
        int messageLength = length - position;
        int quotedIpv4 = messageLength < Icmp.HEADER + Ipv6.HEADER || !hasRightChecksum(packet, message, messageLength)
                ? -1
                : ExtensionHeaders.quotedIpv4(message + Icmp.HEADER, messageLength - Icmp.HEADER);
        if (quotedIpv4 < 0 || !isOurTunnelPacket(message + Icmp.HEADER)) {
            counters.count(SoftwireCounter.DROP_ICMPV6);
            return;
        }
        long quote = message + Icmp.HEADER + quotedIpv4;
        int quoteLength = messageLength - Icmp.HEADER - quotedIpv4;
        int code = Icmp.code(message);
        switch (Icmp.type(message)) {
            case Icmp.V6_PACKET_TOO_BIG -> packetTooBig(Memory.getInt(message + Icmp.MTU), quote, quoteLength);
            case Icmp.V6_UNREACHABLE -> {
                if (code == Icmp.V6_SOURCE_POLICY) {
                    // RFC 7596 §5.2: only the lwAFTR can know.
                    counters.count(
                            isFromLwaftr(packet) ? SoftwireCounter.REFUSED_BY_LWAFTR : SoftwireCounter.DROP_ICMPV6);
                } else {
                    relay(quote, quoteLength, Icmp.HOST_UNREACHABLE, 0);
                }
            }
            case Icmp.V6_TIME_EXCEEDED -> {
                if (code == 0) {
                    relay(quote, quoteLength, Icmp.HOST_UNREACHABLE, 0);
                } else {
                    counters.count(SoftwireCounter.DROP_ICMPV6);
                }
            }
            case Icmp.V6_PARAMETER_PROBLEM -> relay(quote, quoteLength, Icmp.HOST_UNREACHABLE, 0);
            default -> counters.count(SoftwireCounter.DROP_ICMPV6);
        }
    }

    private static boolean hasRightChecksum(long packet, long message, int messageLength) {
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.ICMPV6, messageLength)
                + InternetChecksum.sum(message, messageLength);
        return InternetChecksum.fold(sum) == 0xffff;
    }

    private boolean isOurTunnelPacket(long quote) {
        return Ipv6.sourceHigh(quote) == binding.b4().high()
                && Ipv6.sourceLow(quote) == binding.b4().low()
                && Ipv6.destinationHigh(quote) == binding.br().high()
                && Ipv6.destinationLow(quote) == binding.br().low();
    }

    /** The softwire has one peer, so there is one MTU to learn (RFC 8201, RFC 2473 §7.1). */
    private void packetTooBig(int toldMtu, long quote, int quoteLength) {
        // No link has less than 1280; RFC 8201 §4 wants such a message to be ignored.
        if (toldMtu < Ipv6.MIN_MTU || toldMtu >= configuredMtu) {
            counters.count(SoftwireCounter.DROP_ICMPV6);
            return;
        }
        mtu = Math.min(mtu, toldMtu);
        mtuLearnedAt = nowNanos;
        relay(quote, quoteLength, Icmp.FRAGMENTATION_NEEDED, mtu - Ipv6.HEADER);
    }

    /** Tells a host what became of its packet (RFC 2473 §8). */
    private void relay(long quote, int quoteLength, int code, int nextHopMtu) {
        boolean isBelievable =
                PortField.ofQuote(quote, quoteLength, true) != PortField.BAD_QUOTE && Ipv4.source(quote) == ownIpv4;
        if (!isBelievable) {
            counters.count(SoftwireCounter.DROP_ICMPV6);
            return;
        }
        if (code != Icmp.FRAGMENTATION_NEEDED || Ipv4.isDontFragment(quote)) {
            tellHost(quote, Math.min(quoteLength, Ipv4.totalLength(quote)), code, nextHopMtu);
        }
        counters.count(SoftwireCounter.RELAYED_ICMPV6);
    }

    // Both ways --------------------------------------------------------------------------------------------------

    /** An ICMPv4 "unreachable" to the source of a packet; the kernel translates it back to the host. */
    private void tellHost(long packet, int length, int code, int nextHopMtu) {
        if (!Icmpv4Error.mayBeAbout(packet, length)) {
            return;
        }
        int quoted = Icmpv4Error.quotedOctets(length);
        errorIdentification = (errorIdentification + 1) & 0xffff;
        Icmpv4Error.write(
                made.freeSlot(),
                ERROR_SOURCE.bits(),
                errorIdentification,
                Icmp.UNREACHABLE,
                code,
                nextHopMtu,
                packet,
                quoted);
        sendMade(Icmpv4Error.HEADERS + quoted);
        counters.count(SoftwireCounter.OUT_ICMPV4);
    }

    /** Whether a port, as {@link PortField} found it, is in the set; what has no port needs a whole address. */
    private boolean isOwn(int port) {
        return port == PortField.NONE ? ports.portCount() == 0x10000 : ports.contains(port);
    }

    private static boolean isSoundIpv4(long packet, int length) {
        return length >= Ipv4.MIN_HEADER
                && Ipv4.version(packet) == 4
                && Ipv4.headerLength(packet) >= Ipv4.MIN_HEADER
                && Ipv4.totalLength(packet) >= Ipv4.headerLength(packet)
                && Ipv4.totalLength(packet) <= length;
    }

    private void send(long packet, int length) {
        if (out.isFull()) {
            output.send(out);
            out.clear();
        }
        out.add(packet, length);
    }

    private void sendMade(int length) {
        long packet = made.freeSlot();
        made.add(length);
        send(packet, length);
    }

    private void flush() {
        if (out.size() > 0) {
            output.send(out);
            out.clear();
        }
        made.clear();
    }
}
