package io.portledger.collector;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.portledger.ipfix.DataRecord;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The first half of the collector as a program of its own, to be measured: it takes IPFIX datagrams as the collector does,
 * with its sessions, sequence numbers and checks, as far as the {@link BindingFact} of each record, and forgets that.
 *
 * <p>It prints {@code port=N} when it listens, and then from time to time, if it has become more, {@code records=N}.
 */
public final class DecodingProcess {

    private static final long REPORT_MILLIS = 200;
    private static final long TICK_MILLIS = 250;

    private DecodingProcess() {}

    /** Decodes until the process is ended. */
    public static void main(String[] arguments) throws InterruptedException {
        CollectorSettings settings = CollectorSettings.read(null, Map.of());
        Tally tally = new Tally();
        Forgotten findings = new Forgotten();
        GapBoard gaps = new GapBoard();
        IpfixIntake intake = new IpfixIntake(
                settings.ipfix(),
                settings.enterpriseNumber(),
                InstantSource.system(),
                Outbox.toNowhere(tally),
                gaps,
                new SkewWatch(
                        gaps,
                        settings.maxSkew().toMillis(),
                        settings.ipfix().reorderWindow().toMillis()),
                tally,
                settings.gapMargin().toMillis(),
                OptionalLong.empty(),
                null);
        ExporterSessions sessions = intake.datagramSessions(findings, "");
        boolean isEpoll = Epoll.isAvailable();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                settings.threads(), isEpoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Channel channel = Collector.datagrams(
                        loops,
                        isEpoll,
                        settings.udpReceiveBufferOctets(),
                        new SimpleChannelInboundHandler<DatagramPacket>() {
                            @Override
                            protected void channelRead0(ChannelHandlerContext context, DatagramPacket datagram) {
                                sessions.take(
                                        datagram.sender(),
                                        Evidence.Transport.IPFIX_UDP,
                                        datagram.content(),
                                        System.currentTimeMillis());
                            }
                        })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
        var _ = channel.eventLoop()
                .scheduleWithFixedDelay(
                        () -> sessions.expire(System.currentTimeMillis()),
                        TICK_MILLIS,
                        TICK_MILLIS,
                        TimeUnit.MILLISECONDS);
        System.out.println("port=" + ((InetSocketAddress) channel.localAddress()).getPort());
        long told = 0;
        while (true) {
            TimeUnit.MILLISECONDS.sleep(REPORT_MILLIS);
            long records = findings.bindings.get();
            if (records != told && findings.hasAny()) {
                told = records;
                System.out.println("records=" + records);
            }
        }
    }

    /** Looks at each binding, and keeps none. */
    private static final class Forgotten implements Readings {

        private final AtomicLong bindings = new AtomicLong();
        private @Nullable BindingFact last;

        @Override
        public void add(BindingFact fact, SessionSource source, DataRecord record, long receivedMillis) {
            // Kept, so that it is made.
            last = fact;
            bindings.lazySet(bindings.getPlain() + 1);
        }

        boolean hasAny() {
            return last != null;
        }

        @Override
        public void add(NatCondition condition) {}

        @Override
        public void add(PortUsage usage) {}

        @Override
        public void add(Reading.NoBinding noBinding, Evidence evidence) {}

        @Override
        public void flush() {}
    }
}
