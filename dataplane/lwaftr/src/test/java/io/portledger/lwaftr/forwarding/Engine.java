package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.packet.PacketBatch;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A forwarder with its table, fed and read by byte arrays; checks the counters' balances when it closes. */
final class Engine implements AutoCloseable {

    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    static final Ipv4Address OWN_IPV4 = Ipv4Address.parse("203.0.113.1");
    static final Ipv4Address SHARED = Ipv4Address.parse("192.0.2.1");
    static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    static final Ipv6Address OTHER_B4 = Ipv6Address.parse("2001:db8:0:200:0:c000:201:23");

    /** Answers each request at once, by its own octets. */
    private static final ControlPlane ECHO = new ControlPlane() {
        @Override
        public boolean serves(int port) {
            return ControlPlane.SILENT.serves(port);
        }

        @Override
        public boolean admits(Ipv6Address b4) {
            return true;
        }

        @Override
        public boolean take(ProvisioningRequest request) {
            return request.reply(request.payload());
        }
    };

    final BindingTable table = new BindingTable();
    final List<byte[]> toIpv4Side = new ArrayList<>();
    final List<byte[]> toIpv6Side = new ArrayList<>();
    final Forwarder forwarder;
    final int ipv6Mtu;
    long nanos;
    int fragmentIdentification = 0xcafe0001;

    private long sentOctets;

    Engine(ForwardingSettings settings) {
        this(settings, new PathMtus(), null);
    }

    /** One whose provisioning requests somebody answers. */
    Engine(ForwardingSettings settings, ControlPlane controlPlane) {
        this(settings, new PathMtus(), null, controlPlane);
    }

    /** One of several workers; each has a table of its own here, with the same bindings. */
    Engine(ForwardingSettings settings, PathMtus pathMtus, FragmentExchange.@Nullable Desk exchange) {
        this(settings, pathMtus, exchange, ECHO);
    }

    private Engine(
            ForwardingSettings settings,
            PathMtus pathMtus,
            FragmentExchange.@Nullable Desk exchange,
            ControlPlane controlPlane) {
        ipv6Mtu = settings.ipv6Side().mtu();
        forwarder = new Forwarder(
                table,
                settings,
                batch -> collect(batch, toIpv4Side),
                batch -> collect(batch, toIpv6Side),
                () -> nanos,
                () -> fragmentIdentification++,
                pathMtus,
                exchange,
                new ProvisioningDesk(controlPlane));
    }

    /** The setting of the test vectors: two subscribers who share 192.0.2.1 with PSIDs 34 and 35 of 64. */
    static Engine ofVectors() {
        return ofVectors(settings());
    }

    static Engine ofVectors(ForwardingSettings settings) {
        return new Engine(settings).withVectors();
    }

    Engine withVectors() {
        Engine engine = this;
        engine.table.put(new Binding(B4, SHARED, new PortSet(0, 6, 34), BR));
        engine.table.put(new Binding(OTHER_B4, SHARED, new PortSet(0, 6, 35), BR));
        return engine;
    }

    static ForwardingSettings settings() {
        return ForwardingSettings.standard(BR, OWN_IPV4);
    }

    void fromIpv4Side(byte[]... packets) {
        try (PacketBatch batch = PacketBatch.withMemory(packets.length, 65_575)) {
            for (byte[] packet : packets) {
                batch.add(packet);
            }
            forwarder.fromIpv4Side(batch);
        }
    }

    void fromIpv6Side(byte[]... packets) {
        try (PacketBatch batch = PacketBatch.withMemory(packets.length, 65_575)) {
            for (byte[] packet : packets) {
                batch.add(packet);
            }
            forwarder.fromIpv6Side(batch);
            forwarder.takeOver();
        }
    }

    long packets(Counter counter) {
        return forwarder.counters().packets(counter);
    }

    /** In and made are all ends; what left is all that was counted as sent. */
    void assertBalanced() {
        Counters counters = forwarder.counters();
        assertThat(counters.packets(Counter.Kind.ENDED))
                .as("ends of packets: %s", counters.byName())
                .isEqualTo(counters.packets(Counter.Kind.ARRIVED) + counters.packets(Counter.Kind.MADE));
        assertThat(counters.octets(Counter.Kind.ENDED))
                .as("octets of ended packets: %s", counters.byName())
                .isEqualTo(counters.octets(Counter.Kind.ARRIVED) + counters.octets(Counter.Kind.MADE));
        assertThat(counters.packets(Counter.Kind.SENT) - counters.packets(Counter.Kind.WITHHELD))
                .isEqualTo(toIpv4Side.size() + toIpv6Side.size());
        assertThat(counters.octets(Counter.Kind.SENT) - counters.octets(Counter.Kind.WITHHELD))
                .isEqualTo(sentOctets);
    }

    @Override
    public void close() {
        forwarder.close();
        table.close();
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private void collect(PacketBatch batch, List<byte[]> packets) {
        for (int i = 0; i < batch.size(); i++) {
            packets.add(batch.toBytes(i));
            sentOctets += batch.length(i);
        }
    }
}
