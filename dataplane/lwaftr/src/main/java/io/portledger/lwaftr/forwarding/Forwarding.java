package io.portledger.lwaftr.forwarding;

import io.netty.buffer.ByteBuf;
import io.portledger.packet.EthernetDevice;
import io.portledger.packet.MacAddress;
import io.portledger.packet.PacketOutput;
import io.portledger.packet.TunDevice;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All forwarding of a process between the softwires and the Internet: its devices, and a worker, a thread of its own, for
 * each core that is to be used. May be asked by any thread.
 */
public final class Forwarding implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Forwarding.class);
    private static final int WAIT_ALONE_MILLIS = 100;

    /** While an answer to a provisioning request may come. */
    private static final int WAIT_FOR_REPLY_MILLIS = 1;

    /** With others, who may leave fragments here meanwhile. */
    private static final int WAIT_AMONG_OTHERS_MILLIS = 2;

    private final List<Worker> workers = new ArrayList<>();
    private final CompletableFuture<String> failure = new CompletableFuture<>();
    private volatile boolean isEnding;
    private String device = "";

    private Forwarding() {}

    /**
     * Starts forwarding through a TUN device, which carries both sides.
     *
     * @param device its name; it is made unless it is there
     * @param workers how many threads, 1 and more
     * @param controlPlane who answers the provisioning requests among the packets
     * @throws IOException saying what is missing
     */
    public static Forwarding byTun(
            String device, int workers, BindingTable table, ForwardingSettings settings, ControlPlane controlPlane)
            throws IOException {
        Forwarding forwarding = new Forwarding();
        Team team = new Team(workers, table, settings, controlPlane);
        int mtu = Math.max(settings.ipv4Side().mtu(), settings.ipv6Side().mtu());
        List<TunDevice> queues = TunDevice.open(device, workers);
        forwarding.device = "TUN device " + queues.getFirst().describe();
        for (int i = 0; i < workers; i++) {
            int number = i;
            forwarding.add(
                    new TunExchange(queues.get(i), mtu, output -> team.forwarder(number, output, output)), workers);
        }
        return forwarding.start();
    }

    /**
     * Starts forwarding through the Ethernet interfaces that the settings name.
     *
     * @param workers how many threads, 1 and more
     * @param controlPlane who answers the provisioning requests among the packets
     * @throws IOException saying what is missing
     */
    public static Forwarding byEthernet(
            int workers, BindingTable table, ForwardingSettings settings, ControlPlane controlPlane)
            throws IOException {
        Forwarding forwarding = new Forwarding();
        Team team = new Team(workers, table, settings, controlPlane);
        forwarding.device = "Ethernet devices " + settings.ipv4Side().device() + " and "
                + settings.ipv6Side().device();
        List<EthernetDevice> ipv4Devices =
                EthernetDevice.open(settings.ipv4Side().device(), workers);
        List<EthernetDevice> ipv6Devices;
        try {
            ipv6Devices = EthernetDevice.open(settings.ipv6Side().device(), workers);
        } catch (IOException e) {
            ipv4Devices.forEach(EthernetDevice::close);
            throw e;
        }
        AtomicReference<@Nullable MacAddress> ipv4NextHop = new AtomicReference<>();
        AtomicReference<@Nullable MacAddress> ipv6NextHop = new AtomicReference<>();
        for (int i = 0; i < workers; i++) {
            EthernetDevice ipv4 = ipv4Devices.get(i);
            EthernetDevice ipv6 = ipv6Devices.get(i);
            EthernetExchange.Port ipv4Port =
                    new EthernetExchange.Port(ipv4, settings.ipv4Side().mtu());
            EthernetExchange.Port ipv6Port =
                    new EthernetExchange.Port(ipv6, settings.ipv6Side().mtu());
            Forwarder forwarder = team.forwarder(i, ipv4Port::send, ipv6Port::send);
            ipv4Port.useSide(new EthernetSide(
                    false, settings, macOf(settings.ipv4Side(), ipv4), ipv4NextHop, forwarder, ipv4Port::sendFrame));
            ipv6Port.useSide(new EthernetSide(
                    true, settings, macOf(settings.ipv6Side(), ipv6), ipv6NextHop, forwarder, ipv6Port::sendFrame));
            forwarding.add(new EthernetExchange(ipv4Port, ipv6Port, forwarder, System::nanoTime, i == 0), workers);
        }
        return forwarding.start();
    }

    private static MacAddress macOf(ForwardingSettings.Side side, EthernetDevice device) {
        MacAddress configured = side.ethernet().mac();
        return configured == null ? device.macAddress() : configured;
    }

    /** What the workers have in common. */
    private static final class Team {
        private final BindingTable table;
        private final ForwardingSettings share;
        private final ControlPlane controlPlane;
        private final PathMtus pathMtus = new PathMtus();
        private final @Nullable FragmentExchange fragments;

        Team(int workers, BindingTable table, ForwardingSettings settings, ControlPlane controlPlane) {
            this.table = table;
            this.controlPlane = controlPlane;
            this.share = settings.shareOf(workers);
            this.fragments = workers == 1 ? null : new FragmentExchange(workers);
        }

        Forwarder forwarder(int number, PacketOutput ipv4, PacketOutput ipv6) {
            return new Forwarder(
                    table,
                    share,
                    ipv4,
                    ipv6,
                    System::nanoTime,
                    new SecureRandom()::nextInt,
                    pathMtus,
                    fragments == null ? null : fragments.desk(number),
                    new ProvisioningDesk(controlPlane));
        }
    }

    private void add(PacketExchange exchange, int of) {
        workers.add(new Worker(exchange, workers.size(), of == 1 ? WAIT_ALONE_MILLIS : WAIT_AMONG_OTHERS_MILLIS));
    }

    private Forwarding start() {
        workers.forEach(worker -> worker.thread.start());
        return this;
    }

    /**
     * Sends a datagram of the lwAFTR's own to an lwB4 in plain IPv6: one that answers no request, or not at once.
     *
     * @param br its source, a BR address of ours
     * @param port its source port
     * @param b4 where it goes
     * @param b4Port its destination port
     * @param datagram its readable octets; it is released
     * @return false if too many wait to be sent, so that this one is lost
     */
    public boolean send(Ipv6Address br, int port, Ipv6Address b4, int b4Port, ByteBuf datagram) {
        return workers.getFirst()
                .exchange
                .forwarder()
                .plainAnswer(br, port, b4, b4Port)
                .reply(datagram);
    }

    /** Takes a public port by which a packet went upstream. */
    @FunctionalInterface
    public interface PortTaker {

        /**
         * One packet's.
         *
         * @param ipv4 the public address
         * @param port 0-65535
         */
        void take(int ipv4, int port);
    }

    /**
     * Lets every worker note the public port of one of so many upstream packets, for {@link #takePorts}.
     *
     * @param oneOf 0: of none
     */
    public void samplePorts(int oneOf) {
        workers.forEach(worker -> worker.exchange.forwarder().samplePorts(oneOf));
    }

    /** Gives the ports that were noted since the last call. One thread at a time. */
    public void takePorts(PortTaker taker) {
        for (Worker worker : workers) {
            worker.exchange.forwarder().portSamples().takeAll(taker);
        }
    }

    /** What happened to the packets of all workers until now. */
    public Counters counters() {
        return Counters.sum(workers.stream()
                .map(worker -> worker.exchange.forwarder().counters())
                .toList());
    }

    /** What packets come and go by, for people. */
    public String device() {
        return device;
    }

    /** How many threads forward. */
    public int workers() {
        return workers.size();
    }

    /** Whether reassembly of a worker has little room left (RFC 6333 §6.3). */
    public boolean isReassemblyNearlyFull() {
        return workers.stream().anyMatch(worker -> worker.exchange.forwarder().isReassemblyNearlyFull());
    }

    /** Packets that devices did not take on their way out. */
    public long unsentPackets() {
        return workers.stream()
                .mapToLong(worker -> worker.exchange.unsentPackets())
                .sum();
    }

    /** Packets that devices dropped before they were received: nobody was there in time, or they were too long. */
    public long lostPackets() {
        return workers.stream()
                .mapToLong(worker -> worker.exchange.lostPackets())
                .sum();
    }

    /** Completes, with the reason, if a worker cannot go on; packets are lost from then on. */
    public CompletableFuture<String> failure() {
        return failure.copy();
    }

    /** Ends forwarding and closes the devices; afterwards the table may be closed. */
    @Override
    public void close() {
        isEnding = true;
        boolean wasInterrupted = false;
        for (Worker worker : workers) {
            while (worker.thread.isAlive()) {
                try {
                    worker.thread.join();
                } catch (InterruptedException e) {
                    // The memory that the thread uses is freed below, so its end must be awaited.
                    wasInterrupted = true;
                }
            }
        }
        workers.forEach(worker -> worker.exchange.close());
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Worker {
        private final PacketExchange exchange;
        private final int waitMillis;
        private final Thread thread;
        private boolean wasNearlyFull;

        Worker(PacketExchange exchange, int number, int waitMillis) {
            this.exchange = exchange;
            this.waitMillis = waitMillis;
            this.thread =
                    Thread.ofPlatform().name("lwaftr-forwarding-" + number).unstarted(this::run);
        }

        private void run() {
            try {
                while (!isEnding) {
                    exchange.turn(exchange.forwarder().awaitsReply() ? WAIT_FOR_REPLY_MILLIS : waitMillis);
                    exchange.forwarder().takeOver();
                    tellIfNearlyFull();
                }
            } catch (IOException e) {
                log.error("Forwarding has ended: {}", e.getMessage());
                failure.complete(String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                log.error("Forwarding has ended because of a fault", e);
                failure.complete(e.toString());
            }
        }

        private void tellIfNearlyFull() {
            boolean isNearlyFull = exchange.forwarder().isReassemblyNearlyFull();
            if (isNearlyFull && !wasNearlyFull) {
                log.warn(
                        "Reassembly is nearly full: fragments will be lost. Raise reassembly.max-packets or max-octets,"
                                + " or the MTU so that less is fragmented");
            } else if (wasNearlyFull && !isNearlyFull) {
                log.info("Reassembly has room again");
            }
            wasNearlyFull = isNearlyFull;
        }
    }
}
