package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwb4.fleet.Fleet;
import io.portledger.lwb4.fleet.FleetSettings;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.testing.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Homes of two service classes behind an lwAFTR that forwards through a TUN device, in a network namespace of their own;
 * the packets of homes and Internet come and go by another TUN device, and the kernel routes between the two.
 *
 * <p>The lwAFTR's IPFIX leaves the namespace datagram by datagram, unchanged.
 */
final class ForwardingHomes implements AutoCloseable {

    /** The public addresses of both classes. */
    static final String NETWORK = "198.18.64.0/24";

    private static final String BR = "2001:db8:ffff::1";
    private static final String HOST = "198.51.100.7";
    private static final int LONGEST = 2_000;

    /**
     * Who has ports.
     *
     * @param serviceClass by the name in the lwAFTR's settings
     */
    record Home(Ipv6Address b4, Ipv4Address ipv4, PortSet ports, String serviceClass) {}

    private final NetworkNamespace namespace;
    private final TunDevice access;
    private final DatagramSocket inside;
    private final DatagramSocket outside = new DatagramSocket();
    private final Lwaftr lwaftr;
    private final List<Home> homes = new ArrayList<>();
    private boolean hasEnded;

    /** @param ipfix where the lwAFTR's records go */
    ForwardingHomes(Path directory, InetSocketAddress ipfix) throws Exception {
        namespace = NetworkNamespace.make(
                "net.ipv4.ip_forward=1",
                "net.ipv6.conf.all.forwarding=1",
                "net.ipv4.conf.all.rp_filter=0",
                "net.ipv4.conf.default.rp_filter=0");
        access = namespace.call(() -> TunDevice.open("access"));
        inside = namespace.call(() -> new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1")));
        Thread.ofPlatform().daemon().name("ipfix-relay").start(() -> relay(ipfix));
        Path settings = Files.writeString(
                Files.createDirectories(directory).resolve("lwaftr.yaml"), """
                lwaftr:
                  br-addresses: ["%s"]
                  tun-device: lwaftr
                  pcp: { listen: "[::1]:0", third-party-from: ["::1/128"] }
                  service-classes:
                    - { name: bronze, prefixes: [198.18.64.1/32], psid-offset: 0, psid-length: 4, alarm-levels: [50],
                        clients: ["2001:db8:b0::/48"] }
                    - { name: silver, prefixes: [198.18.64.2/32], psid-offset: 6, psid-length: 2,
                        clients: ["2001:db8:b1::/48"] }
                  export:
                    ipfix: { collectors: ["127.0.0.1:%d"], observation-domain: 81, usage-interval: 10m, usage-sampling: 1 }
                """.formatted(BR, inside.getLocalPort()));
        lwaftr = namespace.call(() -> Lwaftr.start(LwaftrSettings.read(settings, Map.of()), InstantSource.system()));
        for (String device : List.of("access", "lwaftr")) {
            namespace.run("ip link set " + device + " up");
        }
        namespace.run("ip route add 198.51.100.0/24 dev access");
        namespace.run("ip -6 route add 2001:db8:b0::/47 dev access");
        namespace.run("ip route add " + NETWORK + " dev lwaftr");
        namespace.run("ip -6 route add " + BR + "/128 dev lwaftr");
        // Eight of the fifteen port sets of its address: above the level of which the lwAFTR tells.
        moveIn("bronze", "2001:db8:b0::1", 8);
        moveIn("silver", "2001:db8:b1::1", 2);
    }

    private void moveIn(String serviceClass, String first, int count) throws Exception {
        FleetSettings settings = FleetSettings.of(lwaftr.pcpAddress(), count).withFirstClient(Ipv6Address.parse(first));
        try (Fleet fleet = namespace.call(() -> Fleet.start(settings, InstantSource.system()))) {
            for (int i = 0; i < count; i++) {
                fleet.obtain(i).join();
            }
            fleet.truth()
                    .tenures()
                    .forEach(tenure -> homes.add(new Home(tenure.b4(), tenure.ipv4(), tenure.ports(), serviceClass)));
        }
        assertThat(homes)
                .filteredOn(home -> home.serviceClass().equals(serviceClass))
                .hasSize(count);
    }

    /** All homes, in the order in which they came. */
    List<Home> homes() {
        return List.copyOf(homes);
    }

    /**
     * Lets a home send a packet by each of its first ports, and get one for each, one after the other, so that none is
     * lost and each is seen.
     *
     * @param ports how many
     * @param lengthUp octets of an IPv4 packet of the home
     * @param lengthDown octets of an IPv4 packet to the home
     */
    void exchange(Home home, int ports, int lengthUp, int lengthDown) throws IOException {
        try (PacketBatch batch = PacketBatch.withMemory(64, LONGEST)) {
            for (int i = 0; i < ports; i++) {
                int port = home.ports().portAt(i);
                byte[] up = udp(home.ipv4(), Ipv4Address.parse(HOST), port, 443, lengthUp);
                pass(batch, encapsulated(home.b4(), up), 4, lengthUp);
                byte[] down = udp(Ipv4Address.parse(HOST), home.ipv4(), 443, port, lengthDown);
                pass(batch, down, 6, 40 + lengthDown);
            }
        }
    }

    /** Sends a packet by the access and waits until the lwAFTR's comes back by it. */
    private void pass(PacketBatch batch, byte[] packet, int version, int length) throws IOException {
        batch.clear();
        batch.add(packet);
        access.send(batch);
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (System.nanoTime() < deadline) {
            batch.clear();
            access.receive(batch, 100);
            for (int i = 0; i < batch.size(); i++) {
                byte[] octets = batch.toBytes(i);
                // The kernel says things of its own as well; UDP or an IPv4 packet inside is none of them.
                int protocol = version == 4 ? octets[9] : octets[6];
                if (octets[0] >>> 4 == version && octets.length == length && protocol == (version == 4 ? 17 : 4)) {
                    return;
                }
            }
        }
        throw new AssertionError("a packet of IPv" + version + " did not come through the lwAFTR");
    }

    private static byte[] encapsulated(Ipv6Address b4, byte[] ipv4) {
        return ByteBuffer.allocate(40 + ipv4.length)
                .putInt(0x6000_0000)
                .putShort((short) ipv4.length)
                .put((byte) 4)
                .put((byte) 64)
                .put(b4.toBytes())
                .put(Ipv6Address.parse(BR).toBytes())
                .put(ipv4)
                .array();
    }

    private static byte[] udp(Ipv4Address from, Ipv4Address to, int fromPort, int toPort, int length) {
        ByteBuffer packet = ByteBuffer.allocate(length);
        packet.putShort((short) 0x4500)
                .putShort((short) length)
                .putInt(0)
                .put((byte) 64)
                .put((byte) 17)
                .putShort((short) 0)
                .put(from.toBytes())
                .put(to.toBytes());
        int sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += Short.toUnsignedInt(packet.getShort(i));
        }
        packet.putShort(10, (short) ~(sum % 0xffff));
        packet.putShort((short) fromPort)
                .putShort((short) toPort)
                .putShort((short) (length - 20))
                .putShort((short) 0);
        return packet.array();
    }

    private void relay(InetSocketAddress ipfix) {
        byte[] buffer = new byte[65_536];
        try {
            while (true) {
                DatagramPacket datagram = new DatagramPacket(buffer, buffer.length);
                inside.receive(datagram);
                outside.send(new DatagramPacket(buffer, datagram.getLength(), ipfix));
            }
        } catch (IOException e) {
            // It was closed: the end.
        }
    }

    /** Ends the lwAFTR, which tells the rest of what every home carried; what it tells still leaves the namespace. */
    void end() {
        if (!hasEnded) {
            hasEnded = true;
            lwaftr.close();
        }
    }

    @Override
    public void close() throws IOException {
        end();
        inside.close();
        outside.close();
        access.close();
        namespace.close();
    }
}
