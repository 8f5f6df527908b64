package io.portledger.lwb4;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line through a connected UDP socket. */
final class SocketLine implements Line {

    private static final Logger log = LoggerFactory.getLogger(SocketLine.class);

    private final Channel socket;
    private final Ipv6Address source;

    private SocketLine(Channel socket, Ipv6Address source) {
        this.socket = socket;
        this.source = source;
    }

    static Line open(HostPort server, EventLoop loop, Consumer<ByteBuf> received) throws IOException {
        InetSocketAddress to = new InetSocketAddress(resolve(server.host()), server.port());
        Channel socket = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .handler(new Receiver(received))
                .register()
                .channel();
        // The loop itself opens lines, and must not wait for itself: connecting UDP takes no time.
        var connected = socket.connect(to);
        try {
            return new SocketLine(socket, sourceTowards(to));
        } catch (IOException e) {
            var _ = socket.close();
            throw e;
        } finally {
            var _ = connected.addListener(done -> {
                if (!done.isSuccess()) {
                    log.warn(
                            "No socket to {}: {}",
                            to,
                            String.valueOf(done.cause().getMessage()));
                }
            });
        }
    }

    /** An IPv6 address, if there is one. */
    static InetAddress resolve(String host) throws UnknownHostException {
        InetAddress[] all = InetAddress.getAllByName(host);
        return Arrays.stream(all)
                .filter(Inet6Address.class::isInstance)
                .findFirst()
                .orElse(all[0]);
    }

    /** From which address the kernel sends to a destination. */
    static Ipv6Address sourceTowards(InetSocketAddress destination) throws SocketException {
        try (DatagramSocket probe = new DatagramSocket()) {
            probe.connect(destination);
            byte[] octets = probe.getLocalAddress().getAddress();
            return octets.length == 4
                    ? Ipv6Address.mapped(Ipv4Address.fromBytes(octets, 0))
                    : Ipv6Address.fromBytes(octets, 0);
        }
    }

    @Override
    public Ipv6Address source() {
        return source;
    }

    @Override
    public void send(ByteBuf message) {
        var _ = socket.writeAndFlush(message, socket.voidPromise());
    }

    @Override
    public void close() {
        var _ = socket.close();
    }

    private static final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {

        private final Consumer<ByteBuf> received;

        Receiver(Consumer<ByteBuf> received) {
            this.received = received;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            received.accept(packet.content());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                // The server is not there at the moment; what was asked is asked again.
                log.debug("Socket to {}", context.channel().remoteAddress(), cause);
            } else {
                log.error("A message could not be taken", cause);
            }
        }
    }
}
