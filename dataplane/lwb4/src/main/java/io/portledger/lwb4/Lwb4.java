package io.portledger.lwb4;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.portledger.pcp.PcpException;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One lwB4 that obtains its binding by PCP and renews it until it is closed. It does not forward packets.
 *
 * <p>Thread-safe; the listener is called on the lwB4's own thread.
 */
public final class Lwb4 implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Lwb4.class);
    private static final long LONGEST_PAUSE_MILLIS = 100;

    /** After so many requests without an answer, the server's name is resolved anew: it may have moved. */
    private static final int REQUESTS_TO_ONE_ADDRESS = 4;

    private final Lwb4Settings settings;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Consumer<PcpClient.Outcome> listener;
    private final Line.Opener opener;
    private final EventLoopGroup group;
    private final EventLoop loop;
    private Line line;
    private PcpClient client;
    private int unanswered;
    private @Nullable Future<?> retransmission;
    private @Nullable CompletableFuture<Void> whenReleased;

    private Lwb4(
            Lwb4Settings settings,
            Line.Opener opener,
            InstantSource clock,
            RandomGenerator random,
            Consumer<PcpClient.Outcome> listener) {
        this.settings = settings;
        this.opener = opener;
        this.clock = clock;
        this.random = random;
        this.listener = listener;
        group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("lwb4", true), NioIoHandler.newFactory());
        loop = group.next();
        try {
            line = opener.open(loop, this::received);
        } catch (IOException e) {
            shutDown();
            throw new UncheckedIOException(e.getMessage(), e);
        }
        client = client(line.source());
        loop.execute(() -> {
            client.obtain(clock.instant());
            watchTheClock();
        });
    }

    /**
     * Starts an lwB4 that asks the server of its settings from a socket.
     *
     * @param random chooses the nonce; a SecureRandom unless in a test
     * @param listener is told how everything came out
     * @throws UncheckedIOException if the server's address cannot be reached from here
     */
    public static Lwb4 start(
            Lwb4Settings settings, InstantSource clock, RandomGenerator random, Consumer<PcpClient.Outcome> listener) {
        HostPort server = settings.pcpServer();
        if (server == null) {
            throw new IllegalArgumentException("Key lwb4.pcp-server needs a value");
        }
        return start(settings, reaching(server), clock, random, listener);
    }

    static Lwb4 start(
            Lwb4Settings settings,
            Line.Opener opener,
            InstantSource clock,
            RandomGenerator random,
            Consumer<PcpClient.Outcome> listener) {
        return new Lwb4(settings, opener, clock, random, listener);
    }

    /** Opens sockets to a server. */
    static Line.Opener reaching(HostPort server) {
        return (loop, received) -> {
            try {
                return SocketLine.open(server, loop, received);
            } catch (IOException e) {
                throw new IOException(
                        "The PCP server " + server + " cannot be reached: " + e.getMessage()
                                + ". Set lwb4.pcp-server to where the lwAFTR listens.",
                        e);
            }
        };
    }

    /** What it has. */
    public Optional<Holding> holding() {
        return CompletableFuture.supplyAsync(() -> client.holding(), loop).join();
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
        try {
            CompletableFuture.runAsync(() -> line.close(), loop).join();
        } catch (CompletionException e) {
            log.debug("The line to the PCP server was not closed", e);
        }
        shutDown();
    }

    private PcpClient client(Ipv6Address source) {
        return new PcpClient(
                new PcpClient.Wishes(source, null, settings.lifetime().toSeconds(), settings.learnFurtherRanges()),
                random,
                new ClientEvents());
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

    private void received(ByteBuf message) {
        try {
            boolean isOurs = client.onResponse(PcpResponse.decode(message), clock.instant());
            if (isOurs) {
                unanswered = 0;
            }
            if (isOurs && !client.isAwaiting()) {
                cancelRetransmission();
            }
        } catch (PcpException e) {
            log.debug("Not a PCP response: {}", e.getMessage());
        }
    }

    /** Looks where the server is now; if this machine has another address towards it, its binding is another one. */
    private void reopen() {
        try {
            Line opened = opener.open(loop, this::received);
            line.close();
            line = opened;
        } catch (IOException e) {
            log.warn("{} It is tried again.", e.getMessage());
            return;
        }
        if (!line.source().equals(client.source()) && whenReleased == null) {
            Optional<Holding> had = client.holding();
            client.forget();
            cancelRetransmission();
            client = client(line.source());
            had.ifPresent(holding -> listener.accept(new PcpClient.Lost(holding)));
            client.obtain(clock.instant());
        }
    }

    private void retransmit() {
        if (unanswered >= REQUESTS_TO_ONE_ADDRESS) {
            unanswered = 0;
            reopen();
        }
        client.retransmit();
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
            ByteBuf out = PooledByteBufAllocator.DEFAULT.buffer(request.encodedLength());
            request.encode(out);
            line.send(out);
            unanswered++;
            cancelRetransmission();
            if (retransmitAfter != null) {
                retransmission =
                        loop.schedule(Lwb4.this::retransmit, retransmitAfter.toMillis(), TimeUnit.MILLISECONDS);
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
}
