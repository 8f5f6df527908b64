package io.portledger.collector;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.portledger.collector.dialect.Dialects;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.settings.HostPort;
import io.portledger.syslog.SyslogFrameDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running collector. Threads: event loops that read and decode, one that sends to Kafka, those of Kafka's producer.
 */
public final class Collector implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

    private static final int MAX_DATAGRAM_OCTETS = 65_535;
    private static final int DATAGRAMS_A_READ = 16;
    private static final long TICK_MILLIS = 250;
    private static final long TICKS_A_KERNEL_LOOK = 4;
    private static final long TICKS_A_MARK = 20;
    private static final long LONGEST_SEGMENT_OCTETS = 64 << 20;
    private static final int SEGMENTS = 32;

    private final CollectorSettings settings;
    private final InstantSource clock;
    private final StateDirectory state;
    private final Tally tally = new Tally();
    private final GapBoard gapBoard = new GapBoard();
    private final HeardExporters heard;
    private final SkewWatch skewWatch;
    private final Outbox outbox;
    private final Outbox.Batch gapBatch;
    private final IpfixIntake ipfixIntake;
    private final SyslogIntake syslogIntake;
    private final boolean isEpoll = Epoll.isAvailable();
    private final EventLoopGroup eventLoops;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Map<String, Channel> listeners = new LinkedHashMap<>();
    private final Channel ipfixUdp;
    private final Channel syslogUdp;
    private final KernelDrops ipfixDrops;
    private final KernelDrops syslogDrops;
    private final Future<?> ticking;
    private final @Nullable Metrics metrics;
    private volatile long markedMillis;
    private final String name;
    private long ticks;
    private CompletableFuture<?> marking = CompletableFuture.completedFuture(null);
    private long lastKernelLookMillis;
    private boolean isClosed;

    /**
     * Starts: makes the missing topics, listens.
     *
     * @throws CollectorException if Kafka does not answer or a port is taken; nothing runs then
     */
    public static Collector start(CollectorSettings settings) {
        return start(settings, InstantSource.system());
    }

    static Collector start(CollectorSettings settings, InstantSource clock) {
        String name = settings.name() == null ? machineName() : settings.name();
        Dialects dialects = SyslogIntake.dialects(settings.syslog());
        KafkaAccess.check(settings.kafka());
        StateDirectory state = StateDirectory.open(settings.stateDirectory());
        Spill spill = null;
        try {
            Path directory = state.path().resolve("spill");
            OptionalLong collectedUntilMillis = OptionalLong.empty();
            boolean isFirstStart = !Spill.exists(directory);
            if (isFirstStart) {
                collectedUntilMillis = KafkaAccess.prepareTopics(settings.kafka(), name);
            }
            Duration sync = settings.spill().syncInterval();
            spill = Spill.open(
                    directory,
                    Math.min(LONGEST_SEGMENT_OCTETS, settings.spill().maxOctets() / SEGMENTS),
                    sync != null && sync.isZero(),
                    clock,
                    collectedUntilMillis);
            if (!isFirstStart) {
                collectedUntilMillis = OptionalLong.of(spill.collectedUntilMillis());
            }
            return new Collector(settings, name, dialects, clock, state, spill, collectedUntilMillis);
        } catch (IOException | RuntimeException e) {
            closeQuietly(spill);
            state.close();
            if (e instanceof CollectorException known) {
                throw known;
            }
            throw new CollectorException("cannot use the state directory " + state.path() + ": " + e, e);
        }
    }

    private static void closeQuietly(@Nullable Spill spill) {
        if (spill != null) {
            try {
                spill.close();
            } catch (IOException e) {
                LOG.debug("The spill of a collector that did not start", e);
            }
        }
    }

    private static String machineName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            throw new CollectorException(
                    "This machine has no name: " + e.getMessage() + "; give the collector one, collector.name", e);
        }
    }

    private Collector(
            CollectorSettings settings,
            String name,
            Dialects dialects,
            InstantSource clock,
            StateDirectory state,
            Spill spill,
            OptionalLong collectedUntilMillis) {
        this.state = state;
        this.settings = settings;
        this.name = name;
        this.clock = clock;
        heard = new HeardExporters(settings.metrics().maxExporters());
        outbox = new Outbox(
                () -> KafkaAccess.connect(settings.kafka()),
                settings.kafka().bufferOctets(),
                spill,
                settings.spill(),
                tally,
                gapBoard,
                heard);
        gapBatch = outbox.new Batch();
        long gapMarginMillis = settings.gapMargin().toMillis();
        // A mark is older than the reorder window: what is held no longer than that comes before it.
        skewWatch = new SkewWatch(
                gapBoard,
                settings.maxSkew().toMillis(),
                settings.ipfix().reorderWindow().toMillis());
        ipfixIntake = new IpfixIntake(
                settings.ipfix(),
                settings.enterpriseNumber(),
                clock,
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                collectedUntilMillis,
                new TemplateKeeper(settings.stateDirectory().resolve("ipfix-templates")));
        syslogIntake = new SyslogIntake(
                settings.syslog(),
                dialects,
                settings.enterpriseNumber(),
                clock,
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                collectedUntilMillis);
        IoHandlerFactory io = isEpoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        eventLoops = new MultiThreadIoEventLoopGroup(settings.threads(), io);
        try {
            TlsServer tls = settings.ipfix().tls() == null && settings.syslog().tls() == null
                    ? null
                    : new TlsServer(settings.tls());
            ipfixUdp = listenUdp("ipfix.udp", settings.ipfix().udp(), ipfixIntake.datagrams());
            listenTcp("ipfix.tcp", settings.ipfix().tcp(), channel -> takeIpfix(channel, Evidence.Transport.IPFIX_TCP));
            listenTls(
                    "ipfix.tls",
                    settings.ipfix().tls(),
                    tls,
                    channel -> takeIpfix(channel, Evidence.Transport.IPFIX_TLS));
            syslogUdp = listenUdp("syslog.udp", settings.syslog().udp(), syslogIntake.datagrams());
            listenTcp(
                    "syslog.tcp",
                    settings.syslog().tcp(),
                    channel -> takeSyslog(channel, Evidence.Transport.SYSLOG_TCP));
            listenTls(
                    "syslog.tls",
                    settings.syslog().tls(),
                    tls,
                    channel -> takeSyslog(channel, Evidence.Transport.SYSLOG_TLS));
            metrics = Metrics.start(settings.metrics(), settings.spill(), settings.kafka(), new Told());
        } catch (CollectorException e) {
            eventLoops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
            outbox.close(Duration.ZERO);
            throw e;
        }
        ipfixDrops = new KernelDrops(ipfixUdp().port());
        syslogDrops = new KernelDrops(syslogUdp().port());
        lastKernelLookMillis = clock.millis();
        markedMillis = collectedUntilMillis.orElse(lastKernelLookMillis);
        // Whoever exports bindings, if it is never heard again: nobody listened until now.
        collectedUntilMillis.ifPresent(until -> gapBoard.report(
                GapBoard.ANY_EXPORTER,
                0,
                ExporterGap.Cause.NOT_COLLECTED,
                until - gapMarginMillis,
                lastKernelLookMillis,
                0));
        publishGaps();
        ticking = ipfixUdp.eventLoop()
                .scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        LOG.info("The collector listens: {} ({})", endPoints(), isEpoll ? "epoll" : "NIO");
    }

    private void takeIpfix(SocketChannel channel, Evidence.Transport transport) {
        ipfixIntake.connection(transport).addTo(channel.pipeline());
    }

    private void takeSyslog(SocketChannel channel, Evidence.Transport transport) {
        channel.pipeline()
                .addLast(new SyslogFrameDecoder(settings.syslog().maxMessageOctets()))
                .addLast(syslogIntake.connection(transport));
    }

    private Channel listenUdp(String key, HostPort at, ChannelHandler handler) {
        Bootstrap bootstrap = datagrams(eventLoops, isEpoll, settings.udpReceiveBufferOctets(), handler);
        Channel channel = bind(key, at, () -> bootstrap.bind(at.toSocketAddress()));
        int given = channel.config().getOption(ChannelOption.SO_RCVBUF);
        if (given < settings.udpReceiveBufferOctets()) {
            LOG.warn(
                    "collector.{}: the kernel gave a receive buffer of {} octets, not {}; raise sysctl net.core.rmem_max",
                    key,
                    given,
                    settings.udpReceiveBufferOctets());
        }
        return channel;
    }

    /** How datagrams are taken: many at a time from the kernel, where it can. */
    static Bootstrap datagrams(
            EventLoopGroup eventLoops, boolean isEpoll, int receiveBufferOctets, ChannelHandler handler) {
        Bootstrap bootstrap = new Bootstrap()
                .group(eventLoops)
                .channel(isEpoll ? EpollDatagramChannel.class : NioDatagramChannel.class)
                .option(ChannelOption.SO_RCVBUF, receiveBufferOctets)
                .handler(handler);
        if (isEpoll) {
            bootstrap
                    .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, MAX_DATAGRAM_OCTETS)
                    .option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffer(DATAGRAMS_A_READ * MAX_DATAGRAM_OCTETS));
        } else {
            bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, new ReceiveBuffer(MAX_DATAGRAM_OCTETS));
        }
        return bootstrap;
    }

    private void listenTls(String key, @Nullable HostPort at, @Nullable TlsServer tls, Consumer<SocketChannel> begin) {
        if (tls != null) {
            listenTcp(key, at, channel -> {
                tls.protect(channel);
                begin.accept(channel);
            });
        }
    }

    /** Listens, if there is a place to listen at; {@code begin} fills the pipeline of each new connection. */
    private void listenTcp(String key, @Nullable HostPort at, Consumer<SocketChannel> begin) {
        if (at == null) {
            return;
        }
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(eventLoops)
                .channel(isEpoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        connections.add(channel);
                        begin.accept(channel);
                    }
                });
        bind(key, at, () -> bootstrap.bind(at.toSocketAddress()));
    }

    private Channel bind(String key, HostPort at, Supplier<ChannelFuture> bind) {
        ChannelFuture bound = bind.get().awaitUninterruptibly();
        if (bound.cause() != null) {
            throw new CollectorException(
                    "collector." + key + ": cannot listen on " + at + ": "
                            + bound.cause().getMessage() + "; stop what uses the port, or set another",
                    bound.cause());
        }
        listeners.put(key, bound.channel());
        return bound.channel();
    }

    private void tick() {
        try {
            ipfixIntake.expire();
            if (++ticks % TICKS_A_KERNEL_LOOK == 0) {
                lookAtKernelDrops();
            }
            publishGaps();
            if (ticks % TICKS_A_MARK == 1 && marking.isDone()) {
                marking = beginMark();
            }
        } catch (RuntimeException e) {
            LOG.error("The collector's regular work failed", e);
        }
    }

    private void lookAtKernelDrops() {
        long now = clock.millis();
        long ofIpfix = ipfixDrops.more();
        long ofSyslog = syslogDrops.more();
        tally.add(Counter.KERNEL_DROPS, ofIpfix + ofSyslog);
        if (ofIpfix > 0) {
            ipfixIntake.onKernelDrops(lastKernelLookMillis, now);
        }
        if (ofSyslog > 0) {
            syslogIntake.onKernelDrops(lastKernelLookMillis, now);
        }
        lastKernelLookMillis = now;
    }

    /**
     * Finds out up to when everything that was received was handed over. What an event loop took before it came to this
     * task it has handed over, for a task runs between two reads.
     */
    private CompletableFuture<?> beginMark() {
        List<CompletableFuture<Long>> asOf = new ArrayList<>();
        for (EventExecutor eventLoop : eventLoops) {
            asOf.add(CompletableFuture.supplyAsync(clock::millis, eventLoop));
        }
        return CompletableFuture.allOf(asOf.toArray(CompletableFuture[]::new))
                .thenRunAsync(
                        () -> mark(asOf.stream()
                                .mapToLong(CompletableFuture::join)
                                .min()
                                .orElseThrow()),
                        ipfixUdp.eventLoop())
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        LOG.warn("No mark was set: {}", failure.toString());
                    }
                });
    }

    /**
     * Tells that everything received until {@code asOfMillis} is in Kafka, as far as it is. What waits for its template
     * or for Kafka keeps the mark back; holes in a sequence become gaps within the reorder window; and an event waits in
     * its exporter for the gap margin before it is received. How far the collector has come is another matter: what is
     * in the spill is not lost, however long Kafka is away. On the IPFIX event loop, or after it has ended.
     */
    private void mark(long asOfMillis) {
        long takenMillis = Math.min(asOfMillis, ipfixIntake.waitingSinceMillis());
        long doneMillis = Math.min(takenMillis, outbox.oldestUnfinishedMillis());
        long doneBefore = outbox.doneBefore();
        ipfixIntake.expire();
        lookAtKernelDrops();
        publishGaps();
        markedMillis = doneMillis;
        long margin = 1
                + settings.ipfix().reorderWindow().toMillis()
                + settings.gapMargin().toMillis();
        outbox.mark(
                CollectorMark.newBuilder()
                        .setCollector(name)
                        .setUntilMillis(doneMillis - margin)
                        .addAllSilences(ipfixIntake.silences())
                        .build(),
                takenMillis - margin,
                doneBefore);
    }

    private void publishGaps() {
        long now = clock.millis();
        skewWatch.expire(now);
        for (ExporterGap gap : gapBoard.flush()) {
            gapBatch.add(gap, now);
        }
        gapBatch.flush();
    }

    /** What is told beside the counters. */
    private final class Told implements Metrics.Source {
        @Override
        public CollectorCounters counters() {
            return tally.read();
        }

        @Override
        public long spillOctets() {
            return outbox.backlog().spillOctets();
        }

        @Override
        public long bufferOctets() {
            return outbox.backlog().memoryOctets();
        }

        @Override
        public double oldestUnstoredSeconds() {
            long oldestMillis = outbox.oldestUnfinishedMillis();
            return oldestMillis == Long.MAX_VALUE ? 0 : Math.max(0, clock.millis() - oldestMillis) / 1000.0;
        }

        @Override
        public double markAgeSeconds() {
            return (clock.millis() - markedMillis) / 1000.0;
        }

        @Override
        public double kafkaSilenceSeconds() {
            return outbox.silenceOfKafka().toMillis() / 1000.0;
        }

        @Override
        public long connections() {
            return Collector.this.connections.size();
        }

        @Override
        public Map<String, Long> lastHeardMillis() {
            return heard.lastHeardMillis();
        }

        @Override
        public List<String> complaints() {
            List<String> complaints = new ArrayList<>();
            if (outbox.backlog().isAlarming()) {
                complaints.add("The spill is filling or cannot be written: " + spillOctets() + " of "
                        + settings.spill().maxOctets() + " octets");
            }
            Duration silence = outbox.silenceOfKafka();
            if (silence.compareTo(settings.metrics().kafkaSilence()) > 0) {
                complaints.add("Kafka has not answered for " + silence.toSeconds() + " s");
            }
            return complaints;
        }
    }

    /** Where numbers and health are told over HTTP; empty if nowhere. */
    public Optional<HostPort> metrics() {
        return Optional.ofNullable(metrics).map(Metrics::address);
    }

    /** Where IPFIX and NetFlow datagrams are taken. */
    public HostPort ipfixUdp() {
        return endPoint(ipfixUdp);
    }

    /** Where syslog datagrams are taken. */
    public HostPort syslogUdp() {
        return endPoint(syslogUdp);
    }

    /** Where syslog connections are taken. */
    public HostPort syslogTcp() {
        return Objects.requireNonNull(endPoints().get("syslog.tcp"));
    }

    /** Where everything is taken that is listened for: {@code ipfix.tls} and so on. */
    public Map<String, HostPort> endPoints() {
        Map<String, HostPort> endPoints = new LinkedHashMap<>();
        listeners.forEach((key, channel) -> endPoints.put(key, endPoint(channel)));
        return endPoints;
    }

    private static HostPort endPoint(Channel channel) {
        InetSocketAddress address = (InetSocketAddress) channel.localAddress();
        return new HostPort(Addresses.text(address), address.getPort());
    }

    /** What was counted since the start. */
    public CollectorCounters counters() {
        return tally.read();
    }

    /** Stops taking, publishes what is open, and sends what is held to Kafka, for at most its stop-timeout. */
    @Override
    public void close() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        ticking.cancel(false);
        if (metrics != null) {
            metrics.close();
        }
        for (Channel channel : listeners.values()) {
            channel.close().awaitUninterruptibly();
        }
        connections.close().awaitUninterruptibly();
        eventLoops.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
        long stoppedMillis = clock.millis();
        ipfixIntake.close();
        skewWatch.close();
        publishGaps();
        long deadline = System.nanoTime() + settings.kafka().stopTimeout().toNanos();
        // What Kafka refuses meanwhile becomes a gap; what it does not take in time stays in the spill, and keeps the
        // mark
        // that Kafka is told where it is.
        outbox.awaitFinished(settings.kafka().stopTimeout());
        publishGaps();
        mark(stoppedMillis);
        outbox.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        state.close();
        LOG.info("The collector has stopped: {}", counters());
    }
}
