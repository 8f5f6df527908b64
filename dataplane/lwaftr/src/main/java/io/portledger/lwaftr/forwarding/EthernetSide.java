package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Ethernet;
import io.portledger.packet.Icmp;
import io.portledger.packet.InternetChecksum;
import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv6;
import io.portledger.packet.MacAddress;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One side of the lwAFTR on an Ethernet: takes frames apart, puts them together, and knows its neighbours by ARP (RFC 826)
 * or neighbour discovery (RFC 4861).
 *
 * <p>It answers for the lwAFTR's IPv4 address or its BR addresses, and finds the next hop unless its Ethernet address is in
 * the settings. What comes from the outside is believed as far as these protocols can be: whoever is on the link can claim
 * to be the next hop. One thread.
 */
final class EthernetSide implements AutoCloseable {

    private static final long RETRY_NANOS = 1_000_000_000L;

    /** How long an address that was found is taken as right before it is asked for again. */
    private static final long FRESH_NANOS = 30_000_000_000L;

    private static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final int ARP_LENGTH = 28;
    private static final int ARP_ETHERNET_IPV4 = 0x0001_0800;
    private static final int ARP_LENGTHS = 0x0604;
    private static final int ARP_REQUEST = 1;
    private static final int ARP_REPLY = 2;

    private static final int SOLICITATION = 135;
    private static final int ADVERTISEMENT = 136;
    private static final int DISCOVERY_LENGTH = 24;
    private static final int WITH_OPTION = 32;
    private static final int TARGET = 8;
    private static final int SOURCE_LINK_ADDRESS = 1;
    private static final int TARGET_LINK_ADDRESS = 2;
    private static final int ROUTER = 0x8000_0000;
    private static final int SOLICITED = 0x4000_0000;
    private static final int HOPS = 255;
    private static final long SOLICITED_NODE_HIGH = 0xff02_0000_0000_0000L;
    private static final long SOLICITED_NODE_LOW = 0x0000_0001_ff00_0000L;
    private static final long ALL_NODES_LOW = 1;
    private static final long LAST_24 = 0xff_ffffL;

    private final boolean isIpv6;
    private final ForwardingSettings.Ethernet ethernet;
    private final Forwarder forwarder;
    private final Counters counters;
    private final FrameOutput output;
    private final int ownIpv4;
    private final int nextHopIpv4;
    private final Ipv6Address ownIpv6;
    private final Ipv6Address nextHopIpv6;
    private final PacketBatch made = PacketBatch.withMemory(1, 128);
    private final MacAddress ownMac;
    private final AtomicReference<@Nullable MacAddress> nextHop;
    private long nextSolicitation;
    private boolean hasSolicited;

    /** Where frames of its own go. */
    @FunctionalInterface
    interface FrameOutput {
        /** Sends a frame; its memory may be used again when this returns. */
        void send(long frame, int length);
    }

    /**
     * A side of a forwarder.
     *
     * @param ownMac its Ethernet address
     * @param nextHop what was found, shared with the same side of other workers, of whom any may get the answer
     * @param output takes the frames that this class makes by itself
     */
    EthernetSide(
            boolean isIpv6,
            ForwardingSettings settings,
            MacAddress ownMac,
            AtomicReference<@Nullable MacAddress> nextHop,
            Forwarder forwarder,
            FrameOutput output) {
        this.isIpv6 = isIpv6;
        this.ethernet = (isIpv6 ? settings.ipv6Side() : settings.ipv4Side()).ethernet();
        this.forwarder = forwarder;
        this.counters = forwarder.counters();
        this.output = output;
        this.ownIpv4 = settings.ipv4Address().bits();
        this.ownIpv6 = settings.brAddresses().getFirst();
        boolean isResolved = ethernet.isResolved();
        this.ownMac = ownMac;
        this.nextHop = nextHop;
        if (!isResolved) {
            nextHop.set(ethernet.staticNextHop());
        }
        this.nextHopIpv4 =
                isResolved && !isIpv6 ? Ipv4Address.parse(ethernet.nextHop()).bits() : 0;
        this.nextHopIpv6 = isResolved && isIpv6 ? Ipv6Address.parse(ethernet.nextHop()) : Ipv6Address.UNSPECIFIED;
    }

    /** Asks for the next hop, if its address is not known or was not heard of for long; to be called now and then. */
    void tick(long nowNanos) {
        if (!ethernet.isResolved() || (hasSolicited && nowNanos - nextSolicitation < 0)) {
            return;
        }
        hasSolicited = true;
        nextSolicitation = nowNanos + (nextHop.get() == null ? RETRY_NANOS : FRESH_NANOS);
        if (isIpv6) {
            solicit();
        } else {
            sendArp(BROADCAST, ARP_REQUEST, 0, nextHopIpv4);
        }
    }

    /**
     * Takes a frame.
     *
     * @return octets before the packet that the forwarder is to have, or -1 if there is none and this was its end
     */
    int take(long frame, int length) {
        int header =
                Ethernet.headerLength(frame, length, ethernet.vlan(), isIpv6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4);
        if (isIpv6) {
            if (header < 0) {
                forwarder.countForeignFrameOnIpv6Side(length);
            } else if (isDiscovery(frame, header, length)) {
                counters.count(Counter.IN_IPV6, length - header);
                counters.count(Counter.NEIGHBOUR_IPV6, length - header);
                return -1;
            }
            return header;
        }
        if (header < 0) {
            int arp = Ethernet.headerLength(frame, length, ethernet.vlan(), Ethernet.TYPE_ARP);
            if (arp >= 0 && length >= arp + ARP_LENGTH && isArp(frame + arp)) {
                counters.count(Counter.IN_IPV4, length);
                counters.count(Counter.NEIGHBOUR_IPV4, length);
            } else {
                forwarder.countForeignFrameOnIpv4Side(length);
            }
        }
        return header;
    }

    /**
     * Writes the frame's header before a packet on its way out.
     *
     * @return octets of the header, or -1 if the next hop is not known, so that the packet cannot be sent
     */
    int prepend(long packet, int length) {
        MacAddress destination = nextHop.get();
        if (destination == null) {
            counters.count(isIpv6 ? Counter.DROP_NO_NEIGHBOUR_IPV6 : Counter.DROP_NO_NEIGHBOUR_IPV4, length);
            return -1;
        }
        return Ethernet.prepend(
                packet, destination, ownMac, ethernet.vlan(), isIpv6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4);
    }

    @Override
    public void close() {
        made.close();
    }

    // ARP ---------------------------------------------------------------------------------------------------------

    /** Whether a message of ARP is about us or the next hop; it is answered, and learned from. */
    private boolean isArp(long arp) {
        if (Memory.getInt(arp) != ARP_ETHERNET_IPV4 || Memory.getShort(arp + 4) != ARP_LENGTHS) {
            return false;
        }
        int operation = Memory.getShort(arp + 6);
        long senderMac = mac(arp + 8);
        int sender = Memory.getInt(arp + 14);
        int target = Memory.getInt(arp + 24);
        boolean isOfNextHop = ethernet.isResolved() && sender == nextHopIpv4 && isUnicast(senderMac);
        if (isOfNextHop) {
            nextHop.set(new MacAddress(senderMac));
        }
        boolean isAboutUs = target == ownIpv4 && operation == ARP_REQUEST && isUnicast(senderMac);
        if (isAboutUs) {
            sendArp(senderMac, ARP_REPLY, senderMac, sender);
        }
        return isOfNextHop || isAboutUs;
    }

    private void sendArp(long destination, int operation, long targetMac, int target) {
        made.clear();
        long arp = made.freeSlot();
        Memory.putInt(arp, ARP_ETHERNET_IPV4);
        Memory.putShort(arp + 4, ARP_LENGTHS);
        Memory.putShort(arp + 6, operation);
        putMac(arp + 8, ownMac.bits());
        Memory.putInt(arp + 14, ownIpv4);
        putMac(arp + 18, targetMac);
        Memory.putInt(arp + 24, target);
        send(arp, ARP_LENGTH, destination, Ethernet.TYPE_ARP, Counter.OUT_NEIGHBOUR_IPV4);
    }

    // Neighbour discovery -----------------------------------------------------------------------------------------

    /** Whether a frame is sound neighbour discovery about us or the next hop; it is answered, and learned from. */
    private boolean isDiscovery(long frame, int header, int length) {
        long packet = frame + header;
        if (length - header < Ipv6.HEADER + DISCOVERY_LENGTH
                || Ipv6.nextHeader(packet) != IpProtocol.ICMPV6
                || Memory.getByte(packet + Ipv6.HOP_LIMIT) != HOPS) {
            return false;
        }
        long message = packet + Ipv6.HEADER;
        int messageLength = Ipv6.payloadLength(packet);
        int type = Icmp.type(message);
        if ((type != SOLICITATION && type != ADVERTISEMENT)
                || messageLength < DISCOVERY_LENGTH
                || messageLength > length - header - Ipv6.HEADER
                || Icmp.code(message) != 0
                || !hasSoundOptions(message, messageLength)
                || !hasRightChecksum(packet, message, messageLength)) {
            return false;
        }
        return type == SOLICITATION
                ? isSolicitation(frame, packet, message, messageLength)
                : isAdvertisement(frame, message, messageLength);
    }

    private boolean isSolicitation(long frame, long packet, long message, int length) {
        long high = Memory.getLong(message + TARGET);
        long low = Memory.getLong(message + TARGET + 8);
        if (!forwarder.isOwnIpv6(high, low)) {
            return false;
        }
        long sourceHigh = Ipv6.sourceHigh(packet);
        long sourceLow = Ipv6.sourceLow(packet);
        long option = option(message, length, SOURCE_LINK_ADDRESS);
        boolean isProbe = (sourceHigh | sourceLow) == 0;
        if (Ipv6.isMulticast(sourceHigh) || (isProbe && (option != 0 || !isToSolicitedNode(packet)))) {
            return false;
        }
        long mac = option != 0 ? mac(option + 2) : mac(frame + 6);
        if (isProbe) {
            // Somebody is about to take this address: all must know that it is ours.
            advertise(0x3333_0000_0001L, high, low, SOLICITED_NODE_HIGH, ALL_NODES_LOW, ROUTER);
        } else if (isUnicast(mac)) {
            advertise(mac, high, low, sourceHigh, sourceLow, ROUTER | SOLICITED);
        }
        return true;
    }

    private boolean isAdvertisement(long frame, long message, int length) {
        boolean isOfNextHop = ethernet.isResolved()
                && Memory.getLong(message + TARGET) == nextHopIpv6.high()
                && Memory.getLong(message + TARGET + 8) == nextHopIpv6.low();
        long option = option(message, length, TARGET_LINK_ADDRESS);
        long mac = option != 0 ? mac(option + 2) : mac(frame + 6);
        if (!isOfNextHop || !isUnicast(mac)) {
            return false;
        }
        nextHop.set(new MacAddress(mac));
        return true;
    }

    private void solicit() {
        long last24 = nextHopIpv6.low() & LAST_24;
        discover(
                0x3333_ff00_0000L | last24,
                SOLICITATION,
                0,
                nextHopIpv6.high(),
                nextHopIpv6.low(),
                SOURCE_LINK_ADDRESS,
                ownIpv6.high(),
                ownIpv6.low(),
                SOLICITED_NODE_HIGH,
                SOLICITED_NODE_LOW | last24);
    }

    /** The override flag stays off, as RFC 4861 §7.2.4 wants it for anycast addresses, which a BR address may be. */
    private void advertise(long mac, long high, long low, long toHigh, long toLow, int flags) {
        discover(mac, ADVERTISEMENT, flags, high, low, TARGET_LINK_ADDRESS, high, low, toHigh, toLow);
    }

    private void discover(
            long destination,
            int type,
            int flags,
            long targetHigh,
            long targetLow,
            int option,
            long fromHigh,
            long fromLow,
            long toHigh,
            long toLow) {
        made.clear();
        long packet = made.freeSlot();
        Ipv6.write(packet, 0, 0, WITH_OPTION, IpProtocol.ICMPV6, HOPS, fromHigh, fromLow, toHigh, toLow);
        long message = packet + Ipv6.HEADER;
        Memory.putInt(message, type << 24);
        Memory.putInt(message + 4, flags);
        Memory.putLong(message + TARGET, targetHigh);
        Memory.putLong(message + TARGET + 8, targetLow);
        Memory.putShort(message + DISCOVERY_LENGTH, option << 8 | 1);
        putMac(message + DISCOVERY_LENGTH + 2, ownMac.bits());
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.ICMPV6, WITH_OPTION)
                + InternetChecksum.sum(message, WITH_OPTION);
        Memory.putShort(message + Icmp.CHECKSUM, InternetChecksum.ofSum(sum));
        send(packet, Ipv6.HEADER + WITH_OPTION, destination, Ethernet.TYPE_IPV6, Counter.OUT_NEIGHBOUR_IPV6);
    }

    private static boolean hasRightChecksum(long packet, long message, int length) {
        long sum = InternetChecksum.pseudoHeaderSum(packet, IpProtocol.ICMPV6, length)
                + InternetChecksum.sum(message, length);
        return InternetChecksum.fold(sum) == 0xffff;
    }

    private static boolean isToSolicitedNode(long packet) {
        return Ipv6.destinationHigh(packet) == SOLICITED_NODE_HIGH
                && (Ipv6.destinationLow(packet) & ~LAST_24) == SOLICITED_NODE_LOW;
    }

    private static boolean hasSoundOptions(long message, int length) {
        int position = DISCOVERY_LENGTH;
        while (position < length) {
            int octets = position + 1 < length ? Memory.getByte(message + position + 1) << 3 : 0;
            if (octets == 0 || position + octets > length) {
                return false;
            }
            position += octets;
        }
        return true;
    }

    /** Where an option of the message is, 0 if nowhere; the options are sound. */
    private static long option(long message, int length, int type) {
        int position = DISCOVERY_LENGTH;
        while (position < length) {
            if (Memory.getByte(message + position) == type) {
                return message + position;
            }
            position += Memory.getByte(message + position + 1) << 3;
        }
        return 0;
    }

    private void send(long packet, int length, long destination, int type, Counter counter) {
        int header = Ethernet.prepend(packet, new MacAddress(destination), ownMac, ethernet.vlan(), type);
        counters.count(counter, length);
        output.send(packet - header, header + length);
    }

    private static long mac(long address) {
        return (long) Memory.getShort(address) << 32 | (Memory.getInt(address + 2) & 0xffff_ffffL);
    }

    private static void putMac(long address, long mac) {
        Memory.putShort(address, (int) (mac >>> 32));
        Memory.putInt(address + 2, (int) mac);
    }

    private static boolean isUnicast(long mac) {
        return mac != 0 && (mac >>> 40 & 1) == 0;
    }
}
