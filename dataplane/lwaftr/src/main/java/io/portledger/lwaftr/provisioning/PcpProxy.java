package io.portledger.lwaftr.provisioning;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.portledger.pcp.EpochCheck;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obtains the bindings of lwB4s from a central PCP server (RFC 7648): each demand becomes a request of the lwAFTR's own,
 * which names the lwB4 by THIRD_PARTY and has its nonce, and what the server answers becomes the lease here. So the two
 * live equally long. Control thread only, but for the counters.
 *
 * <p>A request is sent again after three seconds, then after twice as long each time (RFC 6887 §8.1.1), until the server
 * has been silent for too long. What asks for the same meanwhile waits for the same answer.
 *
 * <p>When the server's epoch tells that it lost its state (RFC 6887 §8.5), all leases are asked for again, with what they
 * have as the suggestion, so that no lwB4 need notice. A lease that the server then does not give again ends.
 */
public final class PcpProxy implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PcpProxy.class);

    private static final Duration FIRST_RETRANSMISSION = Duration.ofSeconds(3);
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);
    private static final int RECEIVED_OCTETS = 2048;
    private static final int SOCKET_BUFFER_OCTETS = 4 << 20;

    /** Requests that wait for the server; more are told that there are too many. */
    private static final int MOST_EXCHANGES = 1 << 16;

    /** Requests that wait for one answer; one lwB4 has no reason for more. */
    private static final int MOST_WAITERS = 8;

    /** When the server lost its state: how many leases are asked for again, and how often. */
    private static final int RECREATED_AT_ONCE = 200;

    private static final int RECREATION_MILLIS = 100;

    /** What came of a demand. */
    public sealed interface Result {}

    /**
     * The lwB4 has a lease.
     *
     * @param lease with the end that the server gave it
     */
    public record Granted(Lease lease) implements Result {}

    /** It has nothing any more, as it wished. */
    public record Released() implements Result {}

    /**
     * The server refused, or could not be asked; what the lwB4 had, it has.
     *
     * @param code to be answered
     * @param lifetimeSeconds how long that lasts
     */
    public record Refused(ResultCode code, long lifetimeSeconds) implements Result {}

    private static final Refused NO_ANSWER =
            new Refused(ResultCode.NETWORK_FAILURE, ResultCode.NETWORK_FAILURE.lifetimeSeconds());

    /** By which a response is known. */
    private record Key(Ipv6Address b4, Nonce nonce, int internalPort, boolean isDelete) {}

    private final class Exchange {
        private final Key key;
        private final Demand demand;
        private final PcpRequest request;
        private final List<BiConsumer<Result, Instant>> waiters = new ArrayList<>(1);
        private @Nullable ScheduledFuture<?> retransmission;
        private final ScheduledFuture<?> end;
        private Duration pause = FIRST_RETRANSMISSION;

        Exchange(Key key, Demand demand, PcpRequest request) {
            this.key = key;
            this.demand = demand;
            this.request = request;
            this.end = loop.schedule(this::giveUp, patience.toMillis(), TimeUnit.MILLISECONDS);
        }

        void transmit() {
            ByteBuf out = socket.alloc().buffer(request.encodedLength());
            request.encode(out);
            var _ = socket.writeAndFlush(out, socket.voidPromise());
            sent.increment();
            long millis = (long) (pause.toMillis() * (0.9 + 0.2 * random.nextDouble()));
            pause = pause.multipliedBy(2);
            retransmission = loop.schedule(this::transmit, millis, TimeUnit.MILLISECONDS);
        }

        private void giveUp() {
            unanswered.increment();
            warn("The central PCP server " + central + " does not answer; see that it runs and that the network lets"
                    + " requests through");
            settle(NO_ANSWER, clock.instant());
        }

        void settle(Result result, Instant now) {
            end.cancel(false);
            ScheduledFuture<?> planned = retransmission;
            if (planned != null) {
                planned.cancel(false);
            }
            exchanges.remove(key);
            for (BiConsumer<Result, Instant> waiter : waiters) {
                waiter.accept(result, now);
            }
        }
    }

    private final EventLoop loop;
    private final InetSocketAddress central;
    private final Duration patience;
    private final LeaseTable leases;
    private final Subscribers subscribers;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Channel socket;
    private final Ipv6Address ownAddress;
    private final Map<Key, Exchange> exchanges = new HashMap<>();
    private final Deque<Ipv6Address> toRecreate = new ArrayDeque<>();
    private final EpochCheck epoch = new EpochCheck();
    private final LongAdder sent = new LongAdder();
    private final LongAdder unanswered = new LongAdder();
    private @Nullable Instant lastWarning;

    private PcpProxy(
            EventLoop loop,
            InetSocketAddress central,
            Duration patience,
            Provisioner provisioner,
            InstantSource clock,
            RandomGenerator random) {
        this.loop = loop;
        this.central = central;
        this.patience = patience;
        this.leases = provisioner.leases();
        this.subscribers = provisioner.subscribers();
        this.clock = clock;
        this.random = random;
        var connected = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVED_OCTETS))
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_OCTETS)
                .handler(new Responses())
                .connect(central)
                .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            throw new UncheckedIOException(
                    "The central PCP server " + central + " cannot be reached: "
                            + connected.cause().getMessage()
                            + ". Set lwaftr.pcp.central-server to an address that this machine has a route to.",
                    new IOException(connected.cause()));
        }
        this.socket = connected.channel();
        this.ownAddress = PcpServer.addressOf(((InetSocketAddress) socket.localAddress()).getAddress());
    }

    /**
     * Begins.
     *
     * @param loop the control thread
     * @param central where the server listens; it must let this machine ask for others by THIRD_PARTY
     * @param patience after which silence a demand has failed
     * @param random spreads the retransmissions
     * @throws UncheckedIOException if there is no way to that address
     */
    public static PcpProxy start(
            EventLoop loop,
            InetSocketAddress central,
            Duration patience,
            Provisioner provisioner,
            InstantSource clock,
            RandomGenerator random) {
        return new PcpProxy(loop, central, patience, provisioner, clock, random);
    }

    /** How many requests were sent to the server, those sent again included. Any thread. */
    public long sent() {
        return sent.sum();
    }

    /** How many demands the server did not answer in time. Any thread. */
    public long unanswered() {
        return unanswered.sum();
    }

    /**
     * Gives an lwB4 what the server gives it. It has nothing by assignment, and its lease, if any, has that nonce.
     *
     * @param demand its window is what the server is asked for
     * @param result is told once what came of it and when
     */
    public void obtain(Demand demand, Instant now, BiConsumer<Result, Instant> result) {
        long lifetime = Math.max(1, Math.min(demand.lifetime().toSeconds(), longest(demand.b4())));
        ask(demand, lifetime, now, result);
    }

    /**
     * Ends a lease there, and then here.
     *
     * @param result is told once what came of it and when
     */
    public void release(Lease lease, Instant now, BiConsumer<Result, Instant> result) {
        Demand demand = new Demand(
                lease.b4(),
                Origin.PCP,
                lease.nonce(),
                Duration.ZERO,
                null,
                new PortRange(1, 0xffff),
                lease.replyPort());
        ask(demand, 0, now, result);
    }

    private long longest(Ipv6Address b4) {
        return leases.poolFor(b4)
                .map(pool -> pool.serviceClass().maxLifetime().toSeconds())
                .orElse(Duration.ofDays(1).toSeconds());
    }

    private void ask(Demand demand, long lifetimeSeconds, Instant now, BiConsumer<Result, Instant> result) {
        PortRange window = demand.window();
        int first = Math.max(1, window.first());
        Key key = new Key(demand.b4(), demand.nonce(), first, lifetimeSeconds == 0);
        Exchange known = exchanges.get(key);
        if (known != null) {
            if (known.waiters.size() < MOST_WAITERS) {
                known.waiters.add(result);
            } else {
                result.accept(new Refused(ResultCode.NO_RESOURCES, ResultCode.NO_RESOURCES.lifetimeSeconds()), now);
            }
            return;
        }
        if (exchanges.size() >= MOST_EXCHANGES) {
            result.accept(new Refused(ResultCode.NO_RESOURCES, ResultCode.NO_RESOURCES.lifetimeSeconds()), now);
            return;
        }
        Pool.Suggestion suggestion = demand.suggestion();
        if (suggestion == null && lifetimeSeconds > 0) {
            // If the server has lost its state, it is to give what the lwB4 has.
            suggestion =
                    leases.find(demand.b4(), now).map(PcpProxy::suggestionOf).orElse(null);
        }
        List<PcpOption> options = new ArrayList<>(2);
        if (!demand.b4().equals(ownAddress)) {
            options.add(new PcpOption.ThirdParty(demand.b4()));
        }
        options.add(new PcpOption.PortSet(Math.min(0xffff, window.last() - first + 1), first, false));
        PcpRequest request = new PcpRequest(
                lifetimeSeconds,
                ownAddress,
                new PcpOperation.Map(
                        demand.nonce(),
                        0,
                        first,
                        suggestion == null ? 0 : suggestion.port(),
                        Ipv6Address.mapped(suggestion == null ? new Ipv4Address(0) : suggestion.address())),
                options);
        Exchange exchange = new Exchange(key, demand, request);
        exchange.waiters.add(result);
        exchanges.put(key, exchange);
        exchange.transmit();
    }

    private static Pool.Suggestion suggestionOf(Lease lease) {
        PublicPorts ports = lease.publicPorts();
        return new Pool.Suggestion(ports.ipv4(), ports.ports().firstPort());
    }

    private void onResponse(PcpResponse response, Instant now) {
        boolean isOfOurVersion = response.result() != ResultCode.UNSUPP_VERSION.code();
        if (isOfOurVersion && !epoch.accept(response.epochSeconds(), now)) {
            recreateAll();
        }
        if (!(response.operation() instanceof PcpOperation.Map map)) {
            return;
        }
        Ipv6Address b4 = response.option(PcpOption.ThirdParty.class)
                .map(PcpOption.ThirdParty::internalAddress)
                .orElse(ownAddress);
        boolean isDelete = response.isSuccess() && response.lifetimeSeconds() == 0;
        Exchange exchange = exchanges.get(new Key(b4, map.nonce(), map.internalPort(), isDelete));
        if (exchange == null && !response.isSuccess()) {
            exchange = exchanges.get(new Key(b4, map.nonce(), map.internalPort(), true));
        }
        if (exchange != null) {
            exchange.settle(resultOf(exchange, response, map, now), now);
        }
    }

    private Result resultOf(Exchange exchange, PcpResponse response, PcpOperation.Map map, Instant now) {
        if (!response.isSuccess()) {
            return refusalOf(response);
        }
        if (!leases.isWritable()) {
            return NO_ANSWER;
        }
        Optional<Lease> present = leases.find(exchange.key.b4(), now);
        if (present.isPresent() && !present.get().nonce().equals(exchange.key.nonce())) {
            return new Refused(ResultCode.NOT_AUTHORIZED, ResultCode.NOT_AUTHORIZED.lifetimeSeconds());
        }
        if (exchange.key.isDelete()) {
            present.ifPresent(lease -> leases.release(lease, now));
            return new Released();
        }
        Binding binding = bindingOf(exchange.key.b4(), response, map);
        if (binding == null) {
            warn("The central PCP server " + central + " gave " + exchange.key.b4()
                    + " what is no port set of an lwB4: "
                    + map.externalAddress() + " from port " + map.externalPort()
                    + ". Ports must be mapped to themselves, and be a range with a size that is a power of two, or a range"
                    + " of a port set as a service class of lwaftr.service-classes with that address divides it.");
            return NO_ANSWER;
        }
        Duration lifetime = Duration.ofSeconds(response.lifetimeSeconds());
        if (present.isPresent()) {
            if (present.get().publicPorts().equals(PublicPorts.of(binding))) {
                leases.renew(present.get(), lifetime, exchange.demand.replyPort(), now);
                return new Granted(present.get());
            }
            leases.revoke(present.get(), now);
        }
        return allocate(exchange.demand.lasting(lifetime), binding, now);
    }

    private Result allocate(Demand demand, Binding binding, Instant now) {
        Optional<Lease> holder = leases.holderOf(PublicPorts.of(binding), now);
        if (holder.isPresent() && holder.get().expiresAt().isBefore(Instant.MAX)) {
            // The server has given these ports to another, so whom we took for their holder has lost them.
            log.warn("{} ends: the central PCP server gave its ports to {}", holder.get(), demand.b4());
            leases.revoke(holder.get(), now);
        }
        Demand whole = new Demand(
                demand.b4(),
                demand.origin(),
                demand.nonce(),
                demand.lifetime(),
                null,
                Demand.ANY_PORTS,
                demand.replyPort());
        Optional<Lease> lease = leases.allocate(whole, binding, null, now);
        if (lease.isEmpty()) {
            warn(
                    "The central PCP server " + central + " gave " + binding
                            + ", but these ports are assigned to another"
                            + " here, or their address is divided in another way. Take the address out of what is assigned here.");
            return NO_ANSWER;
        }
        return new Granted(lease.get());
    }

    /** What the server gave; null if it is nothing that an lwB4 can have. */
    private @Nullable Binding bindingOf(Ipv6Address b4, PcpResponse response, PcpOperation.Map map) {
        Optional<PcpOption.PortSet> set = response.option(PcpOption.PortSet.class);
        int size = set.map(PcpOption.PortSet::size).orElse(1);
        int first = map.externalPort();
        boolean isIdentity = set.map(PcpOption.PortSet::firstInternalPort).orElse(map.internalPort()) == first;
        boolean isRange = first > 0 && size > 0 && first + size - 1 <= 0xffff;
        if (!isIdentity || !isRange || !map.externalAddress().isMapped()) {
            return null;
        }
        Ipv4Address ipv4 = map.externalAddress().embeddedIpv4();
        PortRange range = new PortRange(first, first + size - 1);
        return portSetOf(ipv4, range)
                .map(ports -> new Binding(
                        b4, ipv4, ports, leases.br(), subscribers.of(b4).subscriber()))
                .orElse(null);
    }

    /** The set of which the range is one, by how a service class divides the address, else as a set of one range. */
    private Optional<PortSet> portSetOf(Ipv4Address ipv4, PortRange range) {
        for (Pool pool : leases.pools()) {
            if (pool.contains(ipv4)) {
                ServiceClass division = pool.serviceClass();
                return PortSet.owning(division.psidOffset(), division.psidLength(), range.first())
                        .filter(ports -> ports.contains(range.last()) && range.size() <= ports.rangeSize());
            }
        }
        return PortSet.ofRange(range);
    }

    /** What the lwB4 hears: what is between the server and us is none of its business. */
    private Refused refusalOf(PcpResponse response) {
        ResultCode code = ResultCode.of(response.result()).orElse(ResultCode.NETWORK_FAILURE);
        return switch (code) {
            case NOT_AUTHORIZED,
                    NO_RESOURCES,
                    USER_EX_QUOTA,
                    CANNOT_PROVIDE_EXTERNAL,
                    UNSUPP_PROTOCOL,
                    NETWORK_FAILURE -> new Refused(code, response.lifetimeSeconds());
            case UNSUPP_OPTION -> {
                warn("The central PCP server " + central + " does not let " + ownAddress + " ask for others by"
                        + " THIRD_PARTY; permit it there (for an lwAFTR: lwaftr.pcp.third-party-from)");
                yield NO_ANSWER;
            }
            default -> {
                warn("The central PCP server " + central + " answered " + code
                        + "; see that it speaks PCP version 2 with" + " PORT_SET, and that no NAT is on the way to it");
                yield NO_ANSWER;
            }
        };
    }

    // After the server lost its state ----------------------------------------------------------------------------

    private void recreateAll() {
        boolean isUnderWay = !toRecreate.isEmpty();
        toRecreate.clear();
        leases.forEach(lease -> {
            if (lease.origin() == Origin.PCP && lease.expiresAt().isBefore(Instant.MAX)) {
                toRecreate.add(lease.b4());
            }
        });
        log.warn("The central PCP server {} lost its state; {} leases are asked for again", central, toRecreate.size());
        if (!isUnderWay && !toRecreate.isEmpty()) {
            loop.execute(this::recreateSome);
        }
    }

    private void recreateSome() {
        Instant now = clock.instant();
        for (int i = 0; i < RECREATED_AT_ONCE && !toRecreate.isEmpty(); i++) {
            leases.find(toRecreate.remove(), now).ifPresent(lease -> recreate(lease, now));
        }
        if (!toRecreate.isEmpty() && !loop.isShuttingDown()) {
            var _ = loop.schedule(this::recreateSome, RECREATION_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void recreate(Lease lease, Instant now) {
        long remaining = Math.max(1, Duration.between(now, lease.expiresAt()).toSeconds());
        Demand demand = new Demand(
                lease.b4(),
                Origin.PCP,
                lease.nonce(),
                Duration.ofSeconds(remaining),
                suggestionOf(lease),
                new PortRange(1, 0xffff),
                lease.replyPort());
        ask(demand, remaining, now, (result, then) -> {
            boolean isDenied = result instanceof Refused refused && refused.code() != ResultCode.NETWORK_FAILURE;
            if (isDenied) {
                leases.find(demand.b4(), then)
                        .filter(still -> still.nonce().equals(demand.nonce()))
                        .ifPresent(still -> {
                            log.warn("{} ends: the central PCP server does not give it again: {}", still, result);
                            leases.revoke(still, then);
                        });
            }
            var _ = leases.commit();
        });
    }

    private void warn(String message) {
        Instant now = clock.instant();
        if (lastWarning == null || !now.isBefore(lastWarning.plus(BETWEEN_WARNINGS))) {
            lastWarning = now;
            log.warn("{}", message);
        }
    }

    /** Ends; what waits is answered no more. Not from the control thread. */
    @Override
    public void close() {
        socket.close().awaitUninterruptibly();
        loop.submit(() -> {
                    for (Exchange exchange : List.copyOf(exchanges.values())) {
                        exchange.settle(NO_ANSWER, clock.instant());
                    }
                })
                .awaitUninterruptibly();
    }

    private final class Responses extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            try {
                onResponse(PcpResponse.decode(packet.content()), clock.instant());
            } catch (PcpException e) {
                log.debug("Not a PCP response from {}: {}", central, e.getMessage());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                // The server is not there at the moment; the request is sent again.
                log.debug("PCP proxy socket", cause);
            } else {
                log.error("A response of the central PCP server could not be taken", cause);
            }
        }
    }
}
