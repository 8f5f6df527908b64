package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes IPFIX and NetFlow v9: makes the sessions, and the handlers that feed them from the network. Files and replays feed {@link
 * #datagramSessions} and {@link #stream} themselves.
 */
final class IpfixIntake {

    private static final Logger LOG = LoggerFactory.getLogger(IpfixIntake.class);

    private final SessionContext context;
    private final InstantSource clock;
    private final Outbox outbox;
    private final ElementRegistry registry;
    private final @Nullable TemplateKeeper keeper;
    private final Set<IpfixConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicLong templateFieldsOfConnections = new AtomicLong();
    private final Datagrams datagrams;

    /**
     * Takes nothing yet.
     *
     * @param collectedUntilMillis until when collectors collected before this one; empty if there was none
     * @param keeper keeps the templates of datagram sessions beyond the process; null if they need not be kept
     */
    IpfixIntake(
            IpfixSettings settings,
            long enterprise,
            InstantSource clock,
            Outbox outbox,
            GapBoard gapBoard,
            SkewWatch skewWatch,
            Tally tally,
            long gapMarginMillis,
            OptionalLong collectedUntilMillis,
            @Nullable TemplateKeeper keeper) {
        this(
                settings,
                enterprise,
                clock,
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                collectedUntilMillis,
                keeper,
                SessionContext.Edges.LIVE);
    }

    /** Takes what was kept in files, and nothing from the network. */
    static IpfixIntake ofFiles(
            IpfixSettings settings,
            long enterprise,
            Outbox outbox,
            GapBoard gapBoard,
            SkewWatch skewWatch,
            Tally tally,
            long gapMarginMillis,
            SessionContext.Edges edges) {
        return new IpfixIntake(
                settings,
                enterprise,
                InstantSource.system(),
                outbox,
                gapBoard,
                skewWatch,
                tally,
                gapMarginMillis,
                OptionalLong.empty(),
                null,
                edges);
    }

    private IpfixIntake(
            IpfixSettings settings,
            long enterprise,
            InstantSource clock,
            Outbox outbox,
            GapBoard gapBoard,
            SkewWatch skewWatch,
            Tally tally,
            long gapMarginMillis,
            OptionalLong collectedUntilMillis,
            @Nullable TemplateKeeper keeper,
            SessionContext.Edges edges) {
        this.keeper = keeper;
        this.clock = clock;
        this.outbox = outbox;
        Lw4o6Elements elements = Lw4o6Elements.of(enterprise);
        registry = ElementRegistry.iana().with(elements.all());
        context = new SessionContext(
                settings,
                elements,
                gapBoard,
                skewWatch,
                tally,
                new ExporterWatch(gapBoard, settings, gapMarginMillis),
                new AtomicLong(),
                gapMarginMillis,
                collectedUntilMillis,
                edges);
        datagrams = new Datagrams();
    }

    /** The handler of the UDP channel; there is one. */
    Datagrams datagrams() {
        return datagrams;
    }

    /** What takes a new connection. */
    IpfixConnection connection(Evidence.Transport transport) {
        return new IpfixConnection(
                this,
                transport,
                clock,
                outbox,
                context.tally(),
                context.settings().sessionIdle());
    }

    /** Lets a connection in, unless there are too many. On any thread. */
    boolean admit(IpfixConnection connection) {
        connections.add(connection);
        if (connections.size() <= context.settings().maxConnections()) {
            return true;
        }
        connections.remove(connection);
        return false;
    }

    /** Counts fields of templates that connections got or gave up; false if they are more than allowed. On any thread. */
    boolean countTemplateFields(int change) {
        return templateFieldsOfConnections.addAndGet(change)
                <= context.settings().maxTemplateFields();
    }

    /** A connection has ended. On any thread. */
    void leave(IpfixConnection connection) {
        connections.remove(connection);
    }

    /**
     * Sessions to be fed with datagrams, by one thread.
     *
     * @param batch takes what the records say
     * @param file name of the file that the datagrams are from; empty if there is none
     */
    ExporterSessions datagramSessions(Readings batch, String file) {
        return new ExporterSessions(context, registry, batch, file, null);
    }

    /**
     * A session to be fed with the IPFIX messages of a connection or of a file, in their order, by one thread.
     *
     * @param batch takes what the records say
     */
    ExporterSession stream(SessionSource source, Readings batch) {
        return new ExporterSession(
                context,
                source,
                source.file().isEmpty() ? TemplateStore.Session.RELIABLE : TemplateStore.Session.FILE,
                MessageHeader.IPFIX_VERSION,
                new IpfixDecoder(registry),
                batch);
    }

    /** Since when data wait whose templates are unknown; {@link Long#MAX_VALUE} if none do. On the UDP event loop. */
    long waitingSinceMillis() {
        long since = datagrams.sessions.waitingSinceMillis();
        for (IpfixConnection connection : connections) {
            since = Math.min(since, connection.waitingSinceMillis());
        }
        return since;
    }

    /** Octets of all data sets that wait for their template. */
    long waitingOctets() {
        return context.waitingOctets().get();
    }

    /** Exporters of bindings that are silent, those that are longest first. */
    List<CollectorMark.Silence> silences() {
        return context.watch().silences(clock.millis());
    }

    /** The kernel dropped datagrams between the two moments; nobody knows whose. */
    void onKernelDrops(long fromMillis, long toMillis) {
        context.watch().reportNotCollected(fromMillis, toMillis);
    }

    /** Does what time demands for datagrams and for exporters. On the UDP event loop. */
    void expire() {
        long now = clock.millis();
        datagrams.sessions.expire(now);
        context.watch().expire(now);
    }

    /** Publishes what is still open. On the UDP event loop, or after all have ended. */
    void close() {
        datagrams.sessions.close(clock.millis());
    }

    /** One message, or more, a datagram. */
    final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
        private final ExporterSessions sessions =
                new ExporterSessions(context, registry, outbox.new Batch(), "", keeper);

        @Override
        protected void channelRead0(ChannelHandlerContext channel, DatagramPacket datagram) {
            take(datagram.sender(), datagram.content());
        }

        void take(InetSocketAddress sender, ByteBuf datagram) {
            long now = clock.millis();
            if (outbox.hasRoom()) {
                sessions.take(sender, Evidence.Transport.IPFIX_UDP, datagram, now);
                return;
            }
            context.tally().count(Counter.DROPPED_DATAGRAMS);
            context.gapBoard()
                    .report(
                            Addresses.text(sender),
                            ExporterSession.domainOf(datagram),
                            ExporterGap.Cause.NOT_COLLECTED,
                            now - context.gapMarginMillis(),
                            now,
                            0);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext channel) {
            sessions.flush();
            channel.fireChannelReadComplete();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext channel, Throwable cause) {
            LOG.warn("IPFIX over UDP: {}", cause.toString());
        }
    }
}
