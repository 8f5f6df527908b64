package io.portledger.lwb4.softwire;

import io.portledger.packet.PacketBatch;
import io.portledger.packet.TunDevice;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that is one end of a softwire, through one TUN device which carries the IPv4 of the hosts and the IPv6.
 *
 * <p>The device is there from the start to the end, so that what the operator told the kernel about it stays. Packets are
 * forwarded only while there is a binding. Thread-safe.
 */
public final class SoftwireWorker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SoftwireWorker.class);
    private static final int BATCH = 64;
    private static final int LONGEST = 65535;

    /** How long a change of the binding, or a message of the lwB4 itself, may wait for a packet. */
    private static final int WAIT_MILLIS = 50;

    private static final int FIRST_DYNAMIC_PORT = 49152;

    private final TunDevice device;
    private final SoftwireSettings settings;
    private final SecureRandom random = new SecureRandom();
    private final SoftwireCounters counters = new SoftwireCounters();
    private final PacketBatch received = PacketBatch.withMemory(BATCH, LONGEST);
    private final PacketBatch forwarded = PacketBatch.ofViews(BATCH);
    private final PacketBatch control = PacketBatch.withMemory(1, LONGEST);
    private final Thread thread;
    private volatile @Nullable Binding binding;
    private volatile @Nullable ControlPort controlPort;
    private volatile boolean isEnding;

    private SoftwireWorker(TunDevice device, SoftwireSettings settings) {
        this.device = device;
        this.settings = settings;
        this.thread = Thread.ofPlatform().name("lwb4-softwire").unstarted(this::run);
    }

    /**
     * Opens the device, and forwards nothing yet.
     *
     * @throws IOException if the TUN device cannot be opened, saying why
     */
    public static SoftwireWorker start(SoftwireSettings settings) throws IOException {
        SoftwireWorker worker = new SoftwireWorker(TunDevice.open(settings.tunDevice()), settings);
        worker.thread.start();
        return worker;
    }

    /** Forwards by another binding from now on; fragments that wait under the one before are given up. */
    public void follow(Binding newBinding) {
        binding = newBinding;
    }

    /** Forwards nothing from now on. */
    public void rest() {
        binding = null;
    }

    /**
     * Opens a port of the softwire's address towards a server, in place of the one before.
     *
     * @param own the softwire's address, which the kernel must route to the device
     * @param listener is told each message of the server, on the softwire's thread
     */
    public ControlPort openControlPort(Ipv6Address own, Ipv6Address server, int serverPort, Consumer<byte[]> listener) {
        int port = random.nextInt(FIRST_DYNAMIC_PORT, 0x10000);
        ControlPort opened = new ControlPort(own, port, server, serverPort, listener, this::closed);
        controlPort = opened;
        return opened;
    }

    private void closed(ControlPort port) {
        if (controlPort == port) {
            controlPort = null;
        }
    }

    /** What happened to the packets. */
    public SoftwireCounters counters() {
        return counters;
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
        received.close();
        control.close();
        device.close();
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!isEnding) {
                forwardBy(binding);
            }
        } catch (IOException e) {
            log.error("Forwarding through {} has ended: {}", device.name(), e.getMessage());
        } catch (RuntimeException e) {
            log.error("Forwarding through {} has ended because of a fault", device.name(), e);
        }
    }

    @SuppressWarnings("ReferenceEquality") // The same object: nobody has changed it.
    private void forwardBy(@Nullable Binding current) throws IOException {
        try (SoftwireEnd end = current == null ? null : end(current)) {
            while (!isEnding && binding == current) {
                received.clear();
                int packets = device.receive(received, WAIT_MILLIS);
                ControlPort port = controlPort;
                if (packets > 0) {
                    take(end, port);
                }
                if (port != null) {
                    port.sendWaiting(control, device, counters);
                }
            }
        }
    }

    private SoftwireEnd end(Binding current) {
        return new SoftwireEnd(
                current, settings.mtu(), settings.reassembly(), device, System::nanoTime, random::nextInt, counters);
    }

    private void take(@Nullable SoftwireEnd end, @Nullable ControlPort port) {
        forwarded.clear();
        for (int i = 0; i < received.size(); i++) {
            if (port != null && port.take(received.address(i), received.length(i))) {
                counters.count(SoftwireCounter.IN);
                counters.count(SoftwireCounter.CONTROL);
            } else if (end == null) {
                counters.count(SoftwireCounter.IN);
                counters.count(SoftwireCounter.DROP_NO_BINDING);
            } else {
                forwarded.add(received.address(i), received.length(i));
            }
        }
        if (end != null && forwarded.size() > 0) {
            end.take(forwarded);
        }
    }
}
