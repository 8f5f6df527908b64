package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.portledger.ipfix.MessageHeader;
import io.portledger.records.v1.Evidence;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of an IPFIX exporter over TCP or TLS (RFC 7011 §10.4): a session of its own, which ends with it. It is not
 * read while there is no room, and closed if a message is malformed, as nobody can tell where the next begins, or if
 * nothing comes for too long.
 */
final class IpfixConnection extends SimpleChannelInboundHandler<ByteBuf> {

    private static final Logger LOG = LoggerFactory.getLogger(IpfixConnection.class);

    private static final LogPace TOO_MANY = new LogPace();
    private static final LogPace MALFORMED = new LogPace();
    private static final LogPace TEMPLATES = new LogPace();
    private static final LogPace BROKEN = new LogPace();

    private static final long TICK_MILLIS = 1_000;

    private final IpfixIntake intake;
    private final Evidence.Transport transport;
    private final InstantSource clock;
    private final Outbox outbox;
    private final Outbox.Batch batch;
    private final Tally tally;
    private final Duration idle;
    private String exporter = "";
    private @Nullable ExporterSession session;
    private @Nullable Future<?> ticking;
    /** What was received already is still taken. */
    private boolean isClosing;

    /** What the session's is, or was before that which it waited for was handed over; for any thread. */
    private volatile long waitingSinceMillis = Long.MAX_VALUE;

    IpfixConnection(
            IpfixIntake intake,
            Evidence.Transport transport,
            InstantSource clock,
            Outbox outbox,
            Tally tally,
            Duration idle) {
        this.intake = intake;
        this.transport = transport;
        this.clock = clock;
        this.outbox = outbox;
        this.tally = tally;
        this.idle = idle;
        batch = outbox.new Batch();
    }

    /** Puts this, and what cuts the stream into messages, at the end of a new connection's pipeline. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addLast(new Framing()).addLast(this);
    }

    /** Since when data wait whose templates are unknown; {@link Long#MAX_VALUE} if none do. */
    long waitingSinceMillis() {
        return waitingSinceMillis;
    }

    @Override
    public void channelActive(ChannelHandlerContext channel) {
        if (channel.channel().remoteAddress() instanceof InetSocketAddress sender) {
            exporter = Addresses.text(sender);
        }
        if (intake.admit(this)) {
            session = intake.stream(new SessionSource(exporter, transport, ""), batch);
            session.begin(clock.millis());
            ticking = channel.executor()
                    .scheduleWithFixedDelay(() -> tick(channel), TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
            pauseIfFull(channel);
        } else {
            tally.count(Counter.REFUSED_CONNECTIONS);
            close(channel, TOO_MANY, "there are too many already (max-connections)");
        }
        channel.fireChannelActive();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext channel, ByteBuf message) {
        if (session == null) {
            return;
        }
        int before = session.templateFields();
        boolean isWellFormed = session.take(message, clock.millis());
        int change = session.templateFields() - before;
        boolean hasRoom = change == 0 || intake.countTemplateFields(change) || change < 0;
        if (isClosing) {
            return;
        }
        if (!isWellFormed) {
            close(channel, MALFORMED, "a message is malformed");
        } else if (!hasRoom) {
            close(channel, TEMPLATES, "all connections have too many templates (max-template-fields)");
        }
    }

    private void close(ChannelHandlerContext channel, LogPace pace, String why) {
        isClosing = true;
        long times = pace.cause();
        if (times > 0) {
            LOG.warn("IPFIX: closed the connection of {}: {} ({} such since this was said last)", exporter, why, times);
        }
        ChannelFuture _ = channel.close();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext channel) {
        flush();
        pauseIfFull(channel);
        channel.fireChannelReadComplete();
    }

    private void tick(ChannelHandlerContext channel) {
        if (session != null) {
            long now = clock.millis();
            session.expire(now);
            flush();
            if (session.lastMillis() + idle.toMillis() < now
                    && channel.channel().config().isAutoRead()) {
                LOG.info("IPFIX: closed the connection of {}: nothing came for {} s", exporter, idle.toSeconds());
                ChannelFuture _ = channel.close();
            }
        }
    }

    private void flush() {
        batch.flush();
        // Only now: what no longer waits has been handed over.
        waitingSinceMillis = session == null ? Long.MAX_VALUE : session.waitingSinceMillis();
    }

    private void pauseIfFull(ChannelHandlerContext channel) {
        if (!outbox.hasRoom() && channel.channel().config().isAutoRead()) {
            tally.count(Counter.TCP_PAUSES);
            channel.channel().config().setAutoRead(false);
            outbox.whenRoom(() -> resume(channel));
        }
    }

    private static void resume(ChannelHandlerContext channel) {
        try {
            channel.executor().execute(() -> channel.channel().config().setAutoRead(true));
        } catch (RejectedExecutionException e) {
            LOG.debug("A paused connection is not resumed: the collector stops");
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext channel) {
        if (ticking != null) {
            ticking.cancel(false);
        }
        if (session != null) {
            session.close(clock.millis());
            boolean _ = intake.countTemplateFields(-session.templateFields());
            session = null;
            flush();
        }
        intake.leave(this);
        channel.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext channel, Throwable cause) {
        if (cause instanceof IOException) {
            long times = BROKEN.cause();
            if (times > 0) {
                LOG.info(
                        "IPFIX: the connection of {} broke: {} ({} such since this was said last)",
                        exporter,
                        cause.getMessage(),
                        times);
            }
        } else {
            LOG.error("IPFIX: the collector failed on the connection of {}", exporter, cause);
        }
        ChannelFuture _ = channel.close();
    }

    /** Cuts the stream by the messages' lengths. What cannot be one, or is not whole at the end, is passed on as it is. */
    private static final class Framing extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext channel, ByteBuf in, List<Object> out) {
            if (in.readableBytes() >= 4) {
                int length = in.getUnsignedShort(in.readerIndex() + 2);
                if (length < MessageHeader.LENGTH || ExporterSession.versionOf(in) != MessageHeader.IPFIX_VERSION) {
                    out.add(in.readRetainedSlice(in.readableBytes()));
                } else if (length <= in.readableBytes()) {
                    out.add(in.readRetainedSlice(length));
                }
            }
        }

        @Override
        protected void decodeLast(ChannelHandlerContext channel, ByteBuf in, List<Object> out) {
            if (in.isReadable()) {
                out.add(in.readRetainedSlice(in.readableBytes()));
            }
        }
    }
}
