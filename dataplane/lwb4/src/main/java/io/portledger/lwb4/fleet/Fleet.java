package io.portledger.lwb4.fleet;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.portledger.lwb4.Holding;
import io.portledger.lwb4.PcpClient;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Thousands of lwB4s that obtain, renew and release bindings from one lwAFTR, or fall silent, over a few sockets and on
 * one thread.
 *
 * <p>All have the address of this machine, so they ask by THIRD_PARTY, each for its own softwire address; the lwAFTR
 * must trust this machine ({@code lwaftr.pcp.third-party-from}). Lifetimes are counted by the given clock;
 * retransmissions by elapsed time, since the network is real even if the clock is not. At most
 * {@value #MOST_IN_FLIGHT} operations wait for an answer at once, so that a fleet does not flood the sockets' buffers.
 *
 * <p>Clients are numbered from 0. Operations of one client are carried out one after another. Thread-safe; the futures
 * complete on the fleet's thread, which must not be blocked.
 */
public final class Fleet implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Fleet.class);
    private static final int MOST_IN_FLIGHT = 128;
    private static final int RECEIVED_OCTETS = 2048;
    private static final int SOCKET_BUFFER_OCTETS = 4 << 20;
    private static final long TICK_MILLIS = 20;

    /** How long a datagram may be on its way at most; what a request that was never answered may still do then. */
    private static final Duration LONGEST_TRANSIT = Duration.ofMinutes(2);

    private final FleetSettings settings;
    private final InstantSource clock;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final List<Channel> sockets = new ArrayList<>();
    private final Member[] members;
    private final Map<Nonce, Member> byNonce = new HashMap<>();
    private final Truth truth = new Truth();
    private final Queue<Member> ready = new ArrayDeque<>();
    private final PriorityQueue<Due> dues = new PriorityQueue<>(Comparator.comparing(Due::at));
    private int inFlight;
    private int pending;
    private boolean isBeginning;
    private final List<CompletableFuture<Void>> idleWaiters = new ArrayList<>();

    private record Due(Instant at, Member member) {}

    private Fleet(FleetSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        group = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("lwb4-fleet", true), NioIoHandler.newFactory());
        loop = group.next();
        try {
            for (int i = 0; i < settings.sockets(); i++) {
                sockets.add(connect());
            }
        } catch (UncheckedIOException e) {
            shutDown();
            throw e;
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(settings.seed());
        members = new Member[settings.clients()];
        for (int i = 0; i < members.length; i++) {
            members[i] = new Member(settings.address(i), sockets.get(i % sockets.size()), random);
            byNonce.put(members[i].client.nonce(), members[i]);
        }
        if (settings.renews()) {
            loop.execute(this::renewWhatIsDue);
        }
    }

    /**
     * Makes the clients; they do nothing yet.
     *
     * @throws UncheckedIOException if the server's address cannot be reached from here
     */
    public static Fleet start(FleetSettings settings, InstantSource clock) {
        return new Fleet(settings, clock);
    }

    /** What the fleet was made from. */
    public FleetSettings settings() {
        return settings;
    }

    /** What the clients know to be true. */
    public Truth truth() {
        return truth;
    }

    /** Lets the client obtain a binding, or, if it has one, renew it. */
    public CompletableFuture<PcpClient.Outcome> obtain(int client) {
        return perform(client, member -> {
            if (member.client.holding().isPresent()) {
                member.client.renew(clock.instant());
            } else {
                member.client.obtain(clock.instant());
            }
            return true;
        });
    }

    /** Lets the client renew its binding; fails with IllegalStateException if it has none. */
    public CompletableFuture<PcpClient.Outcome> renew(int client) {
        return perform(client, member -> {
            member.client.renew(clock.instant());
            return true;
        });
    }

    /** Lets the client release its binding; fails with IllegalStateException if it has none. */
    public CompletableFuture<PcpClient.Outcome> release(int client) {
        return perform(client, member -> {
            member.client.release(clock.instant());
            return true;
        });
    }

    /** Lets the client fall silent: it neither renews nor releases. {@link #obtain} brings it back. */
    public CompletableFuture<Void> vanish(int client) {
        return perform(client, Member::vanish).thenApply(outcome -> null);
    }

    /** What the client has now. */
    public CompletableFuture<Optional<Holding>> holding(int client) {
        return CompletableFuture.supplyAsync(
                () -> {
                    members[client].forgetWhatEnded();
                    return members[client].client.holding();
                },
                loop);
    }

    /** Completes when no operation is under way. */
    public CompletableFuture<Void> idle() {
        CompletableFuture<Void> idle = new CompletableFuture<>();
        loop.execute(() -> {
            if (pending == 0) {
                idle.complete(null);
            } else {
                idleWaiters.add(idle);
            }
        });
        return idle;
    }

    /** Falls silent as a whole and frees the sockets. */
    @Override
    public void close() {
        sockets.forEach(socket -> socket.close().awaitUninterruptibly());
        shutDown();
    }

    InstantSource clock() {
        return clock;
    }

    EventLoop loop() {
        return loop;
    }

    /** Begins an operation; false if there is nothing to wait for. */
    private interface Action {
        boolean begin(Member member);
    }

    private record Operation(Action action, CompletableFuture<PcpClient.Outcome> outcome) {}

    private CompletableFuture<PcpClient.Outcome> perform(int client, Action action) {
        CompletableFuture<PcpClient.Outcome> outcome = new CompletableFuture<>();
        Executor fleetThread = task -> {
            if (loop.inEventLoop()) {
                task.run();
            } else {
                loop.execute(task);
            }
        };
        fleetThread.execute(() -> {
            Member member = members[client];
            pending++;
            member.operations.add(new Operation(action, outcome));
            if (member.operations.size() == 1) {
                ready.add(member);
                beginWhatIsReady();
            }
        });
        return outcome;
    }

    private void beginWhatIsReady() {
        if (isBeginning) {
            return;
        }
        isBeginning = true;
        while (inFlight < MOST_IN_FLIGHT && !ready.isEmpty()) {
            Member member = ready.remove();
            Operation operation = member.operations.element();
            member.begun = operation;
            inFlight++;
            member.forgetWhatEnded();
            try {
                if (!operation.action().begin(member)) {
                    finish(member, () -> operation.outcome().complete(new PcpClient.Released()));
                }
            } catch (IllegalStateException e) {
                finish(member, () -> operation.outcome().completeExceptionally(e));
            }
        }
        isBeginning = false;
    }

    private void finish(Member member, Runnable completion) {
        member.operations.remove();
        member.begun = null;
        inFlight--;
        if (!member.operations.isEmpty()) {
            ready.add(member);
        }
        completion.run();
        pending--;
        if (pending == 0) {
            List<CompletableFuture<Void>> waiters = List.copyOf(idleWaiters);
            idleWaiters.clear();
            waiters.forEach(waiter -> waiter.complete(null));
        }
        beginWhatIsReady();
    }

    private void renewWhatIsDue() {
        Instant now = clock.instant();
        while (!dues.isEmpty() && !dues.element().at().isAfter(now)) {
            Member member = dues.remove().member();
            member.plannedFor = null;
            if (member.operations.isEmpty()) {
                member.client.onTime(now);
            }
            member.plan();
        }
        if (!loop.isShuttingDown()) {
            var _ = loop.schedule(this::renewWhatIsDue, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void take(ByteBuf datagram) {
        PcpResponse response;
        try {
            response = PcpResponse.decode(datagram);
        } catch (PcpException e) {
            log.debug("Not a PCP response: {}", e.getMessage());
            return;
        }
        Instant now = clock.instant();
        if (response.operation() instanceof PcpOperation.Map map) {
            Member member = byNonce.get(map.nonce());
            if (member != null) {
                member.take(response, now);
            }
        } else if (response.operation() instanceof PcpOperation.Announce) {
            for (Member member : members) {
                boolean _ = member.client.onResponse(response, now);
                member.plan();
            }
        }
    }

    private Channel connect() {
        var connected = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RECEIVED_OCTETS))
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_OCTETS)
                .handler(new SimpleChannelInboundHandler<DatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
                        take(packet.content());
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                        if (cause instanceof IOException) {
                            // The server is not there at the moment; requests are sent again.
                            log.debug("Fleet socket", cause);
                        } else {
                            log.error("The fleet failed to take a response", cause);
                        }
                    }
                })
                .connect(settings.server())
                .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            throw new UncheckedIOException(
                    "The fleet cannot reach " + settings.server() + ": "
                            + connected.cause().getMessage(),
                    new IOException(connected.cause()));
        }
        return connected.channel();
    }

    private void shutDown() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /** One lwB4: the client, its queue of operations, and the book-keeping for the truth. */
    private final class Member implements PcpClient.Events {
        private final Ipv6Address b4;
        private final Channel socket;
        private final PcpClient client;
        private final Queue<Operation> operations = new ArrayDeque<>(1);
        private @Nullable Future<?> retransmission;
        private @Nullable Operation begun;
        private @Nullable Instant plannedFor;
        private boolean isVanishing;
        private boolean isUnresolved;

        /** Copies of requests that no response came for yet, when the oldest was sent, and when the last. */
        private int unanswered;

        private Instant oldestSent = Instant.EPOCH;
        private long lastSentNanos;

        /** Bounds of a binding of which not all is told yet. */
        private boolean isOpening;

        private Instant startNotBefore = Instant.EPOCH;
        private Instant startNotAfter = Instant.EPOCH;

        /** When the server's lifetime ends. */
        private Instant endNotBefore = Instant.EPOCH;

        private Instant endNotAfter = Instant.EPOCH;

        /** The exchange that was answered last. */
        private Instant exchangeBegan = Instant.EPOCH;

        private Instant exchangeEnded = Instant.EPOCH;

        Member(Ipv6Address b4, Channel socket, RandomGenerator random) {
            this.b4 = b4;
            this.socket = socket;
            InetAddress source = ((InetSocketAddress) socket.localAddress()).getAddress();
            client = new PcpClient(
                    new PcpClient.Wishes(
                            addressOf(source), b4, settings.lifetime().toSeconds(), settings.learnsFurtherRanges()),
                    random,
                    this);
        }

        @Override
        public void transmit(PcpRequest request, @Nullable Duration retransmitAfter) {
            if (!isUnresolved) {
                isUnresolved = true;
                truth.sent();
            }
            long nanos = System.nanoTime();
            if (nanos - lastSentNanos > LONGEST_TRANSIT.toNanos()) {
                unanswered = 0;
            }
            lastSentNanos = nanos;
            if (unanswered == 0) {
                oldestSent = millis(clock.instant());
            }
            unanswered++;
            ByteBuf out = socket.alloc().buffer(request.encodedLength());
            request.encode(out);
            var _ = socket.writeAndFlush(out, socket.voidPromise());
            cancelRetransmission();
            if (retransmitAfter != null) {
                retransmission = loop.schedule(client::retransmit, retransmitAfter.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        boolean vanish() {
            if (client.isAwaiting()) {
                isVanishing = true;
            } else {
                forget();
            }
            return isVanishing;
        }

        void take(PcpResponse response, Instant now) {
            exchangeBegan = unanswered == 0 ? millis(now) : oldestSent;
            exchangeEnded = millis(now);
            unanswered = Math.max(0, unanswered - 1);
            boolean wasAwaiting = client.isAwaiting();
            boolean hadHolding = client.holding().isPresent();
            boolean isGrant = response.isSuccess() && response.lifetimeSeconds() > 0;
            if (isGrant) {
                confirm(response.lifetimeSeconds(), wasAwaiting && !hadHolding);
            }
            boolean _ = client.onResponse(response, now);
            if (!client.isAwaiting()) {
                cancelRetransmission();
                resolve();
            }
            if (isGrant && !wasAwaiting) {
                // The answer to a second copy of a request: the server counted the lifetime once more.
                truth.confirmed(b4, exchangeBegan, exchangeEnded, endNotBefore, endNotAfter);
            }
            plan();
        }

        @Override
        public void settled(PcpClient.Outcome outcome) {
            switch (outcome) {
                case PcpClient.Bound(Holding holding) -> open(holding);
                case PcpClient.Renewed(Holding holding, boolean isRecreated) -> {
                    if (isRecreated) {
                        truth.lost(b4, exchangeEnded);
                        startNotBefore = exchangeBegan;
                        startNotAfter = exchangeEnded;
                        open(holding);
                    } else {
                        truth.confirmed(b4, exchangeBegan, exchangeEnded, endNotBefore, endNotAfter);
                    }
                }
                case PcpClient.Released released -> {
                    isOpening = false;
                    truth.closed(b4, exchangeBegan, exchangeEnded);
                }
                case PcpClient.Lost lost -> {
                    if (lost.holding().expiresAt().isAfter(clock.instant())) {
                        truth.lost(b4, exchangeEnded);
                        isOpening = true;
                        startNotBefore = exchangeBegan;
                        startNotAfter = exchangeEnded;
                    }
                    // More is coming: the binding that the client has instead, or that it asks for.
                    return;
                }
                case PcpClient.Refused refused -> isOpening = false;
            }
            if (isVanishing) {
                isVanishing = false;
                forget();
            }
            resolve();
            Operation operation = begun;
            if (operation != null) {
                finish(this, () -> operation.outcome().complete(outcome));
            }
        }

        /** A fleet that does not renew by itself is not told by its clients that their time is over. */
        void forgetWhatEnded() {
            Instant now = clock.instant();
            if (!client.isAwaiting()
                    && client.holding()
                            .filter(holding -> !holding.expiresAt().isAfter(now))
                            .isPresent()) {
                forget();
            }
        }

        private void forget() {
            client.forget();
            isOpening = false;
            cancelRetransmission();
        }

        private void resolve() {
            if (isUnresolved && !client.isAwaiting()) {
                isUnresolved = false;
                truth.answered();
            }
        }

        /** The server counts a lifetime from an instant of the exchange that was just answered. */
        private void confirm(long lifetimeSeconds, boolean isFirst) {
            if (isFirst && !isOpening) {
                isOpening = true;
                startNotBefore = exchangeBegan;
                startNotAfter = exchangeEnded;
            }
            endNotBefore = exchangeBegan.plusSeconds(lifetimeSeconds);
            endNotAfter = exchangeEnded.plusSeconds(lifetimeSeconds);
            if (unanswered > 0) {
                // A copy of the request may reach the server later and renew the lease once more.
                endNotAfter = endNotAfter.plus(LONGEST_TRANSIT);
            }
        }

        private void open(Holding holding) {
            isOpening = false;
            Optional<PortSet> ports = holding.portSet();
            if (ports.isEmpty()) {
                log.error("{} got ports that are no port set: {}; the truth lacks them", b4, holding);
                truth.sent();
                return;
            }
            truth.opened(new Tenure(
                    b4, holding.ipv4(), ports.get(), startNotBefore, startNotAfter, endNotBefore, endNotAfter));
        }

        private void plan() {
            if (settings.renews()) {
                client.nextDue().ifPresent(at -> {
                    if (plannedFor == null || at.isBefore(plannedFor)) {
                        plannedFor = at;
                        dues.add(new Due(at, this));
                    }
                });
            }
        }

        private void cancelRetransmission() {
            if (retransmission != null) {
                retransmission.cancel(false);
                retransmission = null;
            }
        }

        private static Instant millis(Instant instant) {
            return instant.truncatedTo(ChronoUnit.MILLIS);
        }

        private static Ipv6Address addressOf(InetAddress address) {
            byte[] octets = address.getAddress();
            return octets.length == 4
                    ? Ipv6Address.mapped(Ipv4Address.fromBytes(octets, 0))
                    : Ipv6Address.fromBytes(octets, 0);
        }
    }
}
