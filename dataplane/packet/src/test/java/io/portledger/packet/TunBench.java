package io.portledger.packet;

import java.io.IOException;

/**
 * Reads packets from a TUN device, puts an IPv6 header before each and writes them back, until it is killed: what {@code
 * src/bench/tun-io-uring.c} does in C. {@code src/bench/tun-bench.sh} compares the two.
 *
 * <p>Arguments: the device's name, and {@code one-by-one} for one system call a packet.
 */
final class TunBench {

    private static final int BATCH = 256;
    private static final int LONGEST = 9216;
    private static final int WAIT_MILLIS = 100;

    private TunBench() {}

    public static void main(String... arguments) throws IOException {
        boolean isOneByOne = arguments.length > 1 && arguments[1].equals("one-by-one");
        IoUring.Opener none = (fd, operation, capacity) -> {
            throw new IOException("not wanted");
        };
        TunDevice device = TunDevice.open(arguments[0], 1, isOneByOne ? none : IoUring::open)
                .getFirst();
        System.out.println(device.describe());
        forward(device);
    }

    @SuppressWarnings("InfiniteLoopStatement")
    private static void forward(TunDevice device) throws IOException {
        PacketBatch in = PacketBatch.withMemory(BATCH, LONGEST);
        PacketBatch out = PacketBatch.ofViews(BATCH);
        while (true) {
            in.clear();
            out.clear();
            device.receive(in, WAIT_MILLIS);
            for (int i = 0; i < in.size(); i++) {
                long packet = in.address(i) - Ipv6.HEADER;
                int length = in.length(i);
                Ipv6.write(
                        packet,
                        0,
                        0,
                        length,
                        IpProtocol.IPV4,
                        64,
                        0x2001_0db8_0100_0000L,
                        1,
                        0x2001_0db8_0200_0000L,
                        1);
                out.add(packet, length + Ipv6.HEADER);
            }
            device.send(out);
        }
    }
}
