package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.testing.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ethernet devices at the two ends of a real link of the kernel (veth) between two network namespaces. */
@Timeout(60)
class EthernetDeviceTest {

    /** So that the kernel sends no packets by itself. */
    private static final String[] WITHOUT_IPV6 = {
        "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"
    };

    private static final int LOCAL_EXPERIMENT = 0x88b5;
    private static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);
    private static final MacAddress STRANGER = MacAddress.parse("02:00:00:00:00:99");
    private static final MacAddress LEFT_HOST = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress RIGHT_HOST = MacAddress.parse("02:00:00:00:00:02");
    private static final int WAIT_MILLIS = 1000;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final Random random = new Random(1);
    private NetworkNamespace left;
    private NetworkNamespace right;

    @BeforeEach
    void makeLink() throws Exception {
        left = open(NetworkNamespace.make(WITHOUT_IPV6));
        right = open(NetworkNamespace.make(WITHOUT_IPV6));
        left.connect("left", right, "right");
    }

    @AfterEach
    void removeEverything() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    @Test
    void framesArriveOctetForOctetAndInOrder() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            frames.add(frame(receiver.macAddress(), sender, "", random.nextInt(1, 1501)));
        }
        CompletableFuture<Integer> sending = inBackground(() -> {
            send(sender, frames);
            return frames.size();
        });
        assertThat(receive(receiver, frames.size(), 2000)).containsExactlyElementsOf(frames);
        sending.get();
        assertThat(sender.unsentFrames()).isZero();
        assertThat(receiver.lostFrames()).isZero();
        assertThat(receiver.oversizedFrames()).isZero();
    }

    @Test
    void tagsStayWhereTheyWere() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        List<byte[]> frames = List.of(
                frame(BROADCAST, sender, "8100a064", 100),
                frame(BROADCAST, sender, "88a80fff", 101),
                frame(BROADCAST, sender, "88a80007" + "81000008", 102),
                frame(BROADCAST, sender, "81000000", 1500));
        send(sender, frames);
        assertThat(receive(receiver, frames.size(), 2000)).containsExactlyElementsOf(frames);
    }

    @Test
    void framesForOthersAndOwnFramesDoNotArrive() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        byte[] multicast = frame(MacAddress.parse("33:33:00:00:00:01"), sender, "", 60);
        byte[] own = frame(receiver.macAddress(), sender, "", 61);
        send(sender, List.of(frame(STRANGER, sender, "", 60), multicast, own));
        assertThat(receive(receiver, 2, 2000)).containsExactly(multicast, own);

        byte[] answer = frame(sender.macAddress(), receiver, "", 62);
        send(receiver, List.of(answer));
        assertThat(receive(sender, 1, 2000)).containsExactly(answer);
    }

    @Test
    void framesLongerThanTheSlotAreCounted() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        byte[] fits = frame(BROADCAST, sender, "", 600 - Ethernet.HEADER);
        send(sender, List.of(frame(BROADCAST, sender, "", 601 - Ethernet.HEADER), fits));
        assertThat(receive(receiver, 1, 600)).containsExactly(fits);
        assertThat(receiver.oversizedFrames()).isEqualTo(1);
    }

    @Test
    void framesLongerThanTheMtuAndShorterThanAHeaderAreNotSent() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        byte[] longest = frame(BROADCAST, sender, "", 1500);
        send(sender, List.of(frame(BROADCAST, sender, "", 1501), new byte[13], longest));
        assertThat(receive(receiver, 1, 2000)).containsExactly(longest);
        assertThat(sender.unsentFrames()).isEqualTo(2);
    }

    @Test
    void whatTheKernelDropsIsCounted() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        byte[] frame = frame(receiver.macAddress(), sender, "", 1500);
        int sent = 0;
        try (PacketBatch batch = PacketBatch.withMemory(250, 2000)) {
            for (int i = 0; i < 80; i++) {
                batch.clear();
                while (!batch.isFull()) {
                    batch.add(frame);
                    sent++;
                }
                sender.send(batch);
            }
        }
        long lost = receiver.lostFrames();
        assertThat(lost).isPositive();
        assertThat(receive(receiver, (int) (sent - lost), 2000)).hasSize((int) (sent - lost));
        assertThat(receiver.lostFrames()).isEqualTo(lost);
        assertThat(sender.unsentFrames()).isZero();
    }

    @Test
    void whatIsSentWhileTheInterfaceIsDownIsCountedAndNotSentLater() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        left.run("ip link set left down");
        send(sender, List.of(frame(BROADCAST, sender, "", 100), frame(BROADCAST, sender, "", 101)));
        assertThat(sender.unsentFrames()).isEqualTo(2);
        left.run("ip link set left up");
        byte[] after = frame(BROADCAST, sender, "", 102);
        send(sender, List.of(after));
        assertThat(receive(receiver, 1, 2000)).containsExactly(after);
    }

    @Test
    void aReceiverOutlivesThatItsInterfaceGoesDownButNotThatItGoesAway() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        EthernetDevice receiver = openIn(right, "right");
        right.run("ip link set right down");
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            assertThat(receiver.receive(batch, 1)).isZero();
            right.run("ip link set right up");
            byte[] frame = frame(BROADCAST, sender, "", 100);
            send(sender, List.of(frame));
            assertThat(receive(receiver, 1, 2000)).containsExactly(frame);
            right.run("ip link del right");
            assertThatThrownBy(() -> receiver.receive(batch, WAIT_MILLIS))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Ethernet device right is gone");
        }
    }

    @Test
    void workersShareTheFramesEachExactlyOnce() throws Exception {
        EthernetDevice sender = openIn(left, "left");
        List<EthernetDevice> workers = right.call(() -> EthernetDevice.open("right", 2));
        workers.forEach(this::open);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            frames.add(udp(workers.getFirst().macAddress(), sender, i));
        }
        send(sender, frames);
        List<byte[]> received = new ArrayList<>();
        List<Integer> counts = new ArrayList<>(List.of(0, 0));
        try (PacketBatch batch = PacketBatch.withMemory(64, 2000)) {
            while (received.size() < frames.size()) {
                requireTime(received.size() + " frames");
                for (int worker = 0; worker < 2; worker++) {
                    batch.clear();
                    counts.set(worker, counts.get(worker) + workers.get(worker).receive(batch, 10));
                    for (int i = 0; i < batch.size(); i++) {
                        received.add(batch.toBytes(i));
                    }
                }
            }
            // Frames arrive in order at each worker: if a copy came late, it came before these.
            byte[] last = frame(BROADCAST, sender, "", 60);
            send(sender, List.of(last));
            batch.clear();
            while (batch.size() == 0) {
                requireTime("no last frame");
                workers.get(0).receive(batch, 10);
                workers.get(1).receive(batch, 10);
            }
            assertThat(batch.toBytes(0)).isEqualTo(last);
        }
        assertThat(received).containsExactlyInAnyOrderElementsOf(frames);
        assertThat(counts).allSatisfy(count -> assertThat(count).isGreaterThan(100));
    }

    @Test
    void checksumsThatTheKernelLeftToTheCardAreComplete() throws Exception {
        left.run("ip address add 192.0.2.1/24 dev left");
        EthernetDevice receiver = openIn(right, "right");
        String mac = receiver.macAddress().toString();
        left.run("ip neighbour add 192.0.2.2 lladdr " + mac + " dev left");
        left.call(() -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                byte[] payload = new byte[333];
                random.nextBytes(payload);
                socket.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("192.0.2.2"), 9));
                return payload;
            }
        });
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            while (batch.size() == 0) {
                requireTime("no frame");
                receiver.receive(batch, WAIT_MILLIS);
            }
            long packet = batch.address(0) + Ethernet.HEADER;
            assertThat(Ipv4.protocol(packet)).isEqualTo(IpProtocol.UDP);
            int udpLength = batch.length(0) - Ethernet.HEADER - Ipv4.MIN_HEADER;
            long pseudo = InternetChecksum.sum(packet + Ipv4.SOURCE, 8) + IpProtocol.UDP + udpLength;
            long sum = pseudo + InternetChecksum.sum(packet + Ipv4.MIN_HEADER, udpLength);
            assertThat(InternetChecksum.fold(sum)).isEqualTo(0xffff);
        }
    }

    /** A host on either side, and a wire of two Ethernet devices between them. */
    @Test
    void tcpOfRealHostsPassesInFramesThatFitTheMtu() throws Exception {
        NetworkNamespace wire = open(NetworkNamespace.make(WITHOUT_IPV6));
        left.connect("host", wire, "towards-left");
        right.connect("host", wire, "towards-right");
        left.run("ip link set host address " + LEFT_HOST);
        right.run("ip link set host address " + RIGHT_HOST);
        left.run("ip address add 192.0.2.1/24 dev host");
        right.run("ip address add 192.0.2.2/24 dev host");
        EthernetDevice leftEnd = openIn(wire, "towards-left");
        EthernetDevice rightEnd = openIn(wire, "towards-right");
        // The wire has addresses of its own, which frames for the hosts behind it do not carry.
        left.run("ip neighbour add 192.0.2.2 lladdr " + leftEnd.macAddress() + " dev host");
        right.run("ip neighbour add 192.0.2.1 lladdr " + rightEnd.macAddress() + " dev host");
        startWire(leftEnd, rightEnd, RIGHT_HOST);
        startWire(rightEnd, leftEnd, LEFT_HOST);

        byte[] sent = new byte[2_000_000];
        random.nextBytes(sent);
        ServerSocket server = right.call(() -> new ServerSocket(0, 1, InetAddress.getByName("192.0.2.2")));
        open(server);
        CompletableFuture<byte[]> received = inBackground(() -> {
            try (Socket socket = server.accept()) {
                return socket.getInputStream().readAllBytes();
            }
        });
        Socket client = open(left.call(() -> {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress("192.0.2.2", server.getLocalPort()));
            return socket;
        }));
        CompletableFuture<Integer> sending = inBackground(() -> {
            client.getOutputStream().write(sent);
            client.shutdownOutput();
            return sent.length;
        });
        assertThat(received.get()).isEqualTo(sent);
        sending.get();
        assertThat(leftEnd.oversizedFrames() + rightEnd.oversizedFrames()).isZero();
        assertThat(leftEnd.unsentFrames() + rightEnd.unsentFrames()).isZero();
    }

    @Test
    void whatIsMissingIsSaid() throws Exception {
        assertThatThrownBy(() -> openIn(left, "nothing"))
                .isInstanceOf(IOException.class)
                .hasMessage("Cannot open Ethernet device nothing: there is no such interface");
        assertThatThrownBy(() -> openIn(left, "lo"))
                .isInstanceOf(IOException.class)
                .hasMessage("Cannot open lo: it is not an Ethernet interface");
        assertThatThrownBy(() -> EthernetDevice.open("a-name-of-16-let"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Invalid interface name \"a-name-of-16-let\" (allowed: 1-15 letters and digits)");
        EthernetDevice device = openIn(left, "left");
        device.close();
        try (PacketBatch batch = PacketBatch.withMemory(1, 2000)) {
            assertThatThrownBy(() -> device.receive(batch, 0))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Ethernet device left is closed");
        }
    }

    private void startWire(EthernetDevice from, EthernetDevice to, MacAddress destination) {
        PacketBatch batch = PacketBatch.withMemory(64, 1514);
        WireThread thread = new WireThread(from, to, destination, batch);
        thread.start();
        opened.add(() -> {
            thread.end();
            batch.close();
        });
    }

    /** Passes frames on, readdressed. */
    private static final class WireThread extends Thread {

        private final EthernetDevice from;
        private final EthernetDevice to;
        private final MacAddress destination;
        private final PacketBatch batch;
        private volatile boolean isEnding;

        WireThread(EthernetDevice from, EthernetDevice to, MacAddress destination, PacketBatch batch) {
            super("wire-" + from.name());
            this.from = from;
            this.to = to;
            this.destination = destination;
            this.batch = batch;
        }

        @Override
        public void run() {
            try {
                while (!isEnding) {
                    batch.clear();
                    from.receive(batch, 10);
                    for (int i = 0; i < batch.size(); i++) {
                        Memory.putShort(batch.address(i), (int) (destination.bits() >>> 32));
                        Memory.putInt(batch.address(i) + 2, (int) destination.bits());
                    }
                    to.send(batch);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void end() throws InterruptedException {
            isEnding = true;
            join();
        }
    }

    /** Not in the common pool, which has one thread on a small machine. */
    private static <T> CompletableFuture<T> inBackground(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private byte[] frame(MacAddress destination, EthernetDevice source, String tags, int payloadLength) {
        byte[] payload = new byte[payloadLength];
        random.nextBytes(payload);
        return frame(destination, source, HexFormat.of().parseHex(tags), LOCAL_EXPERIMENT, payload);
    }

    private static byte[] frame(MacAddress destination, EthernetDevice source, byte[] tags, int type, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(Ethernet.HEADER + tags.length + payload.length);
        frame.putShort((short) (destination.bits() >>> 32)).putInt((int) destination.bits());
        frame.putShort((short) (source.macAddress().bits() >>> 32))
                .putInt((int) source.macAddress().bits());
        return frame.put(tags).putShort((short) type).put(payload).array();
    }

    private static byte[] udp(MacAddress destination, EthernetDevice source, int number) {
        ByteBuffer packet = ByteBuffer.allocate(48);
        packet.put(HexFormat.of().parseHex("450000300000400040110000"))
                .putInt(0xc0000201)
                .putInt(0xc6336407);
        packet.putShort((short) (1024 + number)).putShort((short) 53).putShort((short) 28);
        packet.putInt(32, number);
        return frame(destination, source, new byte[0], Ethernet.TYPE_IPV4, packet.array());
    }

    private static void send(EthernetDevice device, List<byte[]> frames) {
        try (PacketBatch batch = PacketBatch.withMemory(100, 2000)) {
            for (byte[] frame : frames) {
                if (batch.isFull()) {
                    device.send(batch);
                    batch.clear();
                }
                batch.add(frame);
            }
            device.send(batch);
        }
    }

    private static List<byte[]> receive(EthernetDevice device, int count, int maxLength) throws IOException {
        List<byte[]> frames = new ArrayList<>();
        try (PacketBatch batch = PacketBatch.withMemory(37, maxLength)) {
            while (frames.size() < count) {
                requireTime(frames.size() + " of " + count + " frames");
                batch.clear();
                device.receive(batch, WAIT_MILLIS);
                for (int i = 0; i < batch.size(); i++) {
                    frames.add(batch.toBytes(i));
                }
            }
        }
        return frames;
    }

    /** The test's time limit interrupts it, of which system calls know nothing. */
    private static void requireTime(String received) {
        if (Thread.interrupted()) {
            throw new AssertionError("Only " + received + " arrived");
        }
    }

    private EthernetDevice openIn(NetworkNamespace namespace, String name) throws Exception {
        return open(namespace.call(() -> EthernetDevice.open(name)));
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.add(resource);
        return resource;
    }
}
