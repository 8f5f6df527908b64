package io.portledger.lwaftr.dhcp;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.lwaftr.provisioning.DataPathRequests;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DHCP on the lwAFTR: one UDP socket, on the control thread. */
public final class DhcpServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DhcpServer.class);

    /** No message of DHCP over UDP is longer. */
    private static final int RECEIVED_OCTETS = 4096;

    /** As many share one write to the disk. */
    private static final int REQUESTS_AT_ONCE = 256;

    private static final int SOCKET_BUFFER_OCTETS = 4 << 20;

    private final NioDatagramChannel channel;
    private final Handler handler;

    private DhcpServer(NioDatagramChannel channel, Handler handler) {
        this.channel = channel;
        this.handler = handler;
    }

    /**
     * Begins to serve, if the settings say where. Called on any thread but the control thread.
     *
     * @param loop the control thread
     * @param ipv4Address by which DHCPv4 clients know this server
     * @param limit which clients are heard
     * @return empty if it is not to listen
     * @throws UncheckedIOException if the address cannot be had, or an interface does not exist
     * @throws IllegalArgumentException if the central server has no IPv6 address
     */
    public static Optional<DhcpServer> start(
            EventLoop loop,
            DhcpSettings settings,
            Ipv4Address ipv4Address,
            Provisioner provisioner,
            SourceLimit limit,
            InstantSource clock) {
        HostPort listen = settings.listen();
        if (listen == null) {
            return Optional.empty();
        }
        Handler handler = new Handler(provisioner, settings, ipv4Address, limit, clock);
        var bound = new Bootstrap()
                .group(loop)
                .channelFactory(() -> new NioDatagramChannel(SocketProtocolFamily.INET6))
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(RECEIVED_OCTETS).maxMessagesPerRead(REQUESTS_AT_ONCE))
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_OCTETS)
                .handler(handler)
                .bind(listen.toSocketAddress())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new UncheckedIOException(
                    "DHCP cannot listen on " + listen + ": " + bound.cause().getMessage()
                            + ". Set lwaftr.dhcp.listen to an IPv6 address of this machine and a port that is free.",
                    asIoException(bound.cause()));
        }
        NioDatagramChannel channel = (NioDatagramChannel) bound.channel();
        try {
            for (String name : settings.interfaces()) {
                join(channel, name);
            }
        } catch (IOException e) {
            channel.close().awaitUninterruptibly();
            throw new UncheckedIOException(e.getMessage(), e);
        }
        log.info("DHCP listens on {}, mode: {}", channel.localAddress(), settings.mode());
        return Optional.of(new DhcpServer(channel, handler));
    }

    private static void join(NioDatagramChannel channel, String name) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(name);
        if (found == null) {
            throw new IOException("Invalid value " + name
                    + " for key lwaftr.dhcp.interfaces: there is no such interface (allowed: names as ip link shows"
                    + " them)");
        }
        var joined = channel.joinGroup(InetAddress.getByAddress(Dhcpv6Message.ALL_SERVERS.toBytes()), found, null)
                .awaitUninterruptibly();
        if (!joined.isSuccess()) {
            throw new IOException(
                    "DHCP cannot hear what is sent to all servers on " + name + ": "
                            + joined.cause().getMessage(),
                    joined.cause());
        }
    }

    private static IOException asIoException(Throwable cause) {
        return cause instanceof IOException io ? io : new IOException(cause);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return channel.localAddress();
    }

    /** What happened. */
    public DhcpCounters counters() {
        return handler.service.counters();
    }

    /** How clients that ask among the packets get their answers. Before this is called they get none. Any thread. */
    public void answerBy(DataPathRequests.Way way) {
        handler.way = way;
    }

    /**
     * Serves a datagram that a client sent among its packets. Relays and the central server are heard at the socket only:
     * anybody could send in their names here. Control thread.
     *
     * @param datagram its readable octets
     * @param source where it came from
     * @param port the UDP port from which it came, to which the answer goes
     */
    public void serveAmongPackets(ByteBuf datagram, Ipv6Address source, int port, Instant now) {
        int type = datagram.isReadable() ? datagram.getUnsignedByte(datagram.readerIndex()) : 0;
        if (type == Dhcpv6Message.RELAY_FORWARD || type == Dhcpv6Message.RELAY_REPLY) {
            counters().add(DhcpCounter.DROPPED_SPOOFED);
            return;
        }
        handler.service.serve(datagram, new Peer(source, port, Peer.AMONG_PACKETS), now);
    }

    /** Ends the service; waits until the socket is closed. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    private static final class Handler extends SimpleChannelInboundHandler<DatagramPacket> {
        private final DhcpService service;
        private final LeaseTable leases;
        private final InstantSource clock;
        private final List<DatagramPacket> answers = new ArrayList<>();
        private boolean isReading;
        private @Nullable ChannelHandlerContext active;
        private volatile DataPathRequests.@Nullable Way way;

        Handler(
                Provisioner provisioner,
                DhcpSettings settings,
                Ipv4Address ipv4Address,
                SourceLimit limit,
                InstantSource clock) {
            this.leases = provisioner.leases();
            this.clock = clock;
            service = new DhcpService(provisioner, settings, ipv4Address, limit, this::answer);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            active = context;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            if (!(packet.sender().getAddress() instanceof Inet6Address address)) {
                return;
            }
            isReading = true;
            Peer sender = new Peer(
                    Ipv6Address.fromBytes(address.getAddress(), 0),
                    packet.sender().getPort(),
                    address.getScopeId());
            service.serve(packet.content(), sender, clock.instant());
        }

        private void answer(Dhcpv6Message message, Peer to) {
            if (to.scope() == Peer.AMONG_PACKETS) {
                answerAmongPackets(message, to);
                return;
            }
            ChannelHandlerContext context = active;
            if (context == null) {
                return;
            }
            ByteBuf out = context.alloc().buffer();
            message.encode(out);
            answers.add(new DatagramPacket(out, socketAddress(to)));
            if (!isReading) {
                send(context);
            }
        }

        private void answerAmongPackets(Dhcpv6Message message, Peer to) {
            DataPathRequests.Way back = way;
            // If it cannot be made to last, the client asks again.
            if (back != null && leases.commit()) {
                ByteBuf out = Unpooled.buffer();
                message.encode(out);
                if (!back.send(to.address(), to.port(), out)) {
                    log.debug("No room for an answer to {}", to);
                }
            }
        }

        private static InetSocketAddress socketAddress(Peer peer) {
            try {
                return new InetSocketAddress(
                        Inet6Address.getByAddress(null, peer.address().toBytes(), peer.scope()), peer.port());
            } catch (UnknownHostException e) {
                throw new IllegalStateException("sixteen octets are an address", e);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            isReading = false;
            send(context);
        }

        /** Sends what was made of all messages that were read together, once what it says is made to last. */
        private void send(ChannelHandlerContext context) {
            boolean isLasting = leases.commit();
            for (DatagramPacket answer : answers) {
                if (isLasting) {
                    var _ = context.write(answer, context.voidPromise());
                } else {
                    // The clients ask again.
                    answer.release();
                }
            }
            answers.clear();
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                // An unreachable client comes back as an error of the socket; the next datagram is another client's.
                log.debug("DHCP socket", cause);
            } else {
                log.error("A DHCP message could not be served", cause);
            }
        }
    }
}
