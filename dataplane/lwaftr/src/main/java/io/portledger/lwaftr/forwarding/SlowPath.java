package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.BindingTable.Found;
import io.portledger.lwaftr.forwarding.BindingTable.View;
import io.portledger.packet.Ecn;
import io.portledger.packet.ExtensionHeaders;
import io.portledger.packet.Icmp;
import io.portledger.packet.Icmpv4Error;
import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.PortField;
import io.portledger.packet.Reassembler;
import io.portledger.packet.Udp;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can happen to a packet, one at a time; {@link Forwarder} does the usual case itself.
 *
 * <p>Each public method of a side ends with exactly one counter of kind {@link Counter.Kind#ENDED} for the packet, and
 * with another for each packet that it made by reassembly. One thread.
 */
final class SlowPath {

    /** 192.0.0.1, by which a B4 reaches its AFTR inside the softwire (RFC 6333 §5.7). */
    static final int WELL_KNOWN_AFTR = 0xc000_0001;

    /** 192.0.0.2, which a B4 has inside the softwire as long as it has no other address. */
    private static final int WELL_KNOWN_B4 = 0xc000_0002;

    private static final int ECHO_HOPS = 64;

    /** Octets of an IPv4 and a TCP header, which an MSS does not count. */
    private static final int IPV4_AND_TCP = 40;

    private final ForwardingSettings settings;
    private final int ownIpv4;
    private final int ipv4Mtu;
    private final int ipv6Mtu;
    private final boolean hairpins;
    private final boolean honoursDontFragment;
    private final boolean takesOuterDscp;
    private final boolean clampsMss;
    private final boolean learnsPathMtus;
    private final OuterHeader outerHeader;
    private final Egress egress;
    private final Counters counters;
    private final IcmpErrors errors;
    private final Reassembler ipv4Fragments;
    private final Reassembler innerFragments;
    private final Reassembler ipv6Fragments;
    private final IntSupplier fragmentIdentifications;
    private final PathMtus pathMtus;
    private final FragmentExchange.@Nullable Desk exchange;
    private final ProvisioningDesk provisioning;
    private final Found found = new Found();

    private View view;
    private long nowNanos;

    /** Octets of the packet at hand, for the counter of its end. */
    private int octets;

    SlowPath(
            ForwardingSettings settings,
            View view,
            Egress egress,
            Counters counters,
            IntSupplier fragmentIdentifications,
            PathMtus pathMtus,
            FragmentExchange.@Nullable Desk exchange,
            ProvisioningDesk provisioning,
            long nowNanos) {
        this.settings = settings;
        this.view = view;
        this.ownIpv4 = settings.ipv4Address().bits();
        this.ipv4Mtu = settings.ipv4Side().mtu();
        this.ipv6Mtu = settings.ipv6Side().mtu();
        this.hairpins = settings.hairpinning();
        this.honoursDontFragment = settings.tunnel().honourDontFragment();
        this.takesOuterDscp = settings.tunnel().dscpMode() == ForwardingSettings.DscpMode.UNIFORM;
        this.clampsMss = settings.tunnel().clampMss();
        this.learnsPathMtus = settings.tunnel().pathMtuDiscovery();
        this.pathMtus = pathMtus;
        this.exchange = exchange;
        this.provisioning = provisioning;
        this.outerHeader = new OuterHeader(settings.tunnel());
        this.egress = egress;
        this.counters = counters;
        this.errors = new IcmpErrors(settings, egress, counters, nowNanos);
        this.ipv4Fragments = new Reassembler(
                settings.ipv4Side().reassembly(),
                counted(Counter.DROP_IPV4_FRAG_TIMEOUT, Counter.DROP_IPV4_FRAG_EVICTED));
        this.innerFragments = new Reassembler(
                settings.ipv6Side().reassembly(),
                counted(Counter.DROP_IPV4_FRAG_TIMEOUT, Counter.DROP_IPV4_FRAG_EVICTED));
        this.ipv6Fragments = new Reassembler(
                settings.ipv6Side().reassembly(),
                counted(Counter.DROP_IPV6_FRAG_TIMEOUT, Counter.DROP_IPV6_FRAG_EVICTED));
        this.fragmentIdentifications = fragmentIdentifications;
    }

    /** Must come before the packets of a batch. */
    void begin(View currentView, long currentNanos) {
        view = currentView;
        nowNanos = currentNanos;
        ipv4Fragments.expire(currentNanos);
        innerFragments.expire(currentNanos);
        ipv6Fragments.expire(currentNanos);
        pathMtus.expire(currentNanos);
    }

    /** Whether reassembly of either side has little room left; any thread may ask. */
    boolean isReassemblyNearlyFull() {
        return ipv4Fragments.isNearlyFull() || innerFragments.isNearlyFull() || ipv6Fragments.isNearlyFull();
    }

    /** A fragment of this worker's that came to another one. */
    void takeOver(long packet, int length, boolean isFromIpv6Side) {
        egress.prepareScratch();
        octets = isFromIpv6Side ? ipv6Octets(packet, length) : ipv4Octets(packet, length);
        if (isFromIpv6Side) {
            counters.count(Counter.TAKEN_OVER_IPV6, octets);
            walkHeaders(packet, Ipv6.HEADER + Ipv6.payloadLength(packet), true);
        } else {
            counters.count(Counter.TAKEN_OVER_IPV4, octets);
            downstream(packet, Ipv4.totalLength(packet));
        }
    }

    private Reassembler.Losses counted(Counter timeouts, Counter evictions) {
        return new Reassembler.Losses() {
            @Override
            public void timedOut(int octets) {
                counters.count(timeouts, octets);
            }

            @Override
            public void evicted(int octets) {
                counters.count(evictions, octets);
            }
        };
    }

    /** How many packets wait for fragments. */
    int packetsInReassembly() {
        return ipv4Fragments.size() + innerFragments.size() + ipv6Fragments.size();
    }

    // From the Internet ------------------------------------------------------------------------------------------

    /** @param length octets received; what lies behind the packet's own length is ignored */
    void fromIpv4Side(long packet, int length) {
        egress.prepareScratch();
        octets = ipv4Octets(packet, length);
        if (length < 1 || Ipv4.version(packet) != 4) {
            end(Counter.DROP_MISPLACED_NOT_IPV4);
        } else if (isSoundIpv4(packet, length)) {
            downstream(packet, Ipv4.totalLength(packet));
        }
    }

    /** The length that a packet from the IPv4 side is counted with. */
    static int ipv4Octets(long packet, int length) {
        if (length < Ipv4.MIN_HEADER || Ipv4.version(packet) != 4) {
            return length;
        }
        int total = Ipv4.totalLength(packet);
        return total >= Ipv4.MIN_HEADER && total < length ? total : length;
    }

    private void downstream(long packet, int length) {
        int destination = Ipv4.destination(packet);
        if (!Ipv4.isFragment(packet)) {
            downstreamWhole(packet, length);
        } else if (destination == ownIpv4 || view.holds(destination)) {
            long whole = reassembleIpv4(ipv4Fragments, packet, 0, 0, Ipv4.tos(packet) & 3, packet, length, false);
            if (whole != 0) {
                downstreamWhole(whole, Ipv4.totalLength(whole));
            }
        } else {
            noDestination(packet, length, PortField.NONE);
        }
    }

    private void downstreamWhole(long packet, int length) {
        int destination = Ipv4.destination(packet);
        if (destination == ownIpv4) {
            if (turnIntoEchoReply(packet, length)) {
                toIpv4Side(packet, length, Counter.OUT_ICMPV4);
            }
            return;
        }
        boolean isIcmp = Ipv4.protocol(packet) == IpProtocol.ICMP;
        if (isIcmp && !settings.ipv4Side().acceptIncomingIcmp()) {
            end(Counter.DROP_IN_BY_POLICY_ICMPV4);
            return;
        }
        if (Ipv4.ttl(packet) <= 1) {
            answerToIpv4Side(packet, length, Icmp.TIME_EXCEEDED, 0, 0);
            end(Counter.DROP_TTL_ZERO_IPV4);
            return;
        }
        int port = PortField.downstream(packet, length);
        if (endsForWantOfPort(port)) {
            return;
        }
        long line = lookUp(destination, port);
        if (line == 0) {
            noDestination(packet, length, port);
            return;
        }
        int mtu = mtuTowards(found.b4High, found.b4Low);
        if (isTooBigForTunnel(packet, length, mtu)) {
            answerToIpv4Side(packet, length, Icmp.UNREACHABLE, Icmp.FRAGMENTATION_NEEDED, mtu - Ipv6.HEADER);
            end(Counter.DROP_OVER_MTU_BUT_DONT_FRAGMENT_IPV4);
            return;
        }
        view.count(line, BindingTable.DOWNSTREAM_PACKETS, length);
        clampMss(packet, length);
        Ipv4.forward(packet, Ipv4.tos(packet));
        intoSoftwire(
                packet,
                length,
                Memory.getLong(found.br),
                Memory.getLong(found.br + 8),
                found.b4High,
                found.b4Low,
                Counter.OUT_IPV6);
        end(Counter.ENCAPSULATED_IPV4);
    }

    /** A packet from the IPv4 side that is for nobody; RFC 7596 §8.1 wants no answer to ICMP. */
    private void noDestination(long packet, int length, int port) {
        if (Ipv4.protocol(packet) == IpProtocol.ICMP) {
            end(Counter.DROP_IN_BY_RFC7596_ICMPV4);
        } else if (port == PortField.NONE && view.holds(Ipv4.destination(packet))) {
            end(Counter.DROP_UNKNOWN_PROTOCOL_IPV4);
        } else {
            answerToIpv4Side(packet, length, Icmp.UNREACHABLE, Icmp.HOST_UNREACHABLE, 0);
            end(Counter.DROP_NO_DEST_SOFTWIRE_IPV4);
        }
    }

    private void answerToIpv4Side(long packet, int length, int type, int code, int rest) {
        long error = errors.v4(packet, length, type, code, rest, nowNanos);
        if (error != IcmpErrors.NONE) {
            toIpv4Side(error, Ipv4.totalLength(error), Counter.OUT_ICMPV4);
        }
    }

    // From the lwB4s ---------------------------------------------------------------------------------------------

    /** @param length octets received; what lies behind the packet's own length is ignored */
    void fromIpv6Side(long packet, int length) {
        egress.prepareScratch();
        octets = ipv6Octets(packet, length);
        if (length < 1 || Ipv4.version(packet) != 6) {
            end(Counter.DROP_MISPLACED_NOT_IPV6);
        } else if (length < Ipv6.HEADER || Ipv6.HEADER + Ipv6.payloadLength(packet) > length) {
            end(Counter.DROP_MALFORMED_IPV6);
        } else if (!isOurs(Ipv6.destinationHigh(packet), Ipv6.destinationLow(packet))) {
            end(Counter.DROP_FOREIGN_DESTINATION_IPV6);
        } else {
            walkHeaders(packet, Ipv6.HEADER + Ipv6.payloadLength(packet), true);
        }
    }

    /** The length that a packet from the IPv6 side is counted with. */
    static int ipv6Octets(long packet, int length) {
        return length < Ipv6.HEADER || Ipv4.version(packet) != 6
                ? length
                : Math.min(length, Ipv6.HEADER + Ipv6.payloadLength(packet));
    }

    /** Whether an IPv6 address is a tunnel end point of ours. */
    boolean isOurs(long high, long low) {
        for (int i = 0; i < settings.brAddresses().size(); i++) {
            var br = settings.brAddresses().get(i);
            if (br.high() == high && br.low() == low) {
                return true;
            }
        }
        return view.isBr(high, low);
    }

    /** Goes through the extension headers, left to right (RFC 8200 §4), to what the packet carries. */
    private void walkHeaders(long packet, int length, boolean mayBeFragment) {
        int nextHeader = Ipv6.nextHeader(packet);
        int nextHeaderField = Ipv6.NEXT_HEADER;
        int position = Ipv6.HEADER;
        for (int headers = 0; headers <= ExtensionHeaders.MAX_COUNT; headers++) {
            switch (nextHeader) {
                case IpProtocol.IPV4 -> {
                    tunnelled(packet, length, position);
                    return;
                }
                case IpProtocol.ICMPV6 -> {
                    icmpv6(packet, length, position);
                    return;
                }
                case IpProtocol.UDP -> {
                    provision(packet, packet, length, position, ProvisioningRequest.Way.PLAIN);
                    return;
                }
                case IpProtocol.IPV6 -> {
                    provisionInIpv6(packet, length, position);
                    return;
                }
                case IpProtocol.FRAGMENT -> {
                    if (position + Ipv6.FRAGMENT_HEADER > length) {
                        end(Counter.DROP_BAD_EXTENSION_HEADER_IPV6);
                        return;
                    }
                    long header = packet + position;
                    boolean isWhole = Ipv6.fragmentOffset(header) == 0 && !Ipv6.hasMoreFragments(header);
                    if (!isWhole) {
                        if (mayBeFragment) {
                            ipv6Fragment(packet, length, position, nextHeaderField);
                        } else {
                            end(Counter.DROP_BAD_EXTENSION_HEADER_IPV6);
                        }
                        return;
                    }
                    nextHeader = Memory.getByte(header);
                    nextHeaderField = position;
                    position += Ipv6.FRAGMENT_HEADER;
                }
                case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.DESTINATION_OPTIONS -> {
                    int headerLength = ExtensionHeaders.length(packet, length, position, nextHeader);
                    if (headerLength < 0) {
                        end(Counter.DROP_BAD_EXTENSION_HEADER_IPV6);
                        return;
                    }
                    nextHeader = Memory.getByte(packet + position);
                    nextHeaderField = position;
                    position += headerLength;
                }
                default -> {
                    end(Counter.DROP_UNKNOWN_PROTOCOL_IPV6);
                    return;
                }
            }
        }
        end(Counter.DROP_BAD_EXTENSION_HEADER_IPV6);
    }

    private void ipv6Fragment(long packet, int length, int position, int nextHeaderField) {
        long header = packet + position;
        int dataLength = length - position - Ipv6.FRAGMENT_HEADER;
        Reassembler.Key key = Reassembler.Key.ofIpv6(packet, header);
        if (isHandedOver(key, packet, length, true)) {
            return;
        }
        int offset = Ipv6.fragmentOffset(header);
        if (offset == 0) {
            // The headers of the whole packet are those of the first fragment without the fragment header.
            Memory.putByte(packet + nextHeaderField, Memory.getByte(header));
        }
        Reassembler.Outcome outcome = ipv6Fragments.add(
                key,
                Reassembler.Source.ofIpv6(packet),
                Ipv6.trafficClass(packet) & 3,
                nowNanos,
                packet,
                position,
                offset,
                Ipv6.hasMoreFragments(header),
                header + Ipv6.FRAGMENT_HEADER,
                dataLength);
        end(
                switch (outcome) {
                    case INVALID -> Counter.DROP_IPV6_FRAG_INVALID_REASSEMBLY;
                    case OVER_SHARE -> Counter.DROP_IPV6_FRAG_OVER_SHARE;
                    case HELD, COMPLETE -> Counter.IN_IPV6_FRAG_NEEDS_REASSEMBLY;
                });
        if (outcome != Reassembler.Outcome.COMPLETE) {
            return;
        }
        int wholeLength = ipv6Fragments.headLength() + ipv6Fragments.dataLength();
        long whole = egress.newPacket(wholeLength);
        ipv6Fragments.writeTo(whole);
        octets = wholeLength;
        counters.count(Counter.IN_IPV6_FRAG_REASSEMBLED, wholeLength);
        if (wholeLength - Ipv6.HEADER > 0xffff) {
            end(Counter.DROP_MALFORMED_IPV6);
            return;
        }
        Memory.putShort(whole + Ipv6.PAYLOAD_LENGTH, wholeLength - Ipv6.HEADER);
        int trafficClass = Ipv6.trafficClass(whole);
        int ecn = ipv6Fragments.ecn(trafficClass & 3);
        if (ecn == Ecn.DROP) {
            end(Counter.DROP_ECN_IPV6);
            return;
        }
        Ipv6.setTrafficClass(whole, (trafficClass & 0xfc) | ecn);
        walkHeaders(whole, wholeLength, false);
    }

    /**
     * Leaves a fragment to the worker where its packet is put together, if that is another one; its end is counted.
     *
     * @param packet the fragment as it came, with the headers before it
     */
    private boolean isHandedOver(Reassembler.Key key, long packet, int length, boolean isFromIpv6Side) {
        if (exchange == null || exchange.isHere(key)) {
            return false;
        }
        boolean isTaken = exchange.handOver(key, isFromIpv6Side, packet, length);
        if (isFromIpv6Side) {
            end(isTaken ? Counter.HANDED_OVER_IPV6 : Counter.DROP_OVER_HANDED_IPV6);
        } else {
            end(isTaken ? Counter.HANDED_OVER_IPV4 : Counter.DROP_OVER_HANDED_IPV4);
        }
        return true;
    }

    private void tunnelled(long outer, int outerLength, int position) {
        long packet = outer + position;
        if (!isSoundIpv4(packet, outerLength - position)) {
            return;
        }
        if (!Ipv4.isFragment(packet)) {
            upstream(outer, outerLength, packet, Ipv4.totalLength(packet));
            return;
        }
        if (!view.holds(Ipv4.source(packet))) {
            // Nobody's fragments must not take the room of subscribers' ones.
            refuseSource(outer, outerLength);
            return;
        }
        int ecn = Ecn.combine(Ipv4.tos(packet) & 3, Ipv6.trafficClass(outer) & 3);
        if (ecn == Ecn.DROP) {
            end(Counter.DROP_ECN_IPV6);
            return;
        }
        long whole = reassembleIpv4(
                innerFragments, packet, Ipv6.sourceHigh(outer), Ipv6.sourceLow(outer), ecn, outer, outerLength, true);
        if (whole != 0) {
            upstream(outer, outerLength, whole, Ipv4.totalLength(whole));
        }
    }

    private void upstream(long outer, int outerLength, long packet, int length) {
        if (isProvisioning(packet, length)) {
            provisionInSoftwire(outer, outerLength, packet, length);
            return;
        }
        int port = PortField.upstream(packet, length);
        if (endsForWantOfPort(port)) {
            return;
        }
        long brHigh = Ipv6.destinationHigh(outer);
        long brLow = Ipv6.destinationLow(outer);
        long b4High = Ipv6.sourceHigh(outer);
        long b4Low = Ipv6.sourceLow(outer);
        long line = lookUp(Ipv4.source(packet), port);
        if (line == 0
                || found.b4High != b4High
                || found.b4Low != b4Low
                || Memory.getLong(found.br) != brHigh
                || Memory.getLong(found.br + 8) != brLow) {
            refuseSource(outer, outerLength);
            return;
        }
        int tos = tosAfterDecapsulation(Ipv6.trafficClass(outer), Ipv4.tos(packet));
        if (tos < 0) {
            end(Counter.DROP_ECN_IPV6);
            return;
        }
        int destination = Ipv4.destination(packet);
        if (destination == ownIpv4) {
            if (turnIntoEchoReply(packet, length)) {
                intoSoftwire(packet, length, brHigh, brLow, b4High, b4Low, Counter.OUT_ICMPV4);
            }
            return;
        }
        if (Ipv4.ttl(packet) <= 1) {
            answerThroughSoftwire(outer, packet, length, Icmp.TIME_EXCEEDED, 0, 0);
            end(Counter.DROP_TTL_ZERO_IPV4);
        } else if (hairpins && view.holds(destination)) {
            hairpin(outer, packet, length, tos, line);
        } else if (length > ipv4Mtu && Ipv4.isDontFragment(packet)) {
            answerThroughSoftwire(outer, packet, length, Icmp.UNREACHABLE, Icmp.FRAGMENTATION_NEEDED, ipv4Mtu);
            end(Counter.DROP_OVER_MTU_BUT_DONT_FRAGMENT_IPV4);
        } else {
            view.count(line, BindingTable.UPSTREAM_PACKETS, length);
            clampMss(packet, length);
            Ipv4.forward(packet, tos);
            toIpv4Side(packet, length, Counter.OUT_IPV4);
            end(Counter.DECAPSULATED_IPV6);
        }
    }

    // Provisioning -----------------------------------------------------------------------------------------------

    /** Whether it is a datagram to one of the lwAFTR's own addresses and a port that is served. */
    private boolean isProvisioning(long packet, int length) {
        int destination = Ipv4.destination(packet);
        int headerLength = Ipv4.headerLength(packet);
        return (destination == WELL_KNOWN_AFTR || destination == ownIpv4)
                && Ipv4.protocol(packet) == IpProtocol.UDP
                && length >= headerLength + Udp.HEADER
                && Udp.destinationPort(packet + headerLength) == ControlPlane.PCP
                && provisioning.controlPlane().serves(ControlPlane.PCP);
    }

    private void provisionInSoftwire(long outer, int outerLength, long packet, int length) {
        int headerLength = Ipv4.headerLength(packet);
        long datagram = packet + headerLength;
        int source = Ipv4.source(packet);
        if (source != WELL_KNOWN_B4) {
            long line = lookUp(source, Udp.sourcePort(datagram));
            if (line == 0
                    || found.b4High != Ipv6.sourceHigh(outer)
                    || found.b4Low != Ipv6.sourceLow(outer)
                    || Memory.getLong(found.br) != Ipv6.destinationHigh(outer)
                    || Memory.getLong(found.br + 8) != Ipv6.destinationLow(outer)) {
                refuseSource(outer, outerLength);
                return;
            }
        }
        if (!isUnicastSource(outer)) {
            end(Counter.DROP_UNKNOWN_PROTOCOL_IPV6);
            return;
        }
        int udpLength = Udp.length(datagram);
        if (udpLength < Udp.HEADER || udpLength > length - headerLength) {
            end(Counter.DROP_MALFORMED_IPV4);
            return;
        }
        long sum = InternetChecksum.sum(packet + Ipv4.SOURCE, 8)
                + IpProtocol.UDP
                + udpLength
                + InternetChecksum.sum(datagram, udpLength);
        if (Udp.checksum(datagram) != 0 && InternetChecksum.fold(sum) != 0xffff) {
            end(Counter.DROP_BAD_CHECKSUM_UDP);
            return;
        }
        handOver(
                ProvisioningRequest.Way.IPV4_IN_SOFTWIRE,
                outer,
                source,
                Ipv4.destination(packet),
                datagram,
                Counter.PROVISIONING_IPV4);
    }

    /** Plain IPv6 inside IPv6, between the same two addresses (RFC 2473), as some lwB4s send to the lwAFTR itself. */
    private void provisionInIpv6(long outer, int outerLength, int position) {
        long packet = outer + position;
        if (outerLength - position < Ipv6.HEADER
                || Ipv4.version(packet) != 6
                || Ipv6.HEADER + Ipv6.payloadLength(packet) > outerLength - position
                || Ipv6.nextHeader(packet) != IpProtocol.UDP
                || Ipv6.sourceHigh(packet) != Ipv6.sourceHigh(outer)
                || Ipv6.sourceLow(packet) != Ipv6.sourceLow(outer)
                || Ipv6.destinationHigh(packet) != Ipv6.destinationHigh(outer)
                || Ipv6.destinationLow(packet) != Ipv6.destinationLow(outer)) {
            end(Counter.DROP_UNKNOWN_PROTOCOL_IPV6);
        } else {
            provision(
                    outer,
                    packet,
                    Ipv6.HEADER + Ipv6.payloadLength(packet),
                    Ipv6.HEADER,
                    ProvisioningRequest.Way.IPV6_IN_IPV6);
        }
    }

    /** A datagram to a BR address; {@code packet} is the IPv6 packet that it stands in. */
    private void provision(long outer, long packet, int length, int position, ProvisioningRequest.Way way) {
        long datagram = packet + position;
        int most = length - position;
        if (most < Udp.HEADER
                || !provisioning.controlPlane().serves(Udp.destinationPort(datagram))
                || !isUnicastSource(outer)) {
            end(Counter.DROP_UNKNOWN_PROTOCOL_IPV6);
            return;
        }
        if (Udp.length(datagram) < Udp.HEADER || Udp.length(datagram) > most) {
            end(Counter.DROP_MALFORMED_IPV6);
            return;
        }
        int udpLength = Udp.length(datagram);
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.UDP, udpLength)
                + InternetChecksum.sum(datagram, udpLength);
        // RFC 8200 §8.1: over IPv6 a datagram must have a checksum.
        if (Udp.checksum(datagram) == 0 || InternetChecksum.fold(sum) != 0xffff) {
            end(Counter.DROP_BAD_CHECKSUM_UDP);
            return;
        }
        handOver(way, outer, 0, 0, datagram, Counter.PROVISIONING_IPV6);
    }

    /** Whether something can be sent to the source of an IPv6 packet. */
    private static boolean isUnicastSource(long packet) {
        long high = Ipv6.sourceHigh(packet);
        long low = Ipv6.sourceLow(packet);
        boolean isReserved = high == 0 && (low >>> 32 == 0xffffL || low >>> 1 == 0);
        return !isReserved && !Ipv6.isMulticast(high);
    }

    private void handOver(
            ProvisioningRequest.Way way,
            long outer,
            int innerSource,
            int innerDestination,
            long datagram,
            Counter taken) {
        Ipv6Address b4 = new Ipv6Address(Ipv6.sourceHigh(outer), Ipv6.sourceLow(outer));
        if (!provisioning.controlPlane().admits(b4)) {
            end(Counter.DROP_OVER_RATE_LIMIT_PROVISIONING);
            return;
        }
        ProvisioningRequest request = new ProvisioningRequest(
                provisioning,
                way,
                b4,
                new Ipv6Address(Ipv6.destinationHigh(outer), Ipv6.destinationLow(outer)),
                new Ipv4Address(innerSource),
                new Ipv4Address(innerDestination),
                Udp.sourcePort(datagram),
                Udp.destinationPort(datagram),
                Memory.toBytes(datagram + Udp.HEADER, Udp.length(datagram) - Udp.HEADER));
        end(provisioning.handOver(request, nowNanos) ? taken : Counter.DROP_OVER_QUEUED_PROVISIONING);
    }

    /** Sends the answer to a provisioning request by the way that the request came. */
    void send(ProvisioningRequest.Reply reply) {
        egress.prepareScratch();
        int udpLength = Udp.HEADER + reply.length();
        Ipv6Address br = reply.br();
        Ipv6Address b4 = reply.b4();
        if (reply.way() == ProvisioningRequest.Way.IPV4_IN_SOFTWIRE) {
            int length = Ipv4.MIN_HEADER + udpLength;
            long packet = egress.newPacket(length);
            long datagram = packet + Ipv4.MIN_HEADER;
            Memory.clear(packet, Ipv4.MIN_HEADER);
            Memory.putByte(packet, 0x45);
            Memory.putShort(packet + Ipv4.TOTAL_LENGTH, length);
            Memory.putByte(packet + Ipv4.TTL, ECHO_HOPS);
            Memory.putByte(packet + Ipv4.PROTOCOL, IpProtocol.UDP);
            Memory.putInt(packet + Ipv4.SOURCE, reply.innerSource());
            Memory.putInt(packet + Ipv4.DESTINATION, reply.innerDestination());
            Ipv4.writeChecksum(packet);
            writeDatagram(reply, datagram, InternetChecksum.sum(packet + Ipv4.SOURCE, 8) + IpProtocol.UDP + udpLength);
            intoSoftwire(packet, length, br.high(), br.low(), b4.high(), b4.low(), Counter.OUT_PROVISIONING_IPV6);
            return;
        }
        boolean isTunnelled = reply.way() == ProvisioningRequest.Way.IPV6_IN_IPV6;
        int headers = isTunnelled ? 2 * Ipv6.HEADER : Ipv6.HEADER;
        long packet = egress.newPacket(headers + udpLength);
        long inner = packet + headers - Ipv6.HEADER;
        Ipv6.write(inner, 0, 0, udpLength, IpProtocol.UDP, ECHO_HOPS, br.high(), br.low(), b4.high(), b4.low());
        writeDatagram(reply, inner + Ipv6.HEADER, InternetChecksum.pseudoHeaderSum(inner, IpProtocol.UDP, udpLength));
        if (isTunnelled) {
            Ipv6.write(
                    packet,
                    0,
                    0,
                    Ipv6.HEADER + udpLength,
                    IpProtocol.IPV6,
                    settings.tunnel().hopLimit(),
                    br.high(),
                    br.low(),
                    b4.high(),
                    b4.low());
        }
        toIpv6Side(packet, headers + udpLength, Counter.OUT_PROVISIONING_IPV6);
    }

    private static void writeDatagram(ProvisioningRequest.Reply reply, long datagram, long pseudoHeaderSum) {
        int length = Udp.HEADER + reply.length();
        Udp.write(datagram, reply.sourcePort(), reply.destinationPort(), length);
        reply.writePayloadTo(datagram + Udp.HEADER);
        Udp.writeChecksum(datagram, length, pseudoHeaderSum);
    }

    /** The end of a packet whose source is not that of the softwire it came through (RFC 7596 §5.2). */
    private void refuseSource(long outer, int outerLength) {
        long error = errors.v6SourcePolicy(outer, outerLength, nowNanos);
        if (error != IcmpErrors.NONE) {
            toIpv6Side(error, Ipv6.HEADER + Ipv6.payloadLength(error), Counter.OUT_ICMPV6);
        }
        end(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6);
    }

    private void clampMss(long packet, int length) {
        if (clampsMss && MaximumSegmentSize.clamp(packet, length, ipv6Mtu - Ipv6.HEADER - IPV4_AND_TCP)) {
            counters.count(Counter.CLAMPED_MSS_IPV4, length);
        }
    }

    /** From one lwB4 to another (or itself) without leaving; the TTL falls by one in total. */
    private void hairpin(long outer, long packet, int length, int tos, long senderLine) {
        int port = PortField.downstream(packet, length);
        if (endsForWantOfPort(port)) {
            return;
        }
        long line = lookUp(Ipv4.destination(packet), port);
        if (line == 0) {
            if (Ipv4.protocol(packet) == IpProtocol.ICMP) {
                end(Counter.DROP_IN_BY_RFC7596_ICMPV4);
            } else if (port == PortField.NONE) {
                end(Counter.DROP_UNKNOWN_PROTOCOL_IPV4);
            } else {
                answerThroughSoftwire(outer, packet, length, Icmp.UNREACHABLE, Icmp.HOST_UNREACHABLE, 0);
                end(Counter.DROP_NO_DEST_SOFTWIRE_IPV4);
            }
            return;
        }
        int mtu = mtuTowards(found.b4High, found.b4Low);
        if (isTooBigForTunnel(packet, length, mtu)) {
            answerThroughSoftwire(
                    outer, packet, length, Icmp.UNREACHABLE, Icmp.FRAGMENTATION_NEEDED, mtu - Ipv6.HEADER);
            end(Counter.DROP_OVER_MTU_BUT_DONT_FRAGMENT_IPV4);
            return;
        }
        view.count(senderLine, BindingTable.UPSTREAM_PACKETS, length);
        view.count(line, BindingTable.DOWNSTREAM_PACKETS, length);
        clampMss(packet, length);
        Ipv4.forward(packet, tos);
        intoSoftwire(
                packet,
                length,
                Memory.getLong(found.br),
                Memory.getLong(found.br + 8),
                found.b4High,
                found.b4Low,
                Counter.OUT_IPV6);
        end(Counter.HAIRPIN_IPV4);
    }

    private int tosAfterDecapsulation(int outerTrafficClass, int innerTos) {
        int innerEcn = innerTos & 3;
        int outerEcn = outerTrafficClass & 3;
        if (Ecn.isOdd(innerEcn, outerEcn)) {
            counters.count(Counter.ODD_ECN_IPV6, octets);
        }
        int ecn = Ecn.combine(innerEcn, outerEcn);
        return ecn == Ecn.DROP ? -1 : ((takesOuterDscp ? outerTrafficClass : innerTos) & 0xfc) | ecn;
    }

    /** An ICMPv4 error to the lwB4 from which a packet came; the packet must still be as it arrived. */
    private void answerThroughSoftwire(long outer, long packet, int length, int type, int code, int rest) {
        long error = errors.v4(packet, length, type, code, rest, nowNanos);
        if (error != IcmpErrors.NONE) {
            intoSoftwire(
                    error,
                    Ipv4.totalLength(error),
                    Ipv6.destinationHigh(outer),
                    Ipv6.destinationLow(outer),
                    Ipv6.sourceHigh(outer),
                    Ipv6.sourceLow(outer),
                    Counter.OUT_ICMPV4);
        }
    }

    // ICMPv6 -----------------------------------------------------------------------------------------------------

    private void icmpv6(long packet, int length, int position) {
        long message = packet + position;
        int messageLength = length - position;
        if (messageLength < Icmp.HEADER) {
            end(Counter.DROP_MALFORMED_IPV6);
            return;
        }
        // The policy is about the tunnel; whether the lwAFTR is there may always be asked.
        if (!settings.ipv6Side().acceptIncomingIcmp() && Icmp.type(message) != Icmp.V6_ECHO_REQUEST) {
            end(Counter.DROP_IN_BY_POLICY_ICMPV6);
            return;
        }
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.ICMPV6, messageLength)
                + InternetChecksum.sum(message, messageLength);
        if (InternetChecksum.fold(sum) != 0xffff) {
            end(Counter.DROP_BAD_CHECKSUM_ICMPV6);
            return;
        }
        int code = Icmp.code(message);
        switch (Icmp.type(message)) {
            case Icmp.V6_ECHO_REQUEST -> answerEcho(packet, message, messageLength);
            case Icmp.V6_PACKET_TOO_BIG -> {
                if (code == 0) {
                    int mtu = Memory.getInt(message + Icmp.MTU);
                    relay(message, messageLength, Icmp.FRAGMENTATION_NEEDED, mtu);
                } else {
                    end(Counter.DROP_TOO_BIG_TYPE_BUT_NOT_CODE_ICMPV6);
                }
            }
            case Icmp.V6_TIME_EXCEEDED -> {
                if (code == 0) {
                    relay(message, messageLength, Icmp.HOST_UNREACHABLE, 0);
                } else {
                    end(Counter.DROP_OVER_TIME_BUT_NOT_HOP_LIMIT_ICMPV6);
                }
            }
            case Icmp.V6_UNREACHABLE, Icmp.V6_PARAMETER_PROBLEM ->
                relay(message, messageLength, Icmp.HOST_UNREACHABLE, 0);
            default -> end(Counter.DROP_UNKNOWN_PROTOCOL_ICMPV6);
        }
    }

    private void answerEcho(long packet, long message, int messageLength) {
        long peerHigh = Ipv6.sourceHigh(packet);
        long peerLow = Ipv6.sourceLow(packet);
        if (Ipv6.isMulticast(peerHigh) || (peerHigh | peerLow) == 0) {
            end(Counter.DROP_UNKNOWN_PROTOCOL_ICMPV6);
            return;
        }
        long brHigh = Ipv6.destinationHigh(packet);
        long brLow = Ipv6.destinationLow(packet);
        long reply = egress.newPacket(Ipv6.HEADER + messageLength);
        Ipv6.write(
                reply,
                Ipv6.trafficClass(packet),
                0,
                messageLength,
                IpProtocol.ICMPV6,
                ECHO_HOPS,
                brHigh,
                brLow,
                peerHigh,
                peerLow);
        long body = reply + Ipv6.HEADER;
        Memory.copy(message, body, messageLength);
        int before = Memory.getShort(body);
        int after = Icmp.V6_ECHO_REPLY << 8 | Icmp.code(body);
        Memory.putShort(body, after);
        Memory.putShort(
                body + Icmp.CHECKSUM, InternetChecksum.update(Memory.getShort(body + Icmp.CHECKSUM), before, after));
        toIpv6Side(reply, Ipv6.HEADER + messageLength, Counter.OUT_ICMPV6);
        end(Counter.ANSWERED_ECHO_ICMPV6);
    }

    /**
     * Tells the IPv4 source what the tunnel reported (RFC 2473 §8), if the report quotes a packet that we sent through
     * the softwire of a binding.
     *
     * @param code the code of the ICMPv4 "unreachable" message
     * @param tunnelMtu of a packet-too-big error
     */
    private void relay(long message, int messageLength, int code, int tunnelMtu) {
        long quote = message + Icmp.HEADER;
        int quoteLength = messageLength - Icmp.HEADER;
        int position = ExtensionHeaders.quotedIpv4(quote, quoteLength);
        if (position < 0) {
            end(Counter.DROP_BAD_QUOTE_ICMPV6);
            return;
        }
        long packet = quote + position;
        int length = quoteLength - position;
        int port = PortField.ofQuote(packet, length, false);
        long line = port == PortField.BAD_QUOTE ? 0 : lookUp(Ipv4.destination(packet), port);
        boolean isTooBig = code == Icmp.FRAGMENTATION_NEEDED;
        if (line == 0
                || found.b4High != Ipv6.destinationHigh(quote)
                || found.b4Low != Ipv6.destinationLow(quote)
                || Memory.getLong(found.br) != Ipv6.sourceHigh(quote)
                || Memory.getLong(found.br + 8) != Ipv6.sourceLow(quote)
                // No link has such an MTU; RFC 8201 §4 wants it to be ignored.
                || (isTooBig && Integer.compareUnsigned(tunnelMtu, Ipv6.MIN_MTU) < 0)) {
            end(Counter.DROP_BAD_QUOTE_ICMPV6);
            return;
        }
        if (isTooBig && learnsPathMtus) {
            pathMtus.learn(found.b4High, found.b4Low, (int) Math.min(tunnelMtu & 0xffff_ffffL, 0xffff), nowNanos);
        }
        if (isTooBig && !Ipv4.isDontFragment(packet)) {
            end(learnsPathMtus ? Counter.LEARNED_PATH_MTU_ICMPV6 : Counter.DROP_TOO_BIG_WITHOUT_DF_ICMPV6);
            return;
        }
        int nextHopMtu = isTooBig ? (int) Math.min((tunnelMtu & 0xffff_ffffL) - Ipv6.HEADER, 0xffff) : 0;
        int quoted = Math.min(length, Math.max(Ipv4.totalLength(packet), Ipv4.headerLength(packet)));
        long error = errors.v4(packet, quoted, Icmp.UNREACHABLE, code, nextHopMtu, nowNanos);
        end(Counter.RELAYED_ICMPV6);
        if (error == IcmpErrors.NONE) {
            return;
        }
        int source = Ipv4.source(packet);
        int errorLength = Ipv4.totalLength(error);
        if (!hairpins || !view.holds(source)) {
            toIpv4Side(error, errorLength, Counter.OUT_ICMPV4);
            return;
        }
        int sourcePort = PortField.ofQuote(packet, length, true);
        if (sourcePort != PortField.BAD_QUOTE && lookUp(source, sourcePort) != 0) {
            intoSoftwire(
                    error,
                    errorLength,
                    Memory.getLong(found.br),
                    Memory.getLong(found.br + 8),
                    found.b4High,
                    found.b4Low,
                    Counter.OUT_ICMPV4);
        }
    }

    // Both ways --------------------------------------------------------------------------------------------------

    /** Checks an IPv4 header against the octets there are, and its checksum; if it is not sound, this was its end. */
    private boolean isSoundIpv4(long packet, int length) {
        if (length < Ipv4.MIN_HEADER || Ipv4.version(packet) != 4) {
            end(Counter.DROP_MALFORMED_IPV4);
            return false;
        }
        int headerLength = Ipv4.headerLength(packet);
        int totalLength = Ipv4.totalLength(packet);
        if (headerLength < Ipv4.MIN_HEADER || totalLength < headerLength || totalLength > length) {
            end(Counter.DROP_MALFORMED_IPV4);
            return false;
        }
        if (!InternetChecksum.isRight(packet, headerLength)) {
            end(Counter.DROP_BAD_CHECKSUM_IPV4);
            return false;
        }
        return true;
    }

    /** Whether {@link PortField} found a fault, which was then the packet's end. */
    private boolean endsForWantOfPort(int port) {
        switch (port) {
            case PortField.TRUNCATED -> end(Counter.DROP_MALFORMED_IPV4);
            case PortField.BAD_ICMP_CHECKSUM -> end(Counter.DROP_BAD_CHECKSUM_ICMPV4);
            case PortField.BAD_QUOTE -> end(Counter.DROP_BAD_QUOTE_ICMPV4);
            case PortField.UNKNOWN_ICMP_TYPE -> end(Counter.DROP_UNKNOWN_PROTOCOL_ICMPV4);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The line of a binding; {@link #found} is filled. Without port, only an address of one subscriber matches. */
    private long lookUp(int ipv4, int port) {
        int shape = view.shapeOf(ipv4);
        if (shape < 0) {
            return 0;
        }
        int psidLength = shape & 0xff;
        int psid;
        if (port == PortField.NONE) {
            psid = psidLength == 0 ? 0 : PortSet.NO_PSID;
        } else {
            psid = PortSet.psidOf(shape >>> 8, psidLength, port);
        }
        if (psid == PortSet.NO_PSID) {
            return 0;
        }
        long key = BindingTable.key(ipv4, psid);
        return view.find(view.home(key), key, shape, found);
    }

    private boolean isTooBigForTunnel(long packet, int length, int mtu) {
        return length + Ipv6.HEADER > mtu && Ipv4.isDontFragment(packet) && honoursDontFragment;
    }

    /** The largest IPv6 packet for the softwire to an lwB4. */
    private int mtuTowards(long b4High, long b4Low) {
        return pathMtus.lowest() >= ipv6Mtu ? ipv6Mtu : Math.min(ipv6Mtu, pathMtus.towards(b4High, b4Low));
    }

    /**
     * Takes an IPv4 fragment; its end is counted here.
     *
     * @param peerHigh first half of the lwB4 from which it came, 0 on the IPv4 side
     * @param ecn how it is marked
     * @param arrived the packet that it came in, for another worker
     * @return the whole packet, if this was the last fragment missing, else 0
     */
    private long reassembleIpv4(
            Reassembler reassembler,
            long packet,
            long peerHigh,
            long peerLow,
            int ecn,
            long arrived,
            int arrivedLength,
            boolean isFromIpv6Side) {
        int headerLength = Ipv4.headerLength(packet);
        Reassembler.Key key = Reassembler.Key.ofIpv4(packet, peerHigh, peerLow);
        if (isHandedOver(key, arrived, arrivedLength, isFromIpv6Side)) {
            return 0;
        }
        Reassembler.Source source =
                isFromIpv6Side ? new Reassembler.Source(peerHigh, peerLow) : Reassembler.Source.ofIpv4(packet);
        Reassembler.Outcome outcome = reassembler.add(
                key,
                source,
                ecn,
                nowNanos,
                packet,
                headerLength,
                Ipv4.fragmentOffset(packet),
                Ipv4.hasMoreFragments(packet),
                packet + headerLength,
                Ipv4.totalLength(packet) - headerLength);
        end(
                switch (outcome) {
                    case INVALID -> Counter.DROP_IPV4_FRAG_INVALID_REASSEMBLY;
                    case OVER_SHARE -> Counter.DROP_IPV4_FRAG_OVER_SHARE;
                    case HELD, COMPLETE -> Counter.IN_IPV4_FRAG_NEEDS_REASSEMBLY;
                });
        if (outcome != Reassembler.Outcome.COMPLETE) {
            return 0;
        }
        int wholeLength = reassembler.headLength() + reassembler.dataLength();
        long whole = egress.newPacket(wholeLength);
        reassembler.writeTo(whole);
        octets = wholeLength;
        counters.count(Counter.IN_IPV4_FRAG_REASSEMBLED, wholeLength);
        if (wholeLength > Ipv4.MAX_LENGTH) {
            end(Counter.DROP_MALFORMED_IPV4);
            return 0;
        }
        int marked = reassembler.ecn(Ipv4.tos(whole) & 3);
        if (marked == Ecn.DROP) {
            end(Counter.DROP_ECN_IPV6);
            return 0;
        }
        Memory.putByte(whole + Ipv4.TOS, (Ipv4.tos(whole) & 0xfc) | marked);
        Ipv4.makeWhole(whole, wholeLength);
        return whole;
    }

    /** Makes the answer to an echo request out of it; if it is none, this was its end, and the answer is false. */
    private boolean turnIntoEchoReply(long packet, int length) {
        long message = packet + Ipv4.headerLength(packet);
        int messageLength = length - Ipv4.headerLength(packet);
        if (Ipv4.protocol(packet) != IpProtocol.ICMP || !Icmpv4Error.isUnicast(Ipv4.source(packet))) {
            end(Counter.DROP_LOCAL_IPV4);
            return false;
        }
        if (messageLength < Icmp.HEADER) {
            end(Counter.DROP_MALFORMED_IPV4);
            return false;
        }
        if (!InternetChecksum.isRight(message, messageLength)) {
            end(Counter.DROP_BAD_CHECKSUM_ICMPV4);
            return false;
        }
        if (Icmp.type(message) != Icmp.ECHO_REQUEST) {
            end(Counter.DROP_LOCAL_IPV4);
            return false;
        }
        int before = Memory.getShort(message);
        int after = Icmp.ECHO_REPLY << 8 | Icmp.code(message);
        Memory.putShort(message, after);
        Memory.putShort(
                message + Icmp.CHECKSUM,
                InternetChecksum.update(Memory.getShort(message + Icmp.CHECKSUM), before, after));
        Memory.putInt(packet + Ipv4.DESTINATION, Ipv4.source(packet));
        Memory.putInt(packet + Ipv4.SOURCE, ownIpv4);
        Memory.putShort(packet + Ipv4.FLAGS_AND_OFFSET, 0);
        Memory.putByte(packet + Ipv4.TTL, ECHO_HOPS);
        Ipv4.writeChecksum(packet);
        end(Counter.ANSWERED_ECHO_ICMPV4);
        return true;
    }

    /** Encapsulates a packet and sends it, in fragments if need be. */
    private void intoSoftwire(
            long packet, int length, long brHigh, long brLow, long b4High, long b4Low, Counter counter) {
        outerHeader.prepend(packet, length, brHigh, brLow, b4High, b4Low);
        toIpv6Side(packet - Ipv6.HEADER, Ipv6.HEADER + length, counter);
    }

    /** Sends an IPv6 packet that has no extension headers; one that is too big goes in fragments (RFC 8200 §4.5). */
    private void toIpv6Side(long packet, int length, Counter counter) {
        int mtu = mtuTowards(Ipv6.destinationHigh(packet), Ipv6.destinationLow(packet));
        if (length <= mtu) {
            counters.count(counter, length);
            egress.toIpv6Side(packet, length);
            return;
        }
        int identification = fragmentIdentifications.getAsInt();
        int dataLength = length - Ipv6.HEADER;
        int most = Ipv6.longestFragmentData(mtu);
        for (int offset = 0; offset < dataLength; offset += most) {
            int pieceLength = Math.min(most, dataLength - offset);
            int fragmentLength = Ipv6.HEADER + Ipv6.FRAGMENT_HEADER + pieceLength;
            long fragment = egress.newPacket(fragmentLength);
            Ipv6.writeFragment(fragment, packet, offset, pieceLength, identification);
            counters.count(counter, fragmentLength);
            counters.count(Counter.OUT_IPV6_FRAG, fragmentLength);
            egress.toIpv6Side(fragment, fragmentLength);
        }
    }

    /** Sends an IPv4 packet; one that is too big goes in fragments (RFC 791 §3.2). */
    private void toIpv4Side(long packet, int length, Counter counter) {
        if (length <= ipv4Mtu) {
            counters.count(counter, length);
            egress.toIpv4Side(packet, length);
            return;
        }
        int headerLength = Ipv4.headerLength(packet);
        int dataLength = length - headerLength;
        int offset = 0;
        while (offset < dataLength) {
            int most = (ipv4Mtu - headerLength) & ~7;
            int pieceLength = Math.min(most, dataLength - offset);
            boolean hasMore = offset + pieceLength < dataLength;
            long fragment = egress.newPacket(headerLength + pieceLength);
            int fragmentHeader = offset == 0 ? headerLength : copiedOptions(packet, fragment);
            if (offset == 0) {
                Memory.copy(packet, fragment, headerLength);
            }
            Memory.copy(packet + headerLength + offset, fragment + fragmentHeader, pieceLength);
            Memory.putShort(fragment + Ipv4.TOTAL_LENGTH, fragmentHeader + pieceLength);
            Memory.putShort(fragment + Ipv4.FLAGS_AND_OFFSET, offset >>> 3 | (hasMore ? Ipv4.MF : 0));
            Ipv4.writeChecksum(fragment);
            counters.count(counter, fragmentHeader + pieceLength);
            counters.count(Counter.OUT_IPV4_FRAG, fragmentHeader + pieceLength);
            egress.toIpv4Side(fragment, fragmentHeader + pieceLength);
            offset += pieceLength;
        }
    }

    /** Writes the header of a later fragment, with those options only that each fragment must have. */
    private static int copiedOptions(long packet, long fragment) {
        int headerLength = Ipv4.headerLength(packet);
        Memory.copy(packet, fragment, Ipv4.MIN_HEADER);
        int written = Ipv4.MIN_HEADER;
        int option = Ipv4.MIN_HEADER;
        while (option < headerLength) {
            int type = Memory.getByte(packet + option);
            boolean isSingle = type == 0 || type == 1;
            int optionLength = isSingle || option + 1 == headerLength ? 1 : Memory.getByte(packet + option + 1);
            if (type == 0 || optionLength == 0 || option + optionLength > headerLength) {
                break;
            }
            boolean isCopied = (type & 0x80) != 0;
            if (isCopied) {
                Memory.copy(packet + option, fragment + written, optionLength);
                written += optionLength;
            }
            option += optionLength;
        }
        int padded = (written + 3) & ~3;
        Memory.clear(fragment + written, padded - written);
        Memory.putByte(fragment, 0x40 | padded >>> 2);
        return padded;
    }

    private void end(Counter counter) {
        counters.count(counter, octets);
    }
}
