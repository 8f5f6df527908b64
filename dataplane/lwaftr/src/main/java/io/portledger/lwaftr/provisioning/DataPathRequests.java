package io.portledger.lwaftr.provisioning;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.portledger.lwaftr.forwarding.ControlPlane;
import io.portledger.lwaftr.forwarding.ProvisioningRequest;
import io.portledger.softwire.Ipv6Address;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The provisioning requests that forwarding takes out of the packets: they wait here for the control thread, which answers
 * them. So an lwB4 reaches its provisioning by the same way as its packets take, even if that way leads to one of several
 * lwAFTRs.
 */
public final class DataPathRequests implements ControlPlane {

    private static final Logger log = LoggerFactory.getLogger(DataPathRequests.class);

    private static final int ROOM = 4096;

    /** Served before the control thread looks at other work, and before one write to the disk. */
    private static final int AT_ONCE = 256;

    /** What answers the datagrams to a port. Control thread only. */
    @FunctionalInterface
    public interface Service {
        /**
         * Carries out one datagram.
         *
         * @param datagram its readable octets
         * @param source where it came from, an IPv4 address in its mapped form
         * @param b4 the lwB4 whose packet it came in
         * @param port the UDP port from which it came; 0 if nothing unasked can be sent there
         * @param reply gets the answer if there is one, before this method returns or later; the octets then belong to it
         */
        void serve(ByteBuf datagram, Ipv6Address source, Ipv6Address b4, int port, Instant now, PcpService.Reply reply);
    }

    /** How datagrams that are no answer to a request at hand reach lwB4s. */
    @FunctionalInterface
    public interface Way {
        /**
         * Sends a datagram from the address to which lwB4s send among their packets, and the port of the service.
         *
         * @param datagram its readable octets; it is released
         * @return false if there is no room for it
         */
        boolean send(Ipv6Address client, int port, ByteBuf datagram);
    }

    private final EventLoop control;
    private final SourceLimit limit;
    private final LeaseTable leases;
    private final InstantSource clock;
    private final BlockingQueue<ProvisioningRequest> waiting = new ArrayBlockingQueue<>(ROOM);
    private final AtomicBoolean isToldToServe = new AtomicBoolean();
    private final LongAdder unsent = new LongAdder();
    private final List<Answer> answers = new ArrayList<>();
    private boolean isServing;
    private volatile Map<Integer, Service> services = Map.of();

    private record Answer(ProvisioningRequest request, ByteBuf datagram) {}

    /**
     * @param control the thread that answers
     * @param limit which requests are heard
     */
    public DataPathRequests(EventLoop control, SourceLimit limit, LeaseTable leases, InstantSource clock) {
        this.control = control;
        this.limit = limit;
        this.leases = leases;
        this.clock = clock;
    }

    /**
     * From now on requests are answered; before, no packet is taken for one. Any thread.
     *
     * @param answering what answers, by UDP port
     */
    public void begin(Map<Integer, Service> answering) {
        services = Map.copyOf(answering);
    }

    @Override
    public boolean serves(int port) {
        return services.containsKey(port);
    }

    @Override
    public boolean admits(Ipv6Address b4) {
        return limit.admits(b4);
    }

    @Override
    public boolean take(ProvisioningRequest request) {
        if (!waiting.offer(request)) {
            return false;
        }
        wake();
        return true;
    }

    /** How many answers were lost because their worker had too many to send. Any thread. */
    public long unsent() {
        return unsent.sum();
    }

    private void wake() {
        if (!isToldToServe.getAndSet(true)) {
            try {
                control.execute(this::serveWaiting);
            } catch (RejectedExecutionException e) {
                log.debug("Provisioning has ended before forwarding", e);
            }
        }
    }

    private void serveWaiting() {
        isToldToServe.set(false);
        isServing = true;
        Instant now = clock.instant();
        for (int i = 0; i < AT_ONCE; i++) {
            ProvisioningRequest request = waiting.poll();
            if (request == null) {
                break;
            }
            serve(request, now);
        }
        isServing = false;
        send();
        if (!waiting.isEmpty()) {
            wake();
        }
    }

    private void serve(ProvisioningRequest request, Instant now) {
        Service service = services.get(request.port());
        if (service == null) {
            return;
        }
        boolean isPlain = request.source().equals(request.b4());
        try {
            service.serve(
                    request.payload(),
                    request.source(),
                    request.b4(),
                    isPlain ? request.sourcePort() : 0,
                    now,
                    datagram -> {
                        answers.add(new Answer(request, datagram));
                        if (!isServing) {
                            send();
                        }
                    });
        } catch (RuntimeException e) {
            log.error("A provisioning request could not be carried out", e);
        }
    }

    /** Sends the answers to all requests that were served together, once what they say is made to last. */
    private void send() {
        boolean isLasting = leases.commit();
        for (Answer answer : answers) {
            if (!isLasting) {
                // The clients ask again.
                answer.datagram().release();
            } else if (!answer.request().reply(answer.datagram())) {
                unsent.increment();
            }
        }
        answers.clear();
    }
}
