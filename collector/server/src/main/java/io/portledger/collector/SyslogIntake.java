package io.portledger.collector;

import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.portledger.collector.dialect.Dialects;
import io.portledger.collector.dialect.ExporterPrefix;
import io.portledger.collector.dialect.Outcome;
import io.portledger.collector.dialect.SyslogText;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.syslog.SyslogFrame;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes syslog messages (RFC 5424, RFC 3164), from datagrams (RFC 5426), from TCP connections (RFC 6587) and from whoever
 * kept them. Each connection has a handler of its own; what they share is safe for threads.
 */
final class SyslogIntake {

    private static final Logger LOG = LoggerFactory.getLogger(SyslogIntake.class);

    private static final LogPace FAULTS = new LogPace();
    private static final LogPace TOO_MANY = new LogPace();
    private static final LogPace BROKEN = new LogPace();

    private static final Reading ORDINARY = new Reading.NoBinding(
            Counter.OTHER_SYSLOG_MESSAGES,
            "neither the NAT logging draft nor any dialect has such a message, so it does not speak of a binding");

    /** Exporters whose first contact and losses are looked after. */
    private static final int MAX_KNOWN = 65_536;

    private final SyslogSettings settings;
    private final SyslogBindings bindings;
    private final Dialects dialects;
    private final ZoneId zone;
    private final @Nullable List<ExporterPrefix> draftExporters;
    private final InstantSource clock;
    private final Outbox outbox;
    private final GapBoard gapBoard;
    private final SkewWatch skewWatch;
    private final Tally tally;
    private final long gapMarginMillis;
    private final OptionalLong collectedUntilMillis;
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final Set<String> knownByUdp = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();

    /** @param collectedUntilMillis until when collectors collected before this one; empty if there was none */
    SyslogIntake(
            SyslogSettings settings,
            Dialects dialects,
            long enterprise,
            InstantSource clock,
            Outbox outbox,
            GapBoard gapBoard,
            SkewWatch skewWatch,
            Tally tally,
            long gapMarginMillis,
            OptionalLong collectedUntilMillis) {
        this.settings = settings;
        this.bindings = new SyslogBindings(enterprise);
        this.dialects = dialects;
        this.zone = settings.zone();
        this.draftExporters = settings.dialectExporters().get(SyslogBindings.NAME);
        this.clock = clock;
        this.outbox = outbox;
        this.gapBoard = gapBoard;
        this.skewWatch = skewWatch;
        this.tally = tally;
        this.gapMarginMillis = gapMarginMillis;
        this.collectedUntilMillis = collectedUntilMillis;
    }

    /**
     * The dialects that the settings name.
     *
     * @throws io.portledger.settings.SettingsException if they cannot be used; the message is for the operator
     */
    static Dialects dialects(SyslogSettings settings) {
        Map<String, List<ExporterPrefix>> exporters = new HashMap<>(settings.dialectExporters());
        exporters.remove(SyslogBindings.NAME);
        return Dialects.load(settings.dialects(), exporters);
    }

    /** The handler of the UDP channel. */
    Datagrams datagrams() {
        return new Datagrams();
    }

    /** The handler of a new connection over TCP or TLS, behind a {@link io.portledger.syslog.SyslogFrameDecoder}. */
    Connection connection(Evidence.Transport transport) {
        return new Connection(transport);
    }

    /** Whether the octets can be told for a syslog message without knowing where they came from. */
    boolean recognises(byte[] octets, Instant received) {
        SyslogText text = SyslogText.of(octets, received, zone);
        return text.isSyslog() || dialects.read(text, null, received) != null;
    }

    /** When the message was written, by its header; empty if that does not tell. */
    OptionalLong writtenMillis(byte[] octets, Instant received) {
        Instant timestamp = SyslogText.of(octets, received, zone).timestamp();
        return timestamp == null ? OptionalLong.empty() : OptionalLong.of(timestamp.toEpochMilli());
    }

    /** The kernel dropped datagrams between the two moments; nobody knows whose. */
    void onKernelDrops(long fromMillis, long toMillis) {
        knownByUdp.forEach(exporter -> reportNotCollected(exporter, fromMillis, toMillis));
    }

    private void reportNotCollected(String exporter, long fromMillis, long toMillis) {
        gapBoard.report(exporter, 0, ExporterGap.Cause.NOT_COLLECTED, fromMillis - gapMarginMillis, toMillis, 0);
    }

    /**
     * Where a message is from.
     *
     * @param exporter address of the sender, as evidence has it
     * @param receivedMillis when it was received: now, or once
     * @param file name of the file that it was imported from, or null
     * @param isLive whether it comes over the network now, so that something can be concluded from when it comes
     */
    record Source(
            String exporter,
            Evidence.Transport transport,
            long receivedMillis,
            @Nullable String file,
            boolean isLive) {

        /** The operator imports it, and need not be kept from speaking for a NAT. */
        boolean isOfFile() {
            return file != null || transport == Evidence.Transport.FILE;
        }

        /** A message that was kept, in a file or as undecodable, and is read now. */
        static Source kept(String exporter, Evidence.Transport transport, long receivedMillis, @Nullable String file) {
            return new Source(exporter, transport, receivedMillis, file, false);
        }

        /** A message that comes now. */
        static Source live(String exporter, Evidence.Transport transport, long receivedMillis) {
            return new Source(exporter, transport, receivedMillis, null, true);
        }
    }

    /**
     * Takes a message, or, with a fault, what should have been one; answers whether it speaks of a binding. Any thread
     * may call it, with a batch of its own.
     */
    boolean take(byte[] octets, @Nullable String fault, Source source, Outbox.Batch batch) {
        Evidence.Builder evidence = Outbox.evidence(
                source.exporter(),
                source.transport(),
                source.receivedMillis(),
                UnsafeByteOperations.unsafeWrap(octets));
        if (source.file() != null) {
            evidence.setFile(source.file());
        }
        try {
            if (!source.isOfFile() && !ExporterPrefix.anyContains(settings.allowedExporters(), source.exporter())) {
                batch.add(
                        new Reading.NoBinding(
                                Counter.REFUSED_SYSLOG_MESSAGES,
                                "exporter " + source.exporter() + " is not in collector.syslog.allowed-exporters"),
                        evidence.build());
                return false;
            }
            if (fault != null) {
                unusable(
                        new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_FRAME, fault),
                        OptionalLong.empty(),
                        evidence,
                        batch);
                return false;
            }
            SyslogText text = SyslogText.of(octets, Instant.ofEpochMilli(source.receivedMillis()), zone);
            if (text.isSyslog()) {
                tally.count(Counter.SYSLOG_MESSAGES);
            }
            if (text.hostname() != null) {
                evidence.setHostname(text.hostname());
            }
            return handOver(read(text, source, evidence), text, source, evidence, batch);
        } catch (RuntimeException e) {
            long faults = FAULTS.cause();
            if (faults > 0) {
                LOG.error("The collector failed on a syslog message of {} ({} such)", source.exporter(), faults, e);
            }
            unusable(
                    new Reading.NoBinding(Counter.UNDECODABLE_BY_FAULT, "the collector failed on it: " + e),
                    OptionalLong.empty(),
                    evidence,
                    batch);
            return false;
        }
    }

    private Reading read(SyslogText text, Source source, Evidence.Builder evidence) {
        if (text.message() != null) {
            Reading reading = bindings.read(text.message());
            if (reading != null) {
                evidence.setDialect(SyslogBindings.NAME);
                return draftExporters == null
                                || source.isOfFile()
                                || ExporterPrefix.anyContains(draftExporters, source.exporter())
                        ? reading
                        : new Reading.NoBinding(
                                Counter.REFUSED_SYSLOG_MESSAGES,
                                "exporter " + source.exporter() + " is not in collector.syslog.dialect-exporters."
                                        + SyslogBindings.NAME);
            }
        }
        Dialects.Found found = dialects.read(
                text, source.isOfFile() ? null : source.exporter(), Instant.ofEpochMilli(source.receivedMillis()));
        if (found != null) {
            evidence.setDialect(found.dialect().name());
            return switch (found.outcome()) {
                case Outcome.Fact fact -> new Reading.Binding(fact.fact());
                case Outcome.Ignored _ ->
                    new Reading.NoBinding(
                            Counter.OTHER_NAT_EVENTS,
                            "dialect " + found.dialect().name()
                                    + " knows the message, and it does not speak of a binding");
                case Outcome.Unusable unusable ->
                    new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_RECORD, unusable.reason());
                case Outcome.Refused refused ->
                    new Reading.NoBinding(Counter.REFUSED_SYSLOG_MESSAGES, refused.reason());
            };
        }
        return text.fault() == null
                ? ORDINARY
                : new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_MESSAGE, text.fault());
    }

    private boolean handOver(
            Reading read, SyslogText text, Source source, Evidence.Builder evidence, Outbox.Batch batch) {
        Reading reading = read instanceof Reading.Binding binding
                ? binding.receivedAt(source.receivedMillis(), Counter.UNDECODABLE_SYSLOG_RECORD)
                : read;
        switch (reading) {
            case Reading.Binding binding -> {
                if (source.isLive()) {
                    onBinding(source.exporter(), source.transport(), source.receivedMillis());
                    // A message may be long on its way, and its event older still; but never from the future.
                    skewWatch.compare(
                            source.exporter(),
                            0,
                            Long.MIN_VALUE,
                            binding.fact().eventTimeMillis(),
                            source.receivedMillis());
                }
                batch.add(binding.fact(), evidence.build());
                return true;
            }
            case Reading.Condition condition ->
                batch.add(
                        condition.condition().toBuilder().setEvidence(evidence).build());
            case Reading.Usage usage ->
                batch.add(usage.usage().toBuilder().setEvidence(evidence).build());
            case Reading.NoBinding noBinding -> {
                if (noBinding.isSound() || noBinding.counter() == Counter.REFUSED_SYSLOG_MESSAGES) {
                    batch.add(noBinding, evidence.build());
                } else {
                    Instant at = text.timestamp();
                    unusable(
                            noBinding,
                            at == null ? OptionalLong.empty() : OptionalLong.of(at.toEpochMilli()),
                            evidence,
                            batch);
                }
            }
        }
        return false;
    }

    private void onBinding(String exporter, Evidence.Transport transport, long now) {
        if (known.size() < MAX_KNOWN && known.add(exporter)) {
            collectedUntilMillis.ifPresent(until -> reportNotCollected(exporter, until, now));
        }
        if (transport == Evidence.Transport.SYSLOG_UDP && knownByUdp.size() < MAX_KNOWN) {
            knownByUdp.add(exporter);
        }
    }

    private void unusable(
            Reading.NoBinding noBinding, OptionalLong eventTimeMillis, Evidence.Builder evidence, Outbox.Batch batch) {
        batch.add(noBinding, evidence.build());
        long at = evidence.getReceivedMillis();
        gapBoard.reportLost(
                evidence.getExporter(),
                0,
                ExporterGap.Cause.UNDECODABLE,
                eventTimeMillis,
                at,
                at - gapMarginMillis,
                at,
                0);
    }

    /** One message a datagram. */
    final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Outbox.Batch batch = outbox.new Batch();

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket datagram) {
            long now = clock.millis();
            String exporter = Addresses.text(datagram.sender());
            if (!outbox.hasRoom()) {
                tally.count(Counter.DROPPED_DATAGRAMS);
                reportNotCollected(exporter, now, now);
                return;
            }
            int length = datagram.content().readableBytes();
            int kept = Math.min(length, settings.maxMessageOctets());
            take(
                    ByteBufUtil.getBytes(datagram.content(), datagram.content().readerIndex(), kept),
                    kept == length
                            ? null
                            : "a datagram of " + length + " octets exceeds the limit of " + kept
                                    + " octets; the octets behind the limit are not kept",
                    Source.live(exporter, Evidence.Transport.SYSLOG_UDP, now),
                    batch);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            batch.flush();
            context.fireChannelReadComplete();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("Syslog over UDP: {}", cause.toString());
        }
    }

    /** One TCP connection; it is not read while there is no room. */
    final class Connection extends SimpleChannelInboundHandler<SyslogFrame> {
        private final Outbox.Batch batch = outbox.new Batch();
        private final Evidence.Transport transport;
        private String exporter = "";
        private boolean hasSentBindings;
        private long lastMillis;

        Connection(Evidence.Transport transport) {
            this.transport = transport;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            lastMillis = clock.millis();
            if (context.channel().remoteAddress() instanceof InetSocketAddress sender) {
                exporter = Addresses.text(sender);
            }
            if (connections.incrementAndGet() > settings.maxConnections()) {
                tally.count(Counter.REFUSED_CONNECTIONS);
                long times = TOO_MANY.cause();
                if (times > 0) {
                    LOG.warn(
                            "Syslog over TCP: closed a connection of {}: there are {} already (max-connections; {} such"
                                    + " since this was said last)",
                            exporter,
                            settings.maxConnections(),
                            times);
                }
                ChannelFuture _ = context.close();
            } else {
                pauseIfFull(context);
            }
            context.fireChannelActive();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, SyslogFrame frame) {
            lastMillis = clock.millis();
            hasSentBindings |= take(frame.octets(), frame.fault(), Source.live(exporter, transport, lastMillis), batch);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            batch.flush();
            pauseIfFull(context);
            context.fireChannelReadComplete();
        }

        private void pauseIfFull(ChannelHandlerContext context) {
            if (!outbox.hasRoom() && context.channel().config().isAutoRead()) {
                tally.count(Counter.TCP_PAUSES);
                context.channel().config().setAutoRead(false);
                outbox.whenRoom(() -> resume(context));
            }
        }

        private void resume(ChannelHandlerContext context) {
            try {
                context.executor().execute(() -> context.channel().config().setAutoRead(true));
            } catch (RejectedExecutionException e) {
                LOG.debug("A paused connection is not resumed: the collector stops");
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            connections.decrementAndGet();
            batch.flush();
            context.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof IOException) {
                long times = BROKEN.cause();
                if (times > 0) {
                    LOG.info(
                            "Syslog over TCP: the connection of {} broke: {} ({} such since this was said last)",
                            exporter,
                            cause.getMessage(),
                            times);
                }
            } else {
                LOG.error("Syslog over TCP: the collector failed on the connection of {}", exporter, cause);
            }
            if (hasSentBindings) {
                reportNotCollected(exporter, lastMillis, clock.millis());
            }
            ChannelFuture _ = context.close();
        }
    }
}
