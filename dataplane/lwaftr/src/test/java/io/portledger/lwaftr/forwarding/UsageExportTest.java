package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.ReverseElements;
import io.portledger.ipfix.TemplateStore;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.packet.PacketBatch;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the packets of a binding to the datagrams that tell what it carried. */
class UsageExportTest {

    private static final Lw4o6Elements OWN = Lw4o6Elements.of(Lw4o6Elements.DOCUMENTATION_ENTERPRISE);
    private static final String HOST = "198.51.100.7";
    private static final String SHARED = "192.0.2.1";

    @TempDir
    private Path directory;

    private final List<String> usages = new CopyOnWriteArrayList<>();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyPacketIsToldOnce(boolean outlivesTheProcess) throws Exception {
        try (DatagramSocket collector = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> read(collector));
            Path table = Files.writeString(
                    directory.resolve("bindings.csv"),
                    "b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address\n" + Engine.B4 + ",192.0.2.1,0,6,34,\n");
            String state = outlivesTheProcess ? "\n  state-directory: " + directory.resolve("state") : "";
            Path file = Files.writeString(
                    directory.resolve("lwaftr.yaml"), """
                    lwaftr:
                      br-addresses: ["%s"]
                      binding-table: %s
                      pcp: { listen: "[::1]:0" }
                      service-classes: [{ name: homes, prefixes: [192.0.2.0/24] }]
                      export:
                        ipfix: { collectors: ["127.0.0.1:%d"], usage-interval: 1s }%s
                    """.formatted(Engine.BR, table, collector.getLocalPort(), state));
            try (Lwaftr lwaftr = Lwaftr.start(LwaftrSettings.read(file, Map.of()), InstantSource.system())) {
                try (Forwarder forwarder = new Forwarder(
                        lwaftr.bindingTable(), Engine.settings(), _ -> {}, _ -> {}, System::nanoTime, () -> 0)) {
                    byte[] up = Packets.ipv4(SHARED, HOST, 17, Packets.udp(35000, 53, 4));
                    byte[] down = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 35000, 72));
                    forward(forwarder, up, down);
                    await().until(() -> usages.size() == 1);
                    forward(forwarder, up, down);
                    forward(forwarder, up, down);
                }
            }
            await().until(() -> !usages.isEmpty() && usages.getLast().startsWith("6 packets"));
            assertThat(usages.getFirst()).isEqualTo("2 packets so far: up 1/32 down 1/100 homes 1");
            assertThat(usages.getLast()).matches("6 packets so far: up [12]/(32|64) down [12]/(100|200) homes 1");
        }
    }

    private void forward(Forwarder forwarder, byte[] up, byte[] down) {
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            batch.add(Packets.fromB4(up));
            forwarder.fromIpv6Side(batch);
            batch.clear();
            batch.add(down);
            forwarder.fromIpv4Side(batch);
        }
    }

    private void read(DatagramSocket collector) {
        IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana().with(OWN.all()));
        Usages usagesOnly = new Usages();
        TemplateStore session = new TemplateStore(TemplateStore.Session.UNRELIABLE);
        byte[] buffer = new byte[65536];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                collector.receive(packet);
                decoder.decode(Unpooled.wrappedBuffer(buffer, 0, packet.getLength()), session, usagesOnly);
            }
        } catch (SocketException e) {
            // It was closed: the end.
        } catch (Exception e) {
            usages.add(e.toString());
        }
    }

    private final class Usages implements IpfixVisitor {
        private long packets;

        @Override
        public void onRecord(DataRecord record) {
            if (record.has(Iana.FLOW_START_MILLISECONDS)) {
                long up = record.unsigned(Iana.PACKET_DELTA_COUNT);
                long down = record.unsigned(ReverseElements.PACKET_DELTA_COUNT);
                packets += up + down;
                usages.add(packets + " packets so far: up " + up + "/" + record.unsigned(Iana.OCTET_DELTA_COUNT)
                        + " down " + down + "/" + record.unsigned(ReverseElements.OCTET_DELTA_COUNT) + " "
                        + record.string(OWN.serviceClass()) + " " + record.unsigned(OWN.portsInUse()));
            }
        }
    }
}
