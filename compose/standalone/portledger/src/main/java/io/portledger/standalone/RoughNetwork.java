package io.portledger.standalone;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.export.BindingExporter;
import io.portledger.lwaftr.export.ExportSettings;
import io.portledger.lwaftr.export.IpfixExporter;
import io.portledger.lwaftr.export.SyslogExporter;
import io.portledger.lwaftr.export.SyslogReceiver;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Port sets that change hands all the time, real exporters that tell a collector of it over bad networks, and the truth
 * to the millisecond.
 *
 * <p>A quarter of the addresses each is told of by IPFIX over UDP, by syslog over UDP, by two IPFIX exporters and syslog
 * at once, and by syslog over TCP. Datagrams are doubled, change places, and (of IPFIX, which counts) get lost. The
 * sender over TCP says the latest things again when it is told that the collector is back, so of its addresses nothing
 * may be missing whatever was killed. Safe for use by several threads.
 */
final class RoughNetwork implements AutoCloseable {

    private static final int ADDRESSES_PER_WAY = 4;
    private static final int PSIDS = 16;
    private static final int HOUSEHOLDS = 500;
    private static final double IPFIX_LOSS = 0.001;
    private static final Ipv4Address FIRST = Ipv4Address.parse("198.18.0.0");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    /** Longer than Kafka, and with it what a killed collector held in memory, is ever away. */
    private static final Duration TOLD_AGAIN = Duration.ofMinutes(3);
    /** Of the same ports, so that the order of changes is no matter of milliseconds. */
    private static final Duration LEAST_BETWEEN_CHANGES = Duration.ofMillis(5);

    private enum Way {
        IPFIX,
        SYSLOG_UDP,
        ALL_UDP,
        SYSLOG_TCP
    }

    /** A port set and who holds it. */
    private static final class Slot {

        private final Way way;
        private final Ipv4Address ipv4;
        private final PortSet ports;
        private @Nullable Holding holding;
        private Instant changed = Instant.EPOCH;

        Slot(Way way, Ipv4Address ipv4, PortSet ports) {
            this.way = way;
            this.ipv4 = ipv4;
            this.ports = ports;
        }
    }

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<RoughPath> paths = new ArrayList<>();
    private final IpfixExporter ipfix;
    private final IpfixExporter secondIpfix;
    private final SyslogExporter syslogUdp;
    private final SyslogExporter syslogTcp;
    private final SplittableRandom random;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Holding> ended = new ArrayList<>();
    private final Deque<BindingChange> toldByTcp = new ArrayDeque<>();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private @Nullable Thread driver;
    private long tcpRecords;
    private long changes;

    /**
     * Opens the network; nothing changes hands before {@link #begin}.
     *
     * @param seed of everything but the times
     * @throws IOException if there are no sockets
     */
    RoughNetwork(InetSocketAddress ipfix, InetSocketAddress syslog, long seed) throws IOException {
        random = new SplittableRandom(seed);
        ExportSettings settings = new ExportSettings(
                32473,
                0,
                new ExportSettings.Ipfix(
                        List.of(), 1, Duration.ofSeconds(5), 1400, Duration.ofMillis(50), 100_000, Duration.ZERO, 0),
                new ExportSettings.Syslog(List.of(), "rough", 100_000));
        InstantSource clock = InstantSource.system();
        this.ipfix = IpfixExporter.start(group.next(), path("127.0.0.2", ipfix, IPFIX_LOSS), settings, clock);
        secondIpfix = IpfixExporter.start(group.next(), path("127.0.0.3", ipfix, IPFIX_LOSS), settings, clock);
        syslogUdp = SyslogExporter.start(
                group.next(), new SyslogReceiver(SyslogReceiver.Transport.UDP, path("127.0.0.4", syslog, 0)), settings);
        syslogTcp = SyslogExporter.start(
                group.next(), new SyslogReceiver(SyslogReceiver.Transport.TCP, hostPort(syslog)), settings);
        Ipv4Address next = FIRST;
        for (Way way : Way.values()) {
            for (int i = 0; i < ADDRESSES_PER_WAY; i++) {
                Ipv4Address ipv4 = next;
                next = next.plus(1);
                for (int psid = 0; psid < PSIDS; psid++) {
                    slots.add(new Slot(way, ipv4, new PortSet(i % 2 == 0 ? 0 : 6, 4, psid)));
                }
            }
        }
    }

    private HostPort path(String source, InetSocketAddress to, double loss) throws IOException {
        RoughPath path = RoughPath.open(source, to, loss, random.nextLong());
        paths.add(path);
        return hostPort(path.entry());
    }

    private static HostPort hostPort(InetSocketAddress address) {
        return new HostPort(address.getAddress().getHostAddress(), address.getPort());
    }

    /** From now on, until {@link #end}, so many port sets change hands each second. */
    synchronized void begin(int changesPerSecond) {
        driver = Thread.ofPlatform().daemon().name("changes").start(() -> drive(changesPerSecond));
    }

    /** Nothing changes hands any more. */
    void end() throws InterruptedException {
        isOver.set(true);
        Thread thread;
        synchronized (this) {
            thread = driver;
        }
        if (thread != null) {
            thread.join();
        }
    }

    private void drive(int changesPerSecond) {
        long begun = System.nanoTime();
        long done = 0;
        try {
            while (!isOver.get()) {
                long due = (System.nanoTime() - begun) * changesPerSecond / 1_000_000_000L;
                for (; done < due; done++) {
                    change();
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Some port set changes hands now, or is let go. */
    private synchronized void change() {
        Slot slot = slots.get(random.nextInt(slots.size()));
        boolean isDisplacement = random.nextInt(4) == 0;
        int household = random.nextInt(HOUSEHOLDS);
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        if (now.isBefore(slot.changed.plus(LEAST_BETWEEN_CHANGES))) {
            return;
        }
        Holding holding = slot.holding;
        Ipv6Address b4 = new Ipv6Address(0x2001_0db8_0000_0000L + household, 1);
        if (holding != null) {
            if (isDisplacement && holding.b4().equals(b4)) {
                return;
            }
            ended.add(holding.until(now, isDisplacement));
            slot.holding = null;
            if (!isDisplacement) {
                tell(slot.way, BindingChange.Kind.DELETED, now, holding);
            }
        }
        if (holding == null || isDisplacement) {
            slot.holding = new Holding(
                    slot.ipv4, slot.ports, b4, "household-" + household, now, null, false, slot.way == Way.SYSLOG_TCP);
            tell(slot.way, BindingChange.Kind.CREATED, now, slot.holding);
        }
        slot.changed = now;
        changes++;
    }

    private void tell(Way way, BindingChange.Kind kind, Instant at, Holding holding) {
        BindingChange change = new BindingChange(
                kind, at, new Binding(holding.b4(), holding.ipv4(), holding.ports(), BR, holding.subscriber()));
        switch (way) {
            case IPFIX -> ipfix.onChange(change);
            case SYSLOG_UDP -> syslogUdp.onChange(change);
            case ALL_UDP -> {
                ipfix.onChange(change);
                secondIpfix.onChange(change);
                syslogUdp.onChange(change);
            }
            case SYSLOG_TCP -> {
                toldByTcp.addLast(change);
                tellByTcp(change);
            }
        }
    }

    private void tellByTcp(BindingChange change) {
        tcpRecords++;
        syslogTcp.onChange(change);
    }

    /** The collector was away: whoever sends by TCP says again what it may not have kept. */
    synchronized void tellAgain() {
        Instant since = Instant.now().minus(TOLD_AGAIN);
        toldByTcp.removeIf(change -> change.at().isBefore(since));
        toldByTcp.forEach(this::tellByTcp);
    }

    /** Whether everything that was told has left the exporters. */
    synchronized boolean isTold() {
        return syslogTcp.recordCount() >= tcpRecords
                && ipfix.queuedCount() + secondIpfix.queuedCount() + syslogUdp.queuedCount() == 0;
    }

    /** Records that an exporter had no room for; then its truth is of no use. */
    long dropped() {
        return ipfix.dropCount() + secondIpfix.dropCount() + syslogUdp.dropCount() + syslogTcp.dropCount();
    }

    /** How often something changed hands. */
    synchronized long changes() {
        return changes;
    }

    /** Everything that was ever held. */
    synchronized List<Holding> holdings() {
        List<Holding> all = new ArrayList<>(ended);
        for (Slot slot : slots) {
            if (slot.holding != null) {
                all.add(slot.holding);
            }
        }
        return all;
    }

    /** Ends the changes, the exporters after they have sent what they have, and then the paths. */
    @Override
    public void close() {
        isOver.set(true);
        List.of(ipfix, secondIpfix, syslogUdp, syslogTcp).forEach(BindingExporter::close);
        paths.forEach(RoughPath::close);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
