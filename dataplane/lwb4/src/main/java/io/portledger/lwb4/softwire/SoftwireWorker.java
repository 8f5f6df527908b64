package io.portledger.lwb4.softwire;

import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import io.portledger.softwire.Binding;
import java.io.IOException;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that is one end of a softwire, through one TUN device which carries the IPv4 of the hosts and the IPv6. */
public final class SoftwireWorker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SoftwireWorker.class);
    private static final int BATCH = 64;
    private static final int LONGEST = 65535;
    private static final int WAIT_MILLIS = 100;

    private final TunDevice device;
    private final SoftwireEnd end;
    private final PacketBatch received = PacketBatch.withMemory(BATCH, LONGEST);
    private final Thread thread;
    private volatile boolean isEnding;

    private SoftwireWorker(TunDevice device, Binding binding, SoftwireSettings settings) {
        this.device = device;
        SecureRandom random = new SecureRandom();
        this.end = new SoftwireEnd(
                binding, settings.mtu(), settings.reassembly(), device, System::nanoTime, random::nextInt);
        this.thread = Thread.ofPlatform().name("lwb4-softwire").unstarted(this::run);
    }

    /**
     * Starts forwarding.
     *
     * @throws IOException if the TUN device cannot be opened, saying why
     */
    public static SoftwireWorker start(Binding binding, SoftwireSettings settings) throws IOException {
        SoftwireWorker worker = new SoftwireWorker(TunDevice.open(settings.tunDevice()), binding, settings);
        worker.thread.start();
        return worker;
    }

    /** What happened to the packets. */
    public SoftwireCounters counters() {
        return end.counters();
    }

    /** Ends forwarding and closes the device. */
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
        end.close();
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
                    end.take(received);
                }
            }
        } catch (IOException e) {
            log.error("Forwarding through {} has ended: {}", device.name(), e.getMessage());
        } catch (RuntimeException e) {
            log.error("Forwarding through {} has ended because of a fault", device.name(), e);
        }
    }
}
