package io.portledger.lwaftr;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.portledger.lwaftr.dhcp.DhcpServer;
import io.portledger.lwaftr.export.BindingExport;
import io.portledger.lwaftr.export.UsageReporter;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.ControlPlane;
import io.portledger.lwaftr.forwarding.Counters;
import io.portledger.lwaftr.forwarding.Forwarding;
import io.portledger.lwaftr.provisioning.DataPathRequests;
import io.portledger.lwaftr.provisioning.LeaseJournal;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.PcpProxy;
import io.portledger.lwaftr.provisioning.PcpServer;
import io.portledger.lwaftr.provisioning.PcpService;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.Provisioner;
import io.portledger.lwaftr.provisioning.RapidRecovery;
import io.portledger.lwaftr.provisioning.SourceLimit;
import io.portledger.lwaftr.provisioning.Subscribers;
import io.portledger.lwaftr.radius.Radius;
import io.portledger.lwaftr.supporting.SupportingSystem;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.table.BindingReader;
import io.portledger.softwire.table.BindingTableException;
import io.portledger.softwire.table.BindingTables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running lwAFTR: one control thread that owns leases, binding table and listeners, and answers PCP.
 *
 * <p>All methods may be called from any thread but the control thread. Time is what the {@link InstantSource} says; the
 * control thread looks at it at least every {@value #LONGEST_PAUSE_MILLIS} milliseconds, and at each request. With a
 * clock of one's own, {@link #expireLeases()} says when what is due has been done.
 */
public final class Lwaftr implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Lwaftr.class);
    private static final long LONGEST_PAUSE_MILLIS = 100;

    /** Some milliseconds of work. */
    private static final int LEASES_TIDIED_AT_ONCE = 5_000;

    private final InstantSource clock;

    /** What ends the parts, the one that was started last first. */
    private final Deque<Runnable> endings = new ArrayDeque<>();

    private final EventLoopGroup group;
    private final EventLoop control;
    private final BindingTable table;
    private final @Nullable LeaseJournal journal;
    private final LeaseTable leases;
    private final Provisioner provisioner;
    private final PcpService pcp;
    private final Radius radius;
    private final SourceLimit requestLimit;
    private final BindingExport export;
    private final @Nullable UsageReporter usage;
    private final Duration snapshotInterval;
    private Instant nextSnapshot;
    private boolean isClosed;

    /** Whether leases change no more; control thread. */
    private boolean isEnded;

    private final PcpServer pcpServer;
    private final RapidRecovery rapidRecovery;
    private final Optional<DhcpServer> dhcpServer;
    private final SupportingSystem supporting;
    private final @Nullable Forwarding forwarding;
    private final @Nullable Metrics metrics;

    private Lwaftr(LwaftrSettings settings, InstantSource clock, List<BindingListener> listeners) {
        this.clock = clock;
        snapshotInterval = settings.snapshotInterval();
        Instant now = clock.instant();
        nextSnapshot = now.plus(snapshotInterval);
        List<Pool> pools = settings.serviceClasses().stream()
                .map(keys -> new Pool(keys.serviceClass()))
                .toList();
        Ipv6Address br = settings.brAddresses().getFirst();
        Subscribers subscribers = subscribers(settings);
        table = endedBy(new BindingTable(0, settings.workers()), BindingTable::close);
        try {
            journal = endedIfThere(openJournal(settings, now), LeaseJournal::close);
            leases = leaseTable(pools, br, now);
            listeners.forEach(listener -> leases.addListener(listener, now));
            export = endedBy(BindingExport.start(settings.export(), clock), BindingExport::close);
            export.exporters().forEach(exporter -> leases.addListener(exporter, now));
            usage = startUsage(settings, now);
            group = endedBy(
                    new MultiThreadIoEventLoopGroup(
                            1, new DefaultThreadFactory("lwaftr-control"), NioIoHandler.newFactory()),
                    Lwaftr::shutDown);
            control = group.next();
            endings.push(() -> onControl(() -> {
                        endLeases(clock.instant());
                        return null;
                    })
                    .join());
            radius = endedBy(
                    Radius.start(
                            settings.radius(), System.getenv(), control, leases, table, settings.brAddresses(), clock),
                    Radius::close);
            addPermanentBindings(settings, now);
            provisioner = new Provisioner(leases, subscribers, radius.authority(), clock);
            requestLimit =
                    new SourceLimit(settings.requestLimit(), settings.pcp().thirdPartyFrom(), System::nanoTime);
            pcp = new PcpService(
                    provisioner,
                    endedIfThere(startPcpProxy(settings), PcpProxy::close),
                    settings.pcp().thirdPartyFrom(),
                    journal == null ? now : journal.epochStart());
            DataPathRequests requests = new DataPathRequests(control, requestLimit, leases, clock);
            forwarding = endedIfThere(startForwarding(settings, requests), Forwarding::close);
            if (forwarding != null && usage != null) {
                forwarding.samplePorts(settings.export().ipfix().usageSampling());
            }
            // Whoever is answered is so by all bindings, those of the supporting system included.
            supporting = endedBy(
                    SupportingSystem.start(settings.supportingSystem(), leases, table, subscribers, control, clock, br),
                    SupportingSystem::close);
            pcpServer = endedBy(
                    PcpServer.start(
                            control, settings.pcp().listen().toSocketAddress(), pcp, requestLimit, leases, clock),
                    PcpServer::close);
            dhcpServer = DhcpServer.start(
                    control, settings.dhcp(), settings.ipv4Address(), provisioner, requestLimit, clock);
            dhcpServer.ifPresent(server -> endedBy(server, DhcpServer::close));
            answerAmongPackets(br, requests, pcp, pcpServer, dhcpServer);
            metrics = endedIfThere(
                    Metrics.start(
                            settings.metrics(),
                            table,
                            leases,
                            pcp,
                            requestLimit,
                            requests,
                            radius.counters(),
                            dhcpServer,
                            supporting,
                            forwarding),
                    Metrics::close);
        } catch (IOException e) {
            endEverything();
            throw new UncheckedIOException(e.getMessage(), e);
        } catch (RuntimeException e) {
            endEverything();
            throw e;
        }
        var _ = forwardingFailure().thenRun(supporting::forwardingFailed);
        rapidRecovery = new RapidRecovery(leases, pcp, pcpServer, System::nanoTime);
        control.execute(radius::goOn);
        control.execute(this::watchTheClock);
        log.info("PCP server listens on {}; {}", pcpServer.address(), pools);
    }

    /** Sees to it that a part is ended, before everything that was started before it. */
    private <T> T endedBy(T part, Consumer<T> ending) {
        endings.push(() -> ending.accept(part));
        return part;
    }

    /** The same for a part that the settings may not want. */
    private <T> @Nullable T endedIfThere(@Nullable T part, Consumer<T> ending) {
        if (part != null) {
            endings.push(() -> ending.accept(part));
        }
        return part;
    }

    private void endEverything() {
        while (!endings.isEmpty()) {
            endings.pop().run();
        }
    }

    /**
     * Starts an lwAFTR.
     *
     * @param clock the time of all leases and events
     * @param listeners are told of every binding from the first on
     * @throws IllegalArgumentException if the settings are at odds with each other
     * @throws BindingTableException if the file of permanent bindings is not right
     * @throws UncheckedIOException if that file cannot be read, the PCP server cannot listen, or the TUN device cannot be
     *     opened
     */
    public static Lwaftr start(LwaftrSettings settings, InstantSource clock, BindingListener... listeners) {
        return new Lwaftr(settings, clock, List.of(listeners));
    }

    /**
     * Tells the listener every binding that holds now, as a snapshot does, and from now on every change.
     *
     * @return completes when the listener is among those who are told
     */
    public CompletableFuture<Void> addListener(BindingListener listener) {
        return onControl(() -> {
            leases.addListener(listener, clock.instant());
            return null;
        });
    }

    /** Where the PCP server listens. */
    public InetSocketAddress pcpAddress() {
        return pcpServer.address();
    }

    /** DHCP, if it is served. */
    public Optional<DhcpServer> dhcp() {
        return dhcpServer;
    }

    /** What connects this lwAFTR to the operator's other systems. */
    public SupportingSystem supportingSystem() {
        return supporting;
    }

    /** The PCP service, for its counters. */
    public PcpService pcp() {
        return pcp;
    }

    /** Who tells collectors and syslog receivers, for its counters. */
    public BindingExport export() {
        return export;
    }

    /** What the lwAFTR has to do with AAA servers. */
    public Radius radius() {
        return radius;
    }

    /** What forwarding looks packets up in; to be changed by this lwAFTR only. */
    public BindingTable bindingTable() {
        return table;
    }

    /** What happened to the packets that were forwarded until now; empty if there is no device. */
    public Optional<Counters> forwardingCounters() {
        return Optional.ofNullable(forwarding).map(Forwarding::counters);
    }

    /** Where the supporting system writes bindings by RESTCONF, if it may. */
    public Optional<InetSocketAddress> restconfAddress() {
        return supporting.restconfAddress();
    }

    /** Where metrics are served, if they are. */
    public Optional<InetSocketAddress> metricsAddress() {
        return Optional.ofNullable(metrics).map(Metrics::address);
    }

    /** Completes, with the reason, if packets cannot be forwarded any more; all else goes on. */
    public CompletableFuture<String> forwardingFailure() {
        return forwarding == null ? new CompletableFuture<>() : forwarding.failure();
    }

    /**
     * Removes the leases that have ended by the clock.
     *
     * @return how many those were, when the listeners know
     */
    public CompletableFuture<Integer> expireLeases() {
        return onControl(() -> leases.expire(clock.instant()));
    }

    /**
     * Tells the listeners every binding that holds now; those that have no room for all of it are told the rest later.
     *
     * @return how many leases there are, when the listeners know as far as they have room
     */
    public CompletableFuture<Integer> snapshot() {
        return onControl(this::snapshotNow);
    }

    /** Ends service: no request is answered any more, every binding ends and the listeners know. Idempotent. */
    @Override
    public void close() {
        synchronized (endings) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        endEverything();
    }

    private static Subscribers subscribers(LwaftrSettings settings) {
        Subscribers subscribers = new Subscribers();
        Path file = settings.subscribers();
        if (file != null) {
            try {
                subscribers.read(file);
            } catch (IOException e) {
                throw new UncheckedIOException("The file of subscribers cannot be read: " + e.getMessage(), e);
            }
        }
        return subscribers;
    }

    private static @Nullable LeaseJournal openJournal(LwaftrSettings settings, Instant now) {
        Path directory = settings.stateDirectory();
        if (directory == null) {
            log.warn("Leases are kept in memory and end with the process; set lwaftr.state-directory to keep them");
            return null;
        }
        try {
            return LeaseJournal.open(directory, settings.syncState(), now);
        } catch (IOException e) {
            throw new UncheckedIOException("The leases cannot be read: " + e.getMessage(), e);
        }
    }

    private LeaseTable leaseTable(List<Pool> pools, Ipv6Address br, Instant now) {
        try {
            return journal == null
                    ? new LeaseTable(pools, table, br)
                    : LeaseTable.recover(pools, table, br, journal, now);
        } catch (IOException e) {
            throw new UncheckedIOException("The leases cannot be read: " + e.getMessage(), e);
        }
    }

    /** Leases that are not on disk end with the process; the others go on when it is there again. */
    private void endLeases(Instant now) {
        isEnded = true;
        if (journal == null) {
            leases.endAll(now);
        } else if (leases.commit() && usage != null) {
            // These bindings go on, but the counters do not.
            usage.finish(now);
        }
    }

    private void reportUsage(Instant now) {
        if (usage != null) {
            if (forwarding != null) {
                forwarding.takePorts(usage::onPortInUse);
            }
            usage.turn(now);
        }
    }

    private @Nullable UsageReporter startUsage(LwaftrSettings settings, Instant now) {
        if (!settings.export().ipfix().tellsUsage()) {
            return null;
        }
        UsageReporter reporter = new UsageReporter(
                table, leases::serviceClassOf, settings.export().ipfix().usageInterval(), export, now);
        // Behind the exporters: the end of a binding is told before what it carried in the end.
        leases.addListener(reporter, now);
        return reporter;
    }

    private @Nullable PcpProxy startPcpProxy(LwaftrSettings settings) {
        HostPort central = settings.pcp().centralServer();
        if (settings.pcp().mode() != LwaftrSettings.PcpMode.PROXY || central == null) {
            return null;
        }
        return PcpProxy.start(
                control,
                central.toSocketAddress(),
                settings.pcp().centralTimeout(),
                provisioner,
                clock,
                new SecureRandom());
    }

    private void answerAmongPackets(
            Ipv6Address br,
            DataPathRequests requests,
            PcpService pcpService,
            PcpServer pcpSocket,
            Optional<DhcpServer> dhcp) {
        Forwarding way = forwarding;
        if (way == null) {
            return;
        }
        Map<Integer, DataPathRequests.Service> services = new HashMap<>();
        services.put(ControlPlane.PCP, pcpService::serve);
        pcpSocket.sendUnaskedBy((client, port, datagram) -> way.send(br, ControlPlane.PCP, client, port, datagram));
        dhcp.ifPresent(server -> {
            server.answerBy((client, port, datagram) -> way.send(br, ControlPlane.DHCP, client, port, datagram));
            services.put(
                    ControlPlane.DHCP,
                    (datagram, source, b4, port, now, reply) -> server.serveAmongPackets(datagram, source, port, now));
        });
        requests.begin(services);
    }

    private @Nullable Forwarding startForwarding(LwaftrSettings settings, ControlPlane controlPlane)
            throws IOException {
        Forwarding made = null;
        if (settings.isByEthernet()) {
            made = Forwarding.byEthernet(settings.workers(), table, settings.forwarding(), controlPlane);
        } else if (!settings.tunDevice().isEmpty()) {
            made = Forwarding.byTun(
                    settings.tunDevice(), settings.workers(), table, settings.forwarding(), controlPlane);
        }
        if (made != null) {
            log.info("Forwards through {}, workers: {}", made.device(), made.workers());
        }
        return made;
    }

    private void addPermanentBindings(LwaftrSettings settings, Instant now) throws IOException {
        Path file = settings.bindingTable();
        if (file != null) {
            try (BindingReader bindings =
                    BindingTables.open(file, settings.brAddresses().getFirst())) {
                leases.addPermanent(bindings, now);
            }
        }
    }

    private void watchTheClock() {
        if (isEnded) {
            return;
        }
        Instant now = clock.instant();
        leases.expire(now);
        if (!now.isBefore(nextSnapshot)) {
            snapshotNow();
        }
        if (leases.commit()) {
            rapidRecovery.turn(now);
            reportUsage(now);
        }
        leases.goOnWithSnapshots(now);
        leases.tidyJournal(LEASES_TIDIED_AT_ONCE);
        Optional<Instant> next = leases.nextExpiry(now.plusMillis(LONGEST_PAUSE_MILLIS));
        long pause = next.map(at -> Duration.between(now, at).toMillis()).orElse(LONGEST_PAUSE_MILLIS);
        if (!control.isShuttingDown()) {
            var _ = control.schedule(
                    this::watchTheClock, Math.clamp(pause, 1, LONGEST_PAUSE_MILLIS), TimeUnit.MILLISECONDS);
        }
    }

    private int snapshotNow() {
        Instant now = clock.instant();
        leases.snapshot(now);
        nextSnapshot = now.plus(snapshotInterval);
        return leases.size();
    }

    private <T extends @Nullable Object> CompletableFuture<T> onControl(Supplier<T> action) {
        return CompletableFuture.supplyAsync(
                () -> {
                    T result = action.get();
                    leases.commit();
                    return result;
                },
                control);
    }

    private static void shutDown(EventLoopGroup group) {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
