package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.testing.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TUN devices against the sockets of the real kernel behind them, in a network namespace. */
@Timeout(60)
class TunDeviceTest {

    /** So that the kernel sends no packets by itself. */
    private static final String[] WITHOUT_IPV6 = {
        "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"
    };

    private static final int WAIT_MILLIS = 1000;
    private static final int PACKETS = 2000;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private NetworkNamespace host;

    @BeforeEach
    void makeHost() throws Exception {
        host = open(NetworkNamespace.make(WITHOUT_IPV6));
    }

    @AfterEach
    void removeEverything() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    @Test
    void packetsPassInOrderBothWaysByIoUring() throws Exception {
        TunDevice device = open(host.call(() -> TunDevice.open("tun")));
        assertThat(device.describe()).isEqualTo("tun (batches by io_uring)");
        assertThatPacketsPassInOrderBothWays(device);
    }

    @Test
    void packetsPassInOrderBothWaysWithoutIoUring() throws Exception {
        IoUring.Opener refusing = (fd, operation, capacity) -> {
            throw new IOException("io_uring is not permitted");
        };
        TunDevice device =
                open(host.call(() -> TunDevice.open("tun", 1, refusing)).getFirst());
        assertThat(device.describe()).isEqualTo("tun (one system call for each packet: io_uring is not permitted)");
        assertThatPacketsPassInOrderBothWays(device);
    }

    @Test
    void whereOnlyOneRingCanBeHadThereIsNone() throws Exception {
        IoUring.Opener onlyReads = (fd, operation, capacity) -> {
            if (operation == IoUring.WRITE) {
                throw new IOException("io_uring may lock too little memory");
            }
            return IoUring.open(fd, operation, capacity);
        };
        TunDevice device =
                open(host.call(() -> TunDevice.open("tun", 1, onlyReads)).getFirst());
        assertThat(device.describe()).contains("one system call for each packet");
        assertThatPacketsPassInOrderBothWays(device);
    }

    @Test
    void aRingThatTheKernelRefusesSaysWhy() {
        assertThatThrownBy(() -> IoUring.open(-1, IoUring.READ, 8))
                .isInstanceOf(IOException.class)
                .hasMessage("io_uring answers error 9");
        assertThatThrownBy(() -> IoUring.open(-1, IoUring.READ, 1 << 20))
                .isInstanceOf(IOException.class)
                .hasMessage("io_uring answers error 22");
    }

    @Test
    void aDeviceThatIsGoneIsAnErrorToTheReceiver() throws Exception {
        TunDevice device = open(host.call(() -> TunDevice.open("tun")));
        host.run("ip link del tun");
        try (PacketBatch batch = PacketBatch.withMemory(8, 2000)) {
            assertThatThrownBy(() -> device.receive(batch, WAIT_MILLIS))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("Cannot read from TUN device tun: ");
        }
    }

    @Test
    void queuesShareThePackets() throws Exception {
        List<TunDevice> queues = host.call(() -> TunDevice.open("tun", 3));
        queues.forEach(this::open);
        configure();
        DatagramSocket socket = open(host.call(() -> new DatagramSocket(new InetSocketAddress("192.0.2.1", 0))));
        socket.setSoTimeout(WAIT_MILLIS);
        Set<Integer> numbers = new HashSet<>();
        int[] counts = new int[3];
        try (PacketBatch batch = PacketBatch.withMemory(64, 2000)) {
            for (int first = 0; first < PACKETS; first += 100) {
                for (int number = first; number < first + 100; number++) {
                    // Another port is another flow.
                    send(socket, number, 1024 + number);
                }
                while (numbers.size() < first + 100) {
                    requireTime(numbers.size() + " packets");
                    for (int queue = 0; queue < 3; queue++) {
                        batch.clear();
                        counts[queue] += queues.get(queue).receive(batch, 1);
                        for (int i = 0; i < batch.size(); i++) {
                            assertThat(numbers.add(number(batch.toBytes(i)))).isTrue();
                        }
                    }
                }
            }
        }
        assertThat(numbers).hasSize(PACKETS);
        assertThat(IntStream.of(counts).sum()).isEqualTo(PACKETS);
        assertThat(counts).doesNotContain(0);
        queues.forEach(queue -> assertThat(queue.name()).isEqualTo("tun"));
    }

    @Test
    void aDeviceThatIsThereWithoutQueuesIsRefusedWithAReason() throws Exception {
        open(host.call(() -> TunDevice.open("tun")));
        assertThatThrownBy(() -> host.call(() -> TunDevice.open("tun", 2)))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("Cannot take TUN device tun: ");
        assertThatThrownBy(() -> TunDevice.open("tun", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("0 queues (allowed: 1-256)");
    }

    private void assertThatPacketsPassInOrderBothWays(TunDevice device) throws Exception {
        configure();
        DatagramSocket socket = open(host.call(() -> new DatagramSocket(new InetSocketAddress("192.0.2.1", 0))));
        socket.setSoTimeout(WAIT_MILLIS);
        try (PacketBatch batch = PacketBatch.withMemory(70, 2000)) {
            int next = 0;
            for (int first = 0; first < PACKETS; first += 200) {
                for (int number = first; number < first + 200; number++) {
                    send(socket, number, 1024);
                }
                while (next < first + 200) {
                    requireTime(next + " packets");
                    batch.clear();
                    device.receive(batch, WAIT_MILLIS);
                    for (int i = 0; i < batch.size(); i++) {
                        assertThat(number(batch.toBytes(i))).isEqualTo(next);
                        next++;
                    }
                }
            }
            assertThat(device.receive(batch, 0)).isZero();

            DatagramPacket received = new DatagramPacket(new byte[100], 100);
            next = 0;
            for (int first = 0; first < PACKETS; first += 70) {
                batch.clear();
                while (!batch.isFull()) {
                    batch.add(udp(socket.getLocalPort(), first + batch.size()));
                }
                device.send(batch);
                for (int i = 0; i < batch.size(); i++) {
                    socket.receive(received);
                    assertThat(ByteBuffer.wrap(received.getData()).getInt()).isEqualTo(next);
                    next++;
                }
            }
        }
        assertThat(device.unsentPackets()).isZero();
        host.run("ip link set tun down");
        try (PacketBatch batch = PacketBatch.withMemory(2, 2000)) {
            batch.add(udp(9, 1));
            batch.add(udp(9, 2));
            device.send(batch);
        }
        assertThat(device.unsentPackets()).isEqualTo(2);
    }

    private void configure() throws IOException {
        host.run("ip address add 192.0.2.1/24 dev tun");
        host.run("ip link set tun up");
    }

    private static void send(DatagramSocket socket, int number, int port) throws IOException {
        byte[] payload = ByteBuffer.allocate(4).putInt(number).array();
        socket.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("192.0.2.2"), port));
    }

    private static int number(byte[] packet) {
        return ByteBuffer.wrap(packet).getInt(Ipv4.MIN_HEADER + 8);
    }

    private static byte[] udp(int port, int number) {
        byte[] packet = HexFormat.of()
                .parseHex("45000020" + "00004000" + "40110000" + "c0000202" + "c0000201" + "0009" + "0000" + "000c"
                        + "0000" + "00000000");
        ByteBuffer.wrap(packet).putShort(22, (short) port).putInt(28, number);
        try (PacketBatch batch = PacketBatch.withMemory(1, packet.length)) {
            batch.add(packet);
            Ipv4.writeChecksum(batch.address(0));
            return batch.toBytes(0);
        }
    }

    /** The test's time limit interrupts it, of which system calls know nothing. */
    private static void requireTime(String received) {
        if (Thread.interrupted()) {
            throw new AssertionError("Only " + received + " arrived");
        }
    }

    private <T extends AutoCloseable> T open(T resource) {
        opened.add(resource);
        return resource;
    }
}
