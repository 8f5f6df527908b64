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
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.radius.RadiusAttribute;
import io.portledger.radius.RadiusCodec;
import io.portledger.radius.RadiusException;
import io.portledger.radius.RadiusPacket;
import io.portledger.radius.SharedSecret;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server for CoA-Request and Disconnect-Request (RFC 5176): who may send, whether it is authentic, new and not too
 * much; what it does is decided by {@link SessionChanges}. A request that comes once more is answered as before and not
 * carried out again. Everything but start and close belongs to the control thread.
 */
final class DynamicAuthorization implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DynamicAuthorization.class);

    /** Enough for what comes while the control thread does something else. */
    private static final int SOCKET_BUFFER_OCTETS = 1 << 20;

    /** How many answers are kept for requests that come once more. */
    private static final int MAX_ANSWERS = 1 << 16;

    /**
     * Who may send.
     *
     * @param prefix from where
     * @param secret that it shares with us
     */
    record Client(Ipv6Prefix prefix, SharedSecret secret) {}

    /** A request, whoever sent it: its authenticator is a digest of all of it and the secret. */
    private record Request(int identifier, long high, long low) {
        static Request of(byte[] octets) {
            ByteBuffer buffer = ByteBuffer.wrap(octets);
            return new Request(octets[1], buffer.getLong(4), buffer.getLong(12));
        }
    }

    private final RadiusSettings.Coa settings;
    private final SessionChanges changes;
    private final LeaseTable leases;
    private final InstantSource clock;
    private final RadiusCounters counters;
    private final List<Peer> peers = new ArrayList<>();
    private final LinkedHashMap<Request, byte[]> answers = new LinkedHashMap<>();
    private final Channel channel;

    /** A client, and how much it sent in this second. */
    private static final class Peer {
        final Ipv6Prefix prefix;
        final RadiusCodec codec;
        private long second;
        private int requests;

        Peer(Client client) {
            prefix = client.prefix();
            codec = new RadiusCodec(client.secret());
        }

        boolean isFlooding(int limit) {
            long now = System.nanoTime() / 1_000_000_000;
            if (now != second) {
                second = now;
                requests = 0;
            }
            requests++;
            return requests > limit;
        }
    }

    /**
     * Opens the socket; nothing is read from it before {@link #goOn}.
     *
     * @throws UncheckedIOException if the address cannot be had
     */
    DynamicAuthorization(
            EventLoop loop,
            InetSocketAddress listen,
            List<Client> clients,
            RadiusSettings.Coa settings,
            SessionChanges changes,
            LeaseTable leases,
            InstantSource clock,
            RadiusCounters counters) {
        this.settings = settings;
        this.changes = changes;
        this.leases = leases;
        this.clock = clock;
        this.counters = counters;
        clients.forEach(client -> peers.add(new Peer(client)));
        var bound = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(RadiusPacket.MAX_OCTETS + 1))
                .handler(new Handler(this))
                .bind(listen)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new UncheckedIOException(
                    "The RADIUS server for CoA cannot listen on " + listen.getHostString() + " port "
                            + listen.getPort() + ": " + bound.cause().getMessage()
                            + ". Set lwaftr.radius.coa.listen to an address of this machine and a port that is free.",
                    new IOException(bound.cause()));
        }
        channel = bound.channel();
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** From now on requests are served. */
    void goOn() {
        channel.config().setAutoRead(true);
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    /** @return the answer; null if there is none */
    private byte @Nullable [] serve(byte[] octets, InetSocketAddress sender) {
        Peer peer = peerAt(addressOf(sender.getAddress()));
        if (peer == null) {
            counters.add(RadiusCounter.COA_FROM_STRANGERS);
            return null;
        }
        if (peer.isFlooding(settings.requestsPerSecond())) {
            counters.add(RadiusCounter.COA_FLOODED);
            return null;
        }
        RadiusPacket request;
        try {
            request = peer.codec.decodeRequest(octets);
        } catch (RadiusException e) {
            log.debug("A request of {} is dropped: {}", sender, e.getMessage());
            counters.add(
                    e.fault() == RadiusException.Fault.MALFORMED
                            ? RadiusCounter.COA_MALFORMED
                            : RadiusCounter.COA_NOT_AUTHENTIC);
            return null;
        }
        boolean isDisconnect = request.code() == RadiusPacket.DISCONNECT_REQUEST;
        if (!isDisconnect && request.code() != RadiusPacket.COA_REQUEST) {
            counters.add(RadiusCounter.COA_MALFORMED);
            return null;
        }
        Request key = Request.of(octets);
        byte[] before = answers.get(key);
        if (before != null) {
            counters.add(RadiusCounter.COA_REPEATED);
            return before;
        }
        Instant now = clock.instant();
        if (isStale(request, now)) {
            counters.add(RadiusCounter.COA_STALE);
            return null;
        }
        counters.add(RadiusCounter.COA_REQUESTS);
        ErrorCause cause = changes.apply(request, now);
        if (!leases.commit()) {
            // It is not on disk yet: neither yes nor no would be true.
            return null;
        }
        counters.add(cause == null ? RadiusCounter.COA_ACKS : RadiusCounter.COA_NAKS);
        byte[] answer = peer.codec.encodeResponse(answerTo(request, cause, isDisconnect), octets);
        answers.put(key, answer);
        if (answers.size() > MAX_ANSWERS) {
            answers.remove(answers.firstEntry().getKey());
        }
        return answer;
    }

    private static RadiusPacket answerTo(RadiusPacket request, @Nullable ErrorCause cause, boolean isDisconnect) {
        List<RadiusAttribute> attributes = new ArrayList<>(3);
        attributes.add(RadiusCodec.messageAuthenticator());
        if (cause != null) {
            attributes.add(RadiusAttribute.ofInteger(RadiusAttribute.ERROR_CAUSE, cause.code));
        }
        attributes.addAll(request.all(RadiusAttribute.PROXY_STATE));
        int code;
        if (isDisconnect) {
            code = cause == null ? RadiusPacket.DISCONNECT_ACK : RadiusPacket.DISCONNECT_NAK;
        } else {
            code = cause == null ? RadiusPacket.COA_ACK : RadiusPacket.COA_NAK;
        }
        return new RadiusPacket(code, request.identifier(), attributes);
    }

    private boolean isStale(RadiusPacket request, Instant now) {
        Optional<Instant> sent = request.first(RadiusAttribute.EVENT_TIMESTAMP).flatMap(RadiusAttribute::asTime);
        return sent.map(instant -> Duration.between(instant, now).abs().compareTo(settings.eventTimestampWindow()) > 0)
                .orElse(settings.requireEventTimestamp());
    }

    private @Nullable Peer peerAt(Ipv6Address address) {
        for (Peer peer : peers) {
            if (peer.prefix.contains(address)) {
                return peer;
            }
        }
        return null;
    }

    private static Ipv6Address addressOf(InetAddress address) {
        byte[] octets = address.getAddress();
        return octets.length == 4
                ? Ipv6Address.mapped(Ipv4Address.fromBytes(octets, 0))
                : Ipv6Address.fromBytes(octets, 0);
    }

    private static final class Handler extends SimpleChannelInboundHandler<DatagramPacket> {
        private final DynamicAuthorization server;

        Handler(DynamicAuthorization server) {
            this.server = server;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            byte[] answer = server.serve(ByteBufUtil.getBytes(packet.content()), packet.sender());
            if (answer != null) {
                var _ = context.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(answer), packet.sender()));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                log.debug("RADIUS socket for CoA", cause);
            } else {
                log.error("A CoA-Request or Disconnect-Request could not be carried out", cause);
            }
        }
    }
}
