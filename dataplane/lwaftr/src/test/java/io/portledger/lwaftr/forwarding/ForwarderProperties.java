package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever comes in: no exception, both balances, and only sound packets out. */
class ForwarderProperties {

    /** One packet for one side. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared; jqwik shows it as it is.
    record Arrival(boolean isFromIpv6Side, byte[] packet) {}

    @Property(tries = 400)
    void arbitraryOctetsAreCountedAndNothingElse(@ForAll("arbitraryPackets") List<byte[]> packets) {
        try (Engine engine = Engine.ofVectors()) {
            packets.forEach(packet -> {
                engine.fromIpv4Side(packet.clone());
                engine.fromIpv6Side(packet.clone());
            });
            assertSound(engine);
        }
    }

    @Property(tries = 2000)
    void damagedPacketsAreCountedAndWhatComesOutIsSound(@ForAll("damaged") List<Arrival> arrivals) {
        try (Engine engine = Engine.ofVectors(TestSettings.withMtus(600, 1280))) {
            engine.table.put(new Binding(
                    Ipv6Address.parse("2001:db8:0:900::1"),
                    Ipv4Address.parse("192.0.2.9"),
                    PortSet.WHOLE_ADDRESS,
                    Engine.BR));
            for (Arrival arrival : arrivals) {
                if (arrival.isFromIpv6Side) {
                    engine.fromIpv6Side(arrival.packet.clone());
                } else {
                    engine.fromIpv4Side(arrival.packet.clone());
                }
            }
            assertSound(engine);
        }
    }

    @Provide
    Arbitrary<List<byte[]>> arbitraryPackets() {
        return Arbitraries.bytes().array(byte[].class).ofMaxSize(200).list().ofMaxSize(8);
    }

    @Provide
    Arbitrary<List<Arrival>> damaged() {
        Arbitrary<Integer> which = Arbitraries.integers().between(0, SEEDS.size() - 1);
        Arbitrary<Long> damage = Arbitraries.longs();
        return Combinators.combine(which, damage)
                .as((index, seed) -> {
                    Arrival whole = SEEDS.get(index);
                    return new Arrival(whole.isFromIpv6Side, damage(whole.packet, new Random(seed)));
                })
                .list()
                .ofMinSize(1)
                .ofMaxSize(12);
    }

    /** Packets of every kind. */
    static final List<Arrival> SEEDS = seeds();

    private static List<Arrival> seeds() {
        byte[] large = Packets.ipv4("192.0.2.1", "198.51.100.7", 17, Packets.udp(35000, 53, 900));
        byte[] inner = Packets.ipv4("198.51.100.7", "192.0.2.1", 17, Packets.udp(53, 35000, 1300));
        byte[] request = Packets.udpIpv6(Engine.B4, Engine.BR, 5000, 5351, new byte[60]);
        return List.of(
                new Arrival(false, Engine.hex(Vectors.A1)),
                new Arrival(true, Engine.hex(Vectors.B1)),
                new Arrival(true, Engine.hex(Vectors.C1)),
                new Arrival(false, Engine.hex(Vectors.D1)),
                new Arrival(true, Engine.hex(Vectors.E1)),
                new Arrival(false, Engine.hex(Vectors.E2)),
                new Arrival(false, Engine.hex(Vectors.F1)),
                new Arrival(true, Engine.hex(Vectors.G1)),
                new Arrival(true, Engine.hex(Vectors.I1)),
                new Arrival(true, Packets.fromB4(large)),
                new Arrival(false, inner),
                new Arrival(false, Packets.ipv4Fragment(inner, 0, 400)),
                new Arrival(false, Packets.ipv4Fragment(inner, 400, 908)),
                new Arrival(true, Packets.ipv6Fragment(Packets.fromB4(large), 0, 400, 5)),
                new Arrival(true, Packets.ipv6Fragment(Packets.fromB4(large), 400, 528, 5)),
                new Arrival(
                        true,
                        Packets.ipv6(Engine.B4, Engine.BR, 60, Packets.concat(Engine.hex("0400040104010100"), large))),
                new Arrival(true, Packets.icmpv6(Engine.B4, Engine.BR, 128, 0, 1, new byte[64])),
                new Arrival(false, Packets.ipv4("198.51.100.7", "192.0.2.9", 47, new byte[40])),
                new Arrival(true, request),
                new Arrival(true, Packets.ipv6(Engine.B4, Engine.BR, 41, request)),
                new Arrival(true, Packets.fromB4(Packets.udpIpv4("192.0.0.2", "192.0.0.1", 5000, 5351, new byte[60]))),
                new Arrival(
                        true, Packets.fromB4(Packets.udpIpv4("192.0.2.1", "203.0.113.1", 35000, 5351, new byte[24]))));
    }

    /** Nothing, some octets, the length, or the end; the IPv4 checksum is put right half the time, to get further. */
    private static byte[] damage(byte[] packet, Random random) {
        byte[] damaged = packet.clone();
        int kind = random.nextInt(4);
        if (kind == 1 || kind == 2) {
            for (int i = random.nextInt(kind * 3); i >= 0; i--) {
                damaged[random.nextInt(Math.min(damaged.length, 90))] = (byte) random.nextInt();
            }
        } else if (kind == 3) {
            damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length + 20));
        }
        int ipv4 = damaged.length > 0 && damaged[0] >>> 4 == 6 ? 40 : 0;
        if (random.nextBoolean() && damaged.length >= ipv4 + 60) {
            byte[] header = Arrays.copyOfRange(damaged, ipv4, damaged.length);
            byte[] repaired = Packets.withHeaderChecksum(header);
            System.arraycopy(repaired, 0, damaged, ipv4, repaired.length);
        }
        return damaged;
    }

    /** Both balances, and packets that are sound as far as the engine answers for them. */
    static void assertSound(Engine engine) {
        engine.assertBalanced();
        assertThat(engine.toIpv4Side).allSatisfy(packet -> {
            assertThat(packet[0] >>> 4).isEqualTo(4);
            assertThat(Packets.getShort(packet, 2)).isEqualTo(packet.length);
            assertThat(Packets.hasRightHeaderChecksum(packet)).isTrue();
            assertThat(packet[8]).as("TTL").isNotZero();
        });
        assertThat(engine.toIpv6Side).allSatisfy(packet -> {
            assertThat(packet[0] >>> 4).isEqualTo(6);
            assertThat(Packets.getShort(packet, 4) + 40).isEqualTo(packet.length);
            assertThat(packet.length).isLessThanOrEqualTo(engine.ipv6Mtu);
        });
    }
}
