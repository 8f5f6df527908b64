package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.forwarding.ForwardingSettings.DscpMode;
import io.portledger.lwaftr.forwarding.ForwardingSettings.Tunnel;
import io.portledger.packet.Memory;
import io.portledger.packet.MemoryRegion;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.ReassemblyLimits;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;
import java.util.List;

/**
 * The engine under arbitrary packets: what a fuzzer calls, and what its findings are replayed with.
 *
 * <p>The input is an octet that chooses settings, then packets, each with an octet for its side and whether its IPv4
 * or UDP checksum is to be put right (so that a fuzzer need not guess it), and two for its length. They go through two engines,
 * whose memory behind and before the packets differs: if the engine read an octet that is not the packet's, its results
 * would differ too. If it wrote one, beyond the head room, the memory would tell.
 */
public final class ForwarderFuzz {

    private static final int LONGEST = 4096;
    private static final int MOST_PACKETS = 40;
    private static final int AROUND = 256;
    private static final int FROM_IPV6_SIDE = 1;
    private static final int WITH_RIGHT_CHECKSUM = 2;
    private static final int WITH_RIGHT_UDP_CHECKSUM = 4;

    private ForwarderFuzz() {}

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 4) {
            return;
        }
        try (Engine first = engine(input[0]);
                Engine second = engine(input[0])) {
            int position = 1;
            for (int i = 0; i < MOST_PACKETS && position + 3 <= input.length; i++) {
                int how = input[position];
                int length =
                        Math.min(Math.min(LONGEST, Packets.getShort(input, position + 1)), input.length - position - 3);
                byte[] packet = Arrays.copyOfRange(input, position + 3, position + 3 + length);
                if ((how & WITH_RIGHT_CHECKSUM) != 0) {
                    repair(packet, (how & FROM_IPV6_SIDE) != 0 ? 40 : 0);
                }
                if ((how & WITH_RIGHT_UDP_CHECKSUM) != 0 && packet.length >= 48 && packet[6] == 17) {
                    packet = Packets.withUdpChecksum(packet);
                }
                forward(first, packet, (how & FROM_IPV6_SIDE) != 0, 0x00);
                forward(second, packet, (how & FROM_IPV6_SIDE) != 0, 0xff);
                first.nanos += 100_000_000;
                second.nanos += 100_000_000;
                position += 3 + length;
            }
            first.assertBalanced();
            require(first.toIpv4Side, second.toIpv4Side);
            require(first.toIpv6Side, second.toIpv6Side);
            if (!first.forwarder
                    .counters()
                    .byName()
                    .equals(second.forwarder.counters().byName())) {
                throw new IllegalStateException("The counters depend on what is no part of a packet");
            }
            ForwarderProperties.assertSound(first);
        }
    }

    private static void repair(byte[] packet, int header) {
        int length = packet.length > header ? (packet[header] & 0xf) * 4 : 0;
        if (length >= 20 && header + length <= packet.length) {
            byte[] ipv4 = Packets.withHeaderChecksum(Arrays.copyOfRange(packet, header, packet.length));
            System.arraycopy(ipv4, 0, packet, header, ipv4.length);
        }
    }

    private static void forward(Engine engine, byte[] packet, boolean isFromIpv6Side, int around) {
        byte[] surroundings = new byte[AROUND];
        Arrays.fill(surroundings, (byte) around);
        try (MemoryRegion memory = MemoryRegion.allocate(2 * AROUND + LONGEST)) {
            long address = memory.address() + AROUND;
            Memory.copy(surroundings, 0, memory.address(), AROUND);
            Memory.copy(packet, 0, address, packet.length);
            Memory.copy(surroundings, 0, address + packet.length, AROUND);
            PacketBatch batch = PacketBatch.ofViews(1);
            batch.add(address, packet.length);
            if (isFromIpv6Side) {
                engine.forwarder.fromIpv6Side(batch);
                engine.forwarder.takeOver();
            } else {
                engine.forwarder.fromIpv4Side(batch);
            }
            boolean isIntact = Arrays.equals(surroundings, Memory.toBytes(address + packet.length, AROUND))
                    && Arrays.equals(
                            surroundings,
                            0,
                            AROUND - PacketBatch.HEAD_ROOM,
                            Memory.toBytes(memory.address(), AROUND - PacketBatch.HEAD_ROOM),
                            0,
                            AROUND - PacketBatch.HEAD_ROOM);
            if (!isIntact) {
                throw new IllegalStateException("Memory around a packet was written");
            }
        }
    }

    private static void require(List<byte[]> first, List<byte[]> second) {
        boolean isSame = first.size() == second.size();
        for (int i = 0; isSame && i < first.size(); i++) {
            isSame = Arrays.equals(first.get(i), second.get(i));
        }
        if (!isSame) {
            throw new IllegalStateException("What is sent depends on what is no part of a packet");
        }
    }

    /** Bits: small MTUs, everything optional, no hairpinning, no ICMP, little room for reassembly, filters. */
    private static Engine engine(int choice) {
        ForwardingSettings settings = Engine.settings();
        if ((choice & 1) != 0) {
            settings = settings.withSides(
                    settings.ipv4Side().withMtu(576), settings.ipv6Side().withMtu(1280));
        }
        if ((choice & 2) != 0) {
            settings = settings.withTunnel(new Tunnel(255, true, DscpMode.UNIFORM, false, true, true));
        }
        if ((choice & 4) != 0) {
            settings = settings.withHairpinning(false);
        }
        if ((choice & 8) != 0) {
            ForwardingSettings.RateLimit limit = new ForwardingSettings.RateLimit(1, 1);
            settings = settings.withSides(
                    settings.ipv4Side().withIcmp(false, true, limit),
                    settings.ipv6Side().withIcmp(true, false, limit));
        }
        if ((choice & 16) != 0) {
            ReassemblyLimits limits = new ReassemblyLimits(3, 3, 2, 3000, 1);
            settings = settings.withSides(
                    settings.ipv4Side().withReassembly(limits),
                    settings.ipv6Side().withReassembly(limits));
        }
        if ((choice & 32) != 0) {
            ForwardingSettings filtered = TestSettings.withFilters(
                    "not tcp[13] & 4 != 0", "ip[8] > 3", "ip6[6] != 59 and len < 2000", "not port 9");
            settings = settings.withSides(
                    settings.ipv4Side()
                            .withFilters(
                                    filtered.ipv4Side().ingressFilter(),
                                    filtered.ipv4Side().egressFilter()),
                    settings.ipv6Side()
                            .withFilters(
                                    filtered.ipv6Side().ingressFilter(),
                                    filtered.ipv6Side().egressFilter()));
        }
        Engine engine = Engine.ofVectors(settings);
        engine.table.put(new Binding(
                Ipv6Address.parse("2001:db8:0:900::1"),
                Ipv4Address.parse("192.0.2.9"),
                PortSet.WHOLE_ADDRESS,
                Engine.BR));
        engine.table.put(new Binding(
                Ipv6Address.parse("2001:db8:0:a00::1"),
                Ipv4Address.parse("192.0.2.10"),
                new PortSet(6, 8, 52),
                Ipv6Address.parse("2001:db8:ffff::77")));
        return engine;
    }
}
