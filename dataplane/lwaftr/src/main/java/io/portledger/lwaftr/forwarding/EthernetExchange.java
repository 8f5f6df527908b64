package io.portledger.lwaftr.forwarding;

import io.portledger.packet.EthernetDevice;
import io.portledger.packet.PacketBatch;
import java.io.IOException;
import java.util.function.LongSupplier;

/** An Ethernet interface for each side; both may be the same one, with different VLANs. */
final class EthernetExchange implements PacketExchange {

    private final Port ipv4;
    private final Port ipv6;
    private final Forwarder forwarder;
    private final LongSupplier nanoClock;
    private final boolean asksForNextHops;

    /** One side's device, and what stands between it and the forwarder. */
    static final class Port implements AutoCloseable {

        private static final int BATCH = 256;
        private static final int USUAL_LONGEST = 9216;
        private static final int HEADER = 32;

        private final EthernetDevice device;
        private final PacketBatch received;
        private final PacketBatch packets = PacketBatch.ofViews(BATCH);
        private final PacketBatch frames = PacketBatch.ofViews(1024);
        private final PacketBatch single = PacketBatch.ofViews(1);
        private EthernetSide side;

        @SuppressWarnings("NullAway.Init") // The side needs the forwarder, which needs this port for its output.
        Port(EthernetDevice device, int mtu) {
            this.device = device;
            this.received = PacketBatch.withMemory(BATCH, Math.max(USUAL_LONGEST, mtu) + HEADER);
        }

        /** Must be called before packets are exchanged. */
        void useSide(EthernetSide itsSide) {
            side = itsSide;
        }

        /** Takes the packets of a batch out; how many frames came. */
        int receive() throws IOException {
            received.clear();
            packets.clear();
            int count = device.receive(received, 0);
            for (int i = 0; i < count; i++) {
                int header = side.take(received.address(i), received.length(i));
                if (header >= 0) {
                    packets.add(received.address(i) + header, received.length(i) - header);
                }
            }
            return count;
        }

        void send(PacketBatch batch) {
            frames.clear();
            for (int i = 0; i < batch.size(); i++) {
                int header = side.prepend(batch.address(i), batch.length(i));
                if (header >= 0) {
                    frames.add(batch.address(i) - header, batch.length(i) + header);
                }
            }
            if (frames.size() > 0) {
                device.send(frames);
            }
        }

        void sendFrame(long frame, int length) {
            single.clear();
            single.add(frame, length);
            device.send(single);
        }

        @Override
        public void close() {
            side.close();
            received.close();
            device.close();
        }
    }

    /**
     * An exchange by two ports.
     *
     * @param asksForNextHops whether this worker is the one that asks who the next hops are
     */
    EthernetExchange(Port ipv4, Port ipv6, Forwarder forwarder, LongSupplier nanoClock, boolean asksForNextHops) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.forwarder = forwarder;
        this.nanoClock = nanoClock;
        this.asksForNextHops = asksForNextHops;
    }

    @Override
    public void turn(int waitMillis) throws IOException {
        if (asksForNextHops) {
            long now = nanoClock.getAsLong();
            ipv4.side.tick(now);
            ipv6.side.tick(now);
        }
        int frames = ipv4.receive();
        if (ipv4.packets.size() > 0) {
            forwarder.fromIpv4Side(ipv4.packets);
        }
        frames += ipv6.receive();
        if (ipv6.packets.size() > 0) {
            forwarder.fromIpv6Side(ipv6.packets);
        }
        if (frames == 0) {
            EthernetDevice.awaitFrames(ipv4.device, ipv6.device, waitMillis);
        }
    }

    @Override
    public Forwarder forwarder() {
        return forwarder;
    }

    @Override
    public long unsentPackets() {
        return ipv4.device.unsentFrames() + ipv6.device.unsentFrames();
    }

    @Override
    public long lostPackets() {
        return ipv4.device.lostFrames()
                + ipv4.device.oversizedFrames()
                + ipv6.device.lostFrames()
                + ipv6.device.oversizedFrames();
    }

    @Override
    public void close() {
        forwarder.close();
        ipv4.close();
        ipv6.close();
    }
}
