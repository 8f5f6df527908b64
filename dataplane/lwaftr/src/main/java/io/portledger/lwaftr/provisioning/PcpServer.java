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
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The UDP socket of a {@link PcpService}, on the control thread. */
public final class PcpServer implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PcpServer.class);

    /** Longer than any lawful message, so that one that is too long is seen to be. */
    private static final int RECEIVED_OCTETS = 2048;

    /** As many share one write to the disk. */
    private static final int REQUESTS_AT_ONCE = 256;

    /** Enough for the requests that arrive during a pause of some milliseconds at full rate. */
    private static final int SOCKET_BUFFER_OCTETS = 4 << 20;

    private final Channel channel;
    private DataPathRequests.@Nullable Way secondWay;

    private PcpServer(Channel channel) {
        this.channel = channel;
    }

    /**
     * Begins to serve.
     *
     * @param loop the control thread
     * @param listen where; port 0 lets the system choose
     * @param limit which requests are heard
     * @throws UncheckedIOException if the address cannot be had
     */
    public static PcpServer start(
            EventLoop loop,
            InetSocketAddress listen,
            PcpService service,
            SourceLimit limit,
            LeaseTable leases,
            InstantSource clock) {
        var bound = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(RECEIVED_OCTETS).maxMessagesPerRead(REQUESTS_AT_ONCE))
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_OCTETS)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_OCTETS)
                .handler(new Handler(service, limit, leases, clock))
                .bind(listen)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new UncheckedIOException(
                    "The PCP server cannot listen on " + listen.getHostString() + " port "
                            + listen.getPort() + ": " + bound.cause().getMessage()
                            + ". Set lwaftr.pcp.listen to an address of this machine and a port that is free.",
                    asIoException(bound.cause()));
        }
        return new PcpServer(bound.channel());
    }

    private static IOException asIoException(Throwable cause) {
        return cause instanceof IOException io ? io : new IOException(cause);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /**
     * Lets what nobody asked for go by a second way too. An lwB4 listens only to the address that it asked, and which of the
     * two that was is not known. Control thread, or before the first message.
     */
    public void sendUnaskedBy(DataPathRequests.Way other) {
        secondWay = other;
    }

    /**
     * Sends what nobody asked for, from the port at which the service listens, and by the second way if there is one; by that
     * alone if the service listens on a loopback address. Control thread; what it says must have been made to last.
     */
    void send(PcpResponse response, Ipv6Address client, int port) {
        ByteBuf out = channel.alloc().buffer(PcpRequest.MAX_OCTETS);
        response.encode(out);
        DataPathRequests.Way second = secondWay;
        if (second != null && !second.send(client, port, out.copy())) {
            log.debug("No room for a message to {}", client);
        }
        if (second != null && address().getAddress().isLoopbackAddress()) {
            // The socket is for this machine, and a loopback address must not be seen elsewhere (RFC 4291 §2.5.3).
            out.release();
            return;
        }
        var _ = channel.writeAndFlush(
                new DatagramPacket(out, new InetSocketAddress(addressOf(client), port)), channel.voidPromise());
    }

    private static InetAddress addressOf(Ipv6Address address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("sixteen octets are an address", e);
        }
    }

    /** Ends the service; waits until the socket is closed. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
    }

    /** An IPv4 address in its mapped form. */
    static Ipv6Address addressOf(InetAddress address) {
        byte[] octets = address.getAddress();
        return octets.length == 4
                ? Ipv6Address.mapped(Ipv4Address.fromBytes(octets, 0))
                : Ipv6Address.fromBytes(octets, 0);
    }

    private static final class Handler extends SimpleChannelInboundHandler<DatagramPacket> {
        private final PcpService service;
        private final SourceLimit limit;
        private final LeaseTable leases;
        private final InstantSource clock;
        private final List<DatagramPacket> answers = new ArrayList<>();
        private boolean isReading;

        Handler(PcpService service, SourceLimit limit, LeaseTable leases, InstantSource clock) {
            this.service = service;
            this.limit = limit;
            this.leases = leases;
            this.clock = clock;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            isReading = true;
            InetSocketAddress sender = packet.sender();
            Ipv6Address source = addressOf(sender.getAddress());
            if (!limit.admits(source)) {
                return;
            }
            service.serve(packet.content(), source, source, sender.getPort(), clock.instant(), answer -> {
                answers.add(new DatagramPacket(answer, sender));
                if (!isReading) {
                    send(context);
                }
            });
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            isReading = false;
            send(context);
        }

        /** Sends the answers to all requests that were read together, once what they say is made to last. */
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
                log.debug("PCP socket", cause);
            } else {
                log.error("A PCP request could not be carried out", cause);
            }
        }
    }
}
