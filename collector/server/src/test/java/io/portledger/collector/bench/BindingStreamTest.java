package io.portledger.collector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.TemplateStore;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BindingStreamTest {

    @Test
    void everyAllocationIsFollowedByItsReleaseAndNothingIsMissing() throws Exception {
        long records = 2L * BindingStream.WAVE;
        Reader reader = new Reader();
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                BindingStream stream = BindingStream.to(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()))) {
            IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana());
            TemplateStore templates = new TemplateStore(TemplateStore.Session.UNRELIABLE);
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            socket.setSoTimeout(10_000);
            long sent = 0;
            while (sent < records) {
                sent += stream.send(1, 1_000_000);
                packet.setLength(2048);
                socket.receive(packet);
                decoder.decode(Unpooled.wrappedBuffer(packet.getData(), 0, packet.getLength()), templates, reader);
            }
            // The last message begins the next wave.
            assertThat(stream.ended()).isEqualTo(BindingStream.WAVE);
        }
        assertThat(reader.expected).isGreaterThanOrEqualTo(records);
        assertThat(reader.released).isEqualTo(BindingStream.WAVE);
        assertThat(reader.held).hasSize((int) (reader.expected - records));
    }

    /** Keeps who holds what. */
    private static final class Reader implements IpfixVisitor {
        private final Set<String> held = new HashSet<>();
        private long expected;
        private long released;

        @Override
        public void onMessage(MessageHeader header) {
            assertThat(header.sequenceNumber()).isEqualTo(expected);
        }

        @Override
        public void onRecord(DataRecord record) {
            expected++;
            int event = record.template().indexOf(Iana.NAT_EVENT);
            int ipv6 = record.template().indexOf(Iana.SOURCE_IPV6_ADDRESS);
            int ipv4 = record.template().indexOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS);
            int first = record.template().indexOf(Iana.PORT_RANGE_START);
            String holding = record.ipv6High(ipv6) + " " + record.ipv4(ipv4) + " " + record.unsigned(first);
            if (record.unsigned(event) == 16) {
                assertThat(held.add(holding)).isTrue();
            } else {
                assertThat(held.remove(holding)).isTrue();
                released++;
            }
        }
    }
}
