package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Ipv4;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketOutput;
import io.portledger.packet.TunDevice;
import java.io.IOException;
import java.util.function.Function;

/**
 * One queue of a TUN device, which carries both sides: IPv6 packets that the kernel routes into it come from lwB4s, IPv4
 * packets from the Internet.
 */
final class TunExchange implements PacketExchange {

    private static final int BATCH = 256;
    private static final int USUAL_LONGEST = 9216;

    private final TunDevice device;
    private final Forwarder forwarder;
    private final PacketBatch received;
    private final PacketBatch fromIpv4Side = PacketBatch.ofViews(BATCH);
    private final PacketBatch fromIpv6Side = PacketBatch.ofViews(BATCH);

    /**
     * An exchange by a queue.
     *
     * @param device belongs to the exchange from now on
     * @param mtu the larger one of the two sides
     * @param forwarders makes a forwarder that sends both sides' packets to one output
     */
    TunExchange(TunDevice device, int mtu, Function<PacketOutput, Forwarder> forwarders) {
        this.device = device;
        this.forwarder = forwarders.apply(device);
        this.received = PacketBatch.withMemory(BATCH, Math.max(USUAL_LONGEST, mtu));
    }

    @Override
    public void turn(int waitMillis) throws IOException {
        received.clear();
        if (device.receive(received, waitMillis) == 0) {
            return;
        }
        fromIpv4Side.clear();
        fromIpv6Side.clear();
        for (int i = 0; i < received.size(); i++) {
            boolean isIpv6 = Ipv4.version(received.address(i)) == 6;
            (isIpv6 ? fromIpv6Side : fromIpv4Side).add(received.address(i), received.length(i));
        }
        if (fromIpv4Side.size() > 0) {
            forwarder.fromIpv4Side(fromIpv4Side);
        }
        if (fromIpv6Side.size() > 0) {
            forwarder.fromIpv6Side(fromIpv6Side);
        }
    }

    @Override
    public Forwarder forwarder() {
        return forwarder;
    }

    @Override
    public long unsentPackets() {
        return device.unsentPackets();
    }

    @Override
    public long lostPackets() {
        return 0;
    }

    @Override
    public void close() {
        forwarder.close();
        received.close();
        device.close();
    }
}
