package io.portledger.collector;

import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.syslog.SyslogFrame;
import io.portledger.syslog.SyslogMessage;
import io.portledger.syslog.SyslogParseException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes syslog messages (RFC 5424), from datagrams (RFC 5426) and from TCP connections (RFC 6587). Each connection has a
 * handler of its own; what they share is safe for threads.
 */
final class SyslogIntake {

    private static final Logger LOG = LoggerFactory.getLogger(SyslogIntake.class);

    /** Exporters whose first contact and losses are looked after. */
    private static final int MAX_KNOWN = 65_536;

    private final SyslogSettings settings;
    private final SyslogBindings bindings;
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
        this.clock = clock;
        this.outbox = outbox;
        this.gapBoard = gapBoard;
        this.skewWatch = skewWatch;
        this.tally = tally;
        this.gapMarginMillis = gapMarginMillis;
        this.collectedUntilMillis = collectedUntilMillis;
    }

    /** The handler of the UDP channel. */
    Datagrams datagrams() {
        return new Datagrams();
    }

    /** The handler of a new TCP connection, behind a {@link io.portledger.syslog.SyslogFrameDecoder}. */
    Connection connection() {
        return new Connection();
    }

    /** The kernel dropped datagrams between the two moments; nobody knows whose. */
    void onKernelDrops(long fromMillis, long toMillis) {
        knownByUdp.forEach(exporter -> reportNotCollected(exporter, fromMillis, toMillis));
    }

    private void reportNotCollected(String exporter, long fromMillis, long toMillis) {
        gapBoard.report(exporter, 0, ExporterGap.Cause.NOT_COLLECTED, fromMillis - gapMarginMillis, toMillis, 0);
    }

    /** Takes a message, or, with a fault, what should have been one; answers whether it speaks of a binding. */
    boolean take(
            byte[] octets,
            @Nullable String fault,
            String exporter,
            Evidence.Transport transport,
            long now,
            Outbox.Batch batch) {
        Evidence.Builder evidence = Outbox.evidence(exporter, transport, now, UnsafeByteOperations.unsafeWrap(octets));
        if (fault != null) {
            unusable(
                    new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_FRAME, fault),
                    OptionalLong.empty(),
                    evidence,
                    batch);
            return false;
        }
        try {
            SyslogMessage message = SyslogMessage.parse(octets);
            tally.count(Counter.SYSLOG_MESSAGES);
            if (message.hostname() != null) {
                evidence.setHostname(message.hostname());
            }
            Reading reading = bindings.read(message);
            if (reading instanceof Reading.Binding binding) {
                reading = binding.receivedAt(now, Counter.UNDECODABLE_SYSLOG_RECORD);
            }
            switch (reading) {
                case Reading.Binding binding -> {
                    onBinding(exporter, transport, now);
                    // A message may be long on its way, and its event older still; but never from the future.
                    skewWatch.compare(
                            exporter, 0, Long.MIN_VALUE, binding.fact().eventTimeMillis(), now);
                    batch.add(binding.fact().toEvent(evidence.build()));
                    return true;
                }
                case Reading.Condition condition ->
                    batch.add(condition.condition().toBuilder()
                            .setEvidence(evidence)
                            .build());
                case Reading.Usage usage ->
                    batch.add(usage.usage().toBuilder().setEvidence(evidence).build());
                case Reading.NoBinding noBinding -> {
                    if (noBinding.isSound()) {
                        batch.add(noBinding, evidence.build());
                    } else {
                        Instant at = message.timestamp();
                        unusable(
                                noBinding,
                                at == null ? OptionalLong.empty() : OptionalLong.of(at.toEpochMilli()),
                                evidence,
                                batch);
                    }
                }
            }
        } catch (SyslogParseException e) {
            unusable(
                    new Reading.NoBinding(Counter.UNDECODABLE_SYSLOG_MESSAGE, String.valueOf(e.getMessage())),
                    OptionalLong.empty(),
                    evidence,
                    batch);
        } catch (RuntimeException e) {
            LOG.error("The collector failed on a syslog message of {}", exporter, e);
            unusable(
                    new Reading.NoBinding(Counter.UNDECODABLE_BY_FAULT, "the collector failed on it: " + e),
                    OptionalLong.empty(),
                    evidence,
                    batch);
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
                    exporter,
                    Evidence.Transport.SYSLOG_UDP,
                    now,
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
        private String exporter = "";
        private boolean hasSentBindings;
        private long lastMillis;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            lastMillis = clock.millis();
            if (context.channel().remoteAddress() instanceof InetSocketAddress sender) {
                exporter = Addresses.text(sender);
            }
            if (connections.incrementAndGet() > settings.maxConnections()) {
                tally.count(Counter.REFUSED_CONNECTIONS);
                LOG.warn(
                        "Syslog over TCP: closed a connection of {}: there are {} already (max-connections)",
                        exporter,
                        settings.maxConnections());
                ChannelFuture _ = context.close();
            } else {
                pauseIfFull(context);
            }
            context.fireChannelActive();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, SyslogFrame frame) {
            lastMillis = clock.millis();
            hasSentBindings |=
                    take(frame.octets(), frame.fault(), exporter, Evidence.Transport.SYSLOG_TCP, lastMillis, batch);
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
                LOG.info("Syslog over TCP: the connection of {} broke: {}", exporter, cause.getMessage());
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
