package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Ipv4;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import java.io.IOException;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that forwards between the softwires and the Internet through one TUN device, which carries both: IPv6 packets
 * that the kernel routes into it come from lwB4s, IPv4 packets from the Internet.
 */
public final class ForwardingWorker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ForwardingWorker.class);
    private static final int BATCH = 256;
    private static final int USUAL_LONGEST = 9216;
    private static final int WAIT_MILLIS = 100;

    private final TunDevice device;
    private final Forwarder forwarder;
    private final PacketBatch received;
    private final PacketBatch fromIpv4Side = PacketBatch.ofViews(BATCH);
    private final PacketBatch fromIpv6Side = PacketBatch.ofViews(BATCH);
    private final Thread thread;
    private volatile boolean isEnding;

    private ForwardingWorker(TunDevice device, BindingTable table, ForwardingSettings settings) {
        this.device = device;
        SecureRandom random = new SecureRandom();
        this.forwarder = new Forwarder(table, settings, device, device, System::nanoTime, random::nextInt);
        int longest = Math.max(
                USUAL_LONGEST,
                Math.max(settings.ipv4Side().mtu(), settings.ipv6Side().mtu()));
        this.received = PacketBatch.withMemory(BATCH, longest);
        this.thread = Thread.ofPlatform().name("lwaftr-forwarding").unstarted(this::run);
    }

    /**
     * Starts forwarding.
     *
     * @param device belongs to the worker from now on, which closes it
     */
    public static ForwardingWorker start(TunDevice device, BindingTable table, ForwardingSettings settings) {
        ForwardingWorker worker = new ForwardingWorker(device, table, settings);
        worker.thread.start();
        return worker;
    }

    /** What happened to the packets. */
    public Counters counters() {
        return forwarder.counters();
    }

    /** How many packets the device did not take. */
    public long unsentPackets() {
        return device.unsentPackets();
    }

    /** Ends forwarding and closes the device; afterwards the table may be closed. */
    @Override
    public void close() {
        isEnding = true;
        boolean wasInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                // The memory that the thread uses is freed below, so its end must be awaited.
                wasInterrupted = true;
            }
        }
        forwarder.close();
        received.close();
        device.close();
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!isEnding) {
                received.clear();
                if (device.receive(received, WAIT_MILLIS) > 0) {
                    forward();
                }
            }
        } catch (IOException e) {
            log.error("Forwarding through {} has ended: {}", device.name(), e.getMessage());
        } catch (RuntimeException e) {
            log.error("Forwarding through {} has ended because of a fault", device.name(), e);
        }
    }

    private void forward() {
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
}
