package io.portledger.lwb4;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lwB4 that obtains its binding and renews it until it is closed. It does not forward packets.
 *
 * <p>Thread-safe; the listener is called on the lwB4's own thread.
 */
public final class Lwb4 implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Lwb4.class);
    private static final long LONGEST_PAUSE_MILLIS = 100;

    private final InstantSource clock;
    private final Consumer<PcpClient.Outcome> listener;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private final Channel socket;
    private final PcpClient client;
    private @Nullable Future<?> retransmission;
    private @Nullable CompletableFuture<Void> whenReleased;

    private Lwb4(
            Lwb4Settings settings, InstantSource clock, RandomGenerator random, Consumer<PcpClient.Outcome> listener) {
        this.clock = clock;
        this.listener = listener;
        group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("lwb4", true), NioIoHandler.newFactory());
        loop = group.next();
        InetSocketAddress server = settings.pcpServer().toSocketAddress();
        var connected = new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .handler(new Responses())
                .connect(server)
                .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            shutDown();
            throw new UncheckedIOException(
                    "The PCP server " + settings.pcpServer() + " cannot be reached: "
                            + connected.cause().getMessage() + ". Set lwb4.pcp-server to where the lwAFTR listens.",
                    new IOException(connected.cause()));
        }
        socket = connected.channel();
        byte[] source = ((InetSocketAddress) socket.localAddress()).getAddress().getAddress();
        client = new PcpClient(
                new PcpClient.Wishes(
                        source.length == 4
                                ? Ipv6Address.mapped(Ipv4Address.fromBytes(source, 0))
                                : Ipv6Address.fromBytes(source, 0),
                        null,
                        settings.lifetime().toSeconds(),
                        settings.learnFurtherRanges()),
                random,
                new ClientEvents());
        loop.execute(() -> {
            client.obtain(clock.instant());
            watchTheClock();
        });
    }

    /**
     * Starts an lwB4.
     *
     * @param random chooses the nonce; a SecureRandom unless in a test
     * @param listener is told how everything came out
     * @throws UncheckedIOException if the server's address cannot be reached from here
     */
    public static Lwb4 start(
            Lwb4Settings settings, InstantSource clock, RandomGenerator random, Consumer<PcpClient.Outcome> listener) {
        return new Lwb4(settings, clock, random, listener);
    }

    /** What it has. */
    public Optional<Holding> holding() {
        return CompletableFuture.supplyAsync(client::holding, loop).join();
    }

    /**
     * Releases the binding.
     *
     * @return completes when the lwAFTR confirmed it, or at once if there is none
     */
    public CompletableFuture<Void> release() {
        CompletableFuture<Void> released = new CompletableFuture<>();
        loop.execute(() -> {
            if (client.holding().isEmpty()) {
                client.forget();
                released.complete(null);
            } else {
                whenReleased = released;
                client.release(clock.instant());
            }
        });
        return released;
    }

    /** Ends without releasing; the binding lasts until its lifetime ends. */
    @Override
    public void close() {
        socket.close().awaitUninterruptibly();
        shutDown();
    }

    private void watchTheClock() {
        Instant now = clock.instant();
        client.onTime(now);
        long pause =
                client.nextDue().map(at -> Duration.between(now, at).toMillis()).orElse(LONGEST_PAUSE_MILLIS);
        if (!loop.isShuttingDown()) {
            var _ = loop.schedule(
                    this::watchTheClock, Math.clamp(pause, 1, LONGEST_PAUSE_MILLIS), TimeUnit.MILLISECONDS);
        }
    }

    private void cancelRetransmission() {
        if (retransmission != null) {
            retransmission.cancel(false);
            retransmission = null;
        }
    }

    private void shutDown() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private final class ClientEvents implements PcpClient.Events {
        @Override
        public void transmit(PcpRequest request, @Nullable Duration retransmitAfter) {
            ByteBuf out = socket.alloc().buffer(request.encodedLength());
            request.encode(out);
            var _ = socket.writeAndFlush(out, socket.voidPromise());
            cancelRetransmission();
            if (retransmitAfter != null) {
                retransmission = loop.schedule(client::retransmit, retransmitAfter.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void settled(PcpClient.Outcome outcome) {
            listener.accept(outcome);
            CompletableFuture<Void> released = whenReleased;
            if (released != null) {
                whenReleased = null;
                released.complete(null);
            }
        }
    }

    private final class Responses extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            try {
                boolean isOurs = client.onResponse(PcpResponse.decode(packet.content()), clock.instant());
                if (isOurs && !client.isAwaiting()) {
                    cancelRetransmission();
                }
            } catch (PcpException e) {
                log.debug("Not a PCP response: {}", e.getMessage());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                // The server is not there at the moment; the request is sent again.
                log.debug("PCP socket", cause);
            } else {
                log.error("A PCP response could not be taken", cause);
            }
        }
    }
}
