package io.portledger.lwb4.softwire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.packet.PacketBatch;
import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** UDP from and to the softwire's address (RFC 768, RFC 8200 §8.1), octet by octet. */
class ControlPortTest {

    private static final Ipv6Address OWN = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address SERVER = Ipv6Address.parse("2001:db8:ffff::1");
    private static final int OWN_PORT = 50000;
    private static final int SERVER_PORT = 5351;

    private final List<byte[]> heard = new ArrayList<>();
    private final ControlPort port = new ControlPort(OWN, OWN_PORT, SERVER, SERVER_PORT, heard::add, closed -> {});

    @Test
    void aMessageLeavesAsUdpFromTheSoftwiresAddressWithAChecksum() {
        byte[] message = {1, 2, 3};
        port.send(message);
        assertThat(sent()).containsExactly(datagram(OWN, OWN_PORT, SERVER, SERVER_PORT, message));
        assertThat(sent()).as("once").isEmpty();
    }

    @Test
    void aMessageOfTheServerIsHeard() {
        byte[] message = {7, 8};
        assertThat(take(datagram(SERVER, SERVER_PORT, OWN, OWN_PORT, message))).isTrue();
        assertThat(heard).containsExactly(message);
    }

    @Test
    void whatIsForNobodyHereIsLeftToTheSoftwire() {
        Ipv6Address other = Ipv6Address.parse("2001:db8:0:100::2");
        assertThat(take(datagram(SERVER, SERVER_PORT, other, OWN_PORT, new byte[4])))
                .isFalse();
        assertThat(take(datagram(SERVER, SERVER_PORT, OWN, OWN_PORT + 1, new byte[4])))
                .isFalse();
        assertThat(take(Packets.udp("192.0.2.1", 1, "192.0.2.2", 2, 0, 4))).isFalse();
        assertThat(take(Packets.ipv6(SERVER, OWN, 4, new byte[40]))).isFalse();
        assertThat(heard).isEmpty();
    }

    @Test
    void othersThanTheServerAndDamagedMessagesAreNotHeard() {
        assertThat(take(datagram(Ipv6Address.parse("2001:db8::bad"), SERVER_PORT, OWN, OWN_PORT, new byte[4])))
                .isTrue();
        assertThat(take(datagram(SERVER, SERVER_PORT + 1, OWN, OWN_PORT, new byte[4])))
                .isTrue();
        byte[] damaged = datagram(SERVER, SERVER_PORT, OWN, OWN_PORT, new byte[4]);
        damaged[50] ^= 1;
        assertThat(take(damaged)).isTrue();
        byte[] withoutChecksum = datagram(SERVER, SERVER_PORT, OWN, OWN_PORT, new byte[4]);
        Packets.putShort(withoutChecksum, 46, 0);
        assertThat(take(withoutChecksum)).isTrue();
        byte[] longer = datagram(SERVER, SERVER_PORT, OWN, OWN_PORT, new byte[4]);
        Packets.putShort(longer, 44, 100);
        assertThat(take(longer)).isTrue();
        assertThat(heard).isEmpty();
    }

    @Test
    void aMessageThatDoesNotFitIsRefused() {
        port.send(new byte[ControlPort.LONGEST_MESSAGE]);
        assertThat(sent()).hasSize(1).allSatisfy(packet -> assertThat(packet).hasSize(1280));
        assertThatThrownBy(() -> port.send(new byte[ControlPort.LONGEST_MESSAGE + 1]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void anyOctetsBehindTheAddressesDoNoHarm(@ForAll @Size(max = 100) byte[] octets) {
        byte[] packet = Packets.ipv6(SERVER, OWN, 17, octets);
        take(packet);
        take(octets);
        assertThat(heard.size()).isLessThanOrEqualTo(1);
    }

    private boolean take(byte[] packet) {
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            batch.add(packet);
            return port.take(batch.address(0), batch.length(0));
        }
    }

    private List<byte[]> sent() {
        List<byte[]> packets = new ArrayList<>();
        try (PacketBatch scratch = PacketBatch.withMemory(1, 2000)) {
            port.sendWaiting(scratch, batch -> packets.add(batch.toBytes(0)), new SoftwireCounters());
        }
        return packets;
    }

    private static byte[] datagram(
            Ipv6Address source, int sourcePort, Ipv6Address destination, int destinationPort, byte[] data) {
        int length = 8 + data.length;
        byte[] udp = ByteBuffer.allocate(length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putShort((short) length)
                .putShort((short) 0)
                .put(data)
                .array();
        byte[] pseudo = ByteBuffer.allocate(40)
                .put(source.toBytes())
                .put(destination.toBytes())
                .putInt(length)
                .putInt(17)
                .array();
        Packets.putShort(
                udp, 6, Packets.checksum(Packets.sum(pseudo, 0, pseudo.length) + Packets.sum(udp, 0, udp.length)));
        return Packets.ipv6(source, destination, 17, udp, 64);
    }
}
