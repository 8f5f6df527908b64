package io.portledger.lwaftr.radius;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.ScheduledFuture;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.SharedSecret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends requests to the first of several servers that answers.
 *
 * <p>A request goes to the first server that is not passed over. It is sent again, the wait doubling each time
 * (RFC 5080 §2.2.1); then that server is passed over for a while unless it answered somebody else meanwhile, and the
 * request goes to the next. If all are passed over, the one for which that ends first is tried. An identifier has 256
 * values, so there are as many source ports as the allowed number of outstanding requests needs. Everything but start and
 * close belongs to the control thread.
 */
final class RadiusClient implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RadiusClient.class);
    private static final int IDENTIFIERS = 256;
    private static final int SOCKET_BUFFER_OCTETS = 1 << 20;

    /**
     * A server and the secret that it shares with us.
     *
     * @param address resolved
     */
    record Server(InetSocketAddress address, SharedSecret secret) {}

    /**
     * How long is waited for whom.
     *
     * @param timeout until the second try
     * @param tries at each server
     * @param deadTime for which a server is passed over
     */
    record Patience(Duration timeout, int tries, Duration deadTime) {}

    private final EventLoop loop;
    private final Patience patience;
    private final int maxOutstanding;
    private final boolean needsMessageAuthenticator;
    private final RadiusCounters counters;
    private final List<Peer> peers = new ArrayList<>();
    private int outstanding;

    /**
     * Opens the sockets.
     *
     * @param needsMessageAuthenticator whether a reply without one counts as none
     * @throws UncheckedIOException if there is no free port
     */
    RadiusClient(
            EventLoop loop,
            List<Server> servers,
            Patience patience,
            int maxOutstanding,
            boolean needsMessageAuthenticator,
            RadiusCounters counters) {
        this.loop = loop;
        this.patience = patience;
        this.maxOutstanding = maxOutstanding;
        this.needsMessageAuthenticator = needsMessageAuthenticator;
        this.counters = counters;
        try {
            for (Server server : servers) {
                peers.add(new Peer(server, (maxOutstanding + IDENTIFIERS - 1) / IDENTIFIERS));
            }
        } catch (UncheckedIOException e) {
            close();
            throw e;
        }
    }

    /** Whether another request may be sent. */
    boolean hasRoom() {
        return outstanding < maxOutstanding;
    }

    /**
     * Sends a request. There must be room.
     *
     * @param attributes are asked for once for each server that is tried
     * @param reply is told the reply that is authentic and to such a request, or null if no server gave one; never before
     *     this method returns
     */
    void send(int code, Supplier<List<RadiusAttribute>> attributes, Consumer<@Nullable RadiusPacket> reply) {
        if (!hasRoom()) {
            throw new IllegalStateException(outstanding + " requests are outstanding");
        }
        outstanding++;
        Exchange exchange = new Exchange(code, attributes, reply);
        exchange.goTo(Objects.requireNonNull(nextFor(exchange)));
    }

    private @Nullable Peer nextFor(Exchange exchange) {
        long now = System.nanoTime();
        for (Peer peer : peers) {
            if (!exchange.tried.contains(peer) && !peer.isDead(now)) {
                return peer;
            }
        }
        return exchange.tried.isEmpty()
                ? peers.stream()
                        .min(Comparator.comparingLong(peer -> peer.deadUntil - now))
                        .orElse(null)
                : null;
    }

    /** Closes the sockets; nobody is told anything any more. */
    @Override
    public void close() {
        for (Peer peer : peers) {
            peer.close();
        }
    }

    /** A server as we know it. */
    private final class Peer {
        final Server server;
        final RadiusCodec codec;
        final List<Socket> sockets = new ArrayList<>();
        boolean isDead;
        long deadUntil;
        long lastReply;
        private int nextSocket;

        Peer(Server server, int ports) {
            this.server = server;
            codec = new RadiusCodec(server.secret());
            lastReply = System.nanoTime();
            deadUntil = lastReply;
            try {
                for (int i = 0; i < ports; i++) {
                    sockets.add(new Socket(this));
                }
            } catch (UncheckedIOException e) {
                close();
                throw e;
            }
        }

        boolean isDead(long now) {
            return isDead && deadUntil - now > 0;
        }

        void passOver() {
            if (!isDead(System.nanoTime())) {
                log.warn(
                        "RADIUS server {} does not answer; it is passed over for {} s",
                        server.address(),
                        patience.deadTime().toSeconds());
            }
            isDead = true;
            deadUntil = System.nanoTime() + patience.deadTime().toNanos();
        }

        void hasAnswered() {
            lastReply = System.nanoTime();
            if (isDead) {
                log.info("RADIUS server {} answers again", server.address());
                isDead = false;
            }
        }

        /** There are as many places as there may be requests. */
        void place(Exchange exchange) {
            for (int i = 0; i < sockets.size(); i++) {
                Socket socket = sockets.get((nextSocket + i) % sockets.size());
                int identifier = socket.place(exchange);
                if (identifier >= 0) {
                    nextSocket = (nextSocket + i + 1) % sockets.size();
                    exchange.socket = socket;
                    exchange.identifier = identifier;
                    return;
                }
            }
            throw new IllegalStateException("no identifier is free");
        }

        void close() {
            sockets.forEach(socket -> socket.channel.close().awaitUninterruptibly());
        }
    }

    /** A source port with its identifiers. */
    private final class Socket {
        final Peer peer;
        final Channel channel;
        private final @Nullable Exchange[] waiting = new Exchange[IDENTIFIERS];
        private int nextIdentifier;

        Socket(Peer peer) {
            this.peer = peer;
            InetAddress any = InetAddress.ofLiteral(
                    peer.server.address().getAddress() instanceof Inet4Address ? "0.0.0.0" : "::");
            var bound = new Bootstrap()
                    .group(loop)
                    .channel(NioDatagramChannel.class)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RadiusPacket.MAX_OCTETS + 1))
                    .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                    .handler(new Replies(this))
                    .bind(new InetSocketAddress(any, 0))
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new UncheckedIOException(
                        "There is no port from which RADIUS server "
                                + peer.server.address() + " can be asked: "
                                + bound.cause().getMessage(),
                        new IOException(bound.cause()));
            }
            channel = bound.channel();
        }

        int place(Exchange exchange) {
            for (int i = 0; i < IDENTIFIERS; i++) {
                int identifier = (nextIdentifier + i) % IDENTIFIERS;
                if (waiting[identifier] == null) {
                    waiting[identifier] = exchange;
                    nextIdentifier = (identifier + 1) % IDENTIFIERS;
                    return identifier;
                }
            }
            return -1;
        }

        void free(int identifier) {
            waiting[identifier] = null;
        }

        void receive(byte[] octets, InetSocketAddress sender) {
            if (!sender.equals(peer.server.address())) {
                counters.add(RadiusCounter.REPLIES_FROM_STRANGERS);
                return;
            }
            if (octets.length < RadiusPacket.HEADER_OCTETS) {
                counters.add(RadiusCounter.REPLIES_MALFORMED);
                return;
            }
            Exchange exchange = waiting[octets[1] & 0xff];
            if (exchange == null) {
                counters.add(RadiusCounter.REPLIES_UNEXPECTED);
                return;
            }
            try {
                RadiusPacket packet = peer.codec.decodeResponse(octets, exchange.octets, needsMessageAuthenticator);
                if (isReply(exchange.code, packet.code())) {
                    peer.hasAnswered();
                    exchange.end(packet);
                } else {
                    counters.add(RadiusCounter.REPLIES_UNEXPECTED);
                }
            } catch (RadiusException e) {
                log.debug("A reply of {} is dropped: {}", sender, e.getMessage());
                counters.add(
                        switch (e.fault()) {
                            case MALFORMED -> RadiusCounter.REPLIES_MALFORMED;
                            case NOT_AUTHENTIC -> RadiusCounter.REPLIES_NOT_AUTHENTIC;
                            case NO_MESSAGE_AUTHENTICATOR -> {
                                warnOfMissingAuthenticator();
                                yield RadiusCounter.REPLIES_WITHOUT_MESSAGE_AUTHENTICATOR;
                            }
                        });
            }
        }

        private void warnOfMissingAuthenticator() {
            if (counters.get(RadiusCounter.REPLIES_WITHOUT_MESSAGE_AUTHENTICATOR) == 0) {
                log.warn(
                        "RADIUS server {} answers without Message-Authenticator, which anybody on the way could forge:"
                                + " make it send one, or set lwaftr.radius.require-message-authenticator to false",
                        peer.server.address());
            }
        }
    }

    private static boolean isReply(int request, int reply) {
        return request == RadiusPacket.ACCESS_REQUEST
                ? reply == RadiusPacket.ACCESS_ACCEPT
                        || reply == RadiusPacket.ACCESS_REJECT
                        || reply == RadiusPacket.ACCESS_CHALLENGE
                : reply == RadiusPacket.ACCOUNTING_RESPONSE;
    }

    /** A request on its way. */
    private final class Exchange {
        final int code;
        final Set<Peer> tried = new HashSet<>(2);
        byte[] octets = new byte[0];

        @Nullable
        Socket socket;

        int identifier;
        private final Supplier<List<RadiusAttribute>> attributes;
        private final Consumer<@Nullable RadiusPacket> reply;
        private @Nullable ScheduledFuture<?> timer;
        private int triesLeft;
        private long wait;
        private long firstSent;

        Exchange(int code, Supplier<List<RadiusAttribute>> attributes, Consumer<@Nullable RadiusPacket> reply) {
            this.code = code;
            this.attributes = attributes;
            this.reply = reply;
        }

        void goTo(Peer peer) {
            tried.add(peer);
            peer.place(this);
            octets = peer.codec.encodeRequest(new RadiusPacket(code, identifier, attributes.get()));
            triesLeft = patience.tries();
            wait = patience.timeout().toNanos();
            firstSent = System.nanoTime();
            transmit(peer);
        }

        private void transmit(Peer peer) {
            triesLeft--;
            var _ = Objects.requireNonNull(socket)
                    .channel
                    .writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(octets), peer.server.address()));
            long jitter = (long) (wait * 0.1 * ThreadLocalRandom.current().nextDouble());
            timer = loop.schedule(() -> runOut(peer), wait + jitter, TimeUnit.NANOSECONDS);
            wait *= 2;
        }

        private void runOut(Peer peer) {
            if (triesLeft > 0) {
                counters.add(RadiusCounter.RETRANSMISSIONS);
                transmit(peer);
                return;
            }
            if (peer.lastReply - firstSent < 0) {
                peer.passOver();
            }
            free();
            Peer next = nextFor(this);
            if (next == null) {
                outstanding--;
                reply.accept(null);
            } else {
                counters.add(RadiusCounter.FAILOVERS);
                goTo(next);
            }
        }

        void end(RadiusPacket packet) {
            ScheduledFuture<?> running = timer;
            if (running != null) {
                running.cancel(false);
            }
            free();
            outstanding--;
            reply.accept(packet);
        }

        private void free() {
            Socket used = socket;
            if (used != null) {
                used.free(identifier);
                socket = null;
            }
        }
    }

    private static final class Replies extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Socket socket;

        Replies(Socket socket) {
            this.socket = socket;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            socket.receive(ByteBufUtil.getBytes(packet.content()), packet.sender());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                log.debug("RADIUS socket", cause);
            } else {
                log.error("A RADIUS reply could not be dealt with", cause);
            }
        }
    }
}
