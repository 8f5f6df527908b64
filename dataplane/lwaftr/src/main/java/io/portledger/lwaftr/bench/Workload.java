package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.ForwardingSettings;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Iterator;
import java.util.stream.IntStream;

/**
 * The bindings of the benchmarks: number 0 and up, 64 to an address, all with one BR address. The C loop
 * ({@code minimal-loop.c}) makes the same.
 */
final class Workload {

    static final int PSID_LENGTH = 6;
    static final long B4_PREFIX = 0x2001_0db8_0000_0000L;
    static final Ipv6Address BR = new Ipv6Address(0x2001_0db8_ffff_0000L, 1);

    private static final int FIRST_ADDRESS = 10 << 24;

    private Workload() {}

    /** A receive buffer of packets; their slots are those of the C loop. */
    static PacketBatch newBatch() {
        return PacketBatch.withMemory(PacketStream.BATCH, PacketStream.LONGEST);
    }

    static ForwardingSettings settings() {
        return ForwardingSettings.standard(BR, Ipv4Address.parse("203.0.113.1"));
    }

    static int address(long binding) {
        return FIRST_ADDRESS + (int) (binding >>> PSID_LENGTH);
    }

    static int psid(long binding) {
        return (int) binding & ((1 << PSID_LENGTH) - 1);
    }

    static long b4High(long binding) {
        return B4_PREFIX + binding;
    }

    static long b4Low(long binding) {
        return Integer.toUnsignedLong(address(binding)) << 16 | psid(binding);
    }

    static Binding binding(int number) {
        return binding(number, b4High(number));
    }

    /** The binding of that number with another lwB4. */
    static Binding binding(int number, long b4High) {
        return new Binding(
                new Ipv6Address(b4High, b4Low(number)),
                new Ipv4Address(address(number)),
                new PortSet(0, PSID_LENGTH, psid(number)),
                BR);
    }

    static Iterator<Binding> bindings(int count) {
        return IntStream.range(0, count).mapToObj(Workload::binding).iterator();
    }

    /** A table with the first {@code count} bindings, for one forwarding thread. */
    static BindingTable table(int count) {
        BindingTable table = new BindingTable(count, 1);
        for (int i = 0; i < count; i++) {
            table.put(binding(i));
        }
        return table;
    }

    /**
     * Makes ordinary packets of a batch into packets that need more than the fast path: most of what arrives is ordinary,
     * but never all of it, and a compiler that has seen nothing else makes code for nothing else.
     *
     * @param offset where the IPv4 packet begins
     */
    static void makeOdd(PacketBatch batch, int offset) {
        for (int i = 0; i < batch.size(); i++) {
            long packet = batch.address(i) + offset;
            switch (i & 7) {
                case 0 -> Memory.putByte(packet + Ipv4.TTL, 1);
                case 1 -> Memory.putShort(packet + Ipv4.CHECKSUM, Memory.getShort(packet + Ipv4.CHECKSUM) ^ 1);
                case 2 -> Memory.putByte(packet + Ipv4.PROTOCOL, 47);
                case 3 -> {
                    Memory.putByte(packet + Ipv4.SOURCE, 11);
                    Memory.putByte(packet + Ipv4.DESTINATION, 11);
                }
                case 4 -> Memory.putByte(packet, 0x46);
                default -> {
                    // Stays as it is, among the others.
                }
            }
            if ((i & 7) != 1) {
                Ipv4.writeChecksum(packet);
            }
        }
    }
}
