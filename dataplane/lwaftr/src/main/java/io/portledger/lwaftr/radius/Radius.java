package io.portledger.lwaftr.radius;

import io.netty.channel.EventLoop;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.provisioning.Authority;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv6Address;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of RADIUS that the settings ask for. Start and close are called from any thread but the control thread.
 */
public final class Radius implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Radius.class);

    /** How long the end of the process waits for accounting servers. */
    private static final Duration LONGEST_FAREWELL = Duration.ofSeconds(5);

    private static final int MAX_PASSWORD_OCTETS = 128;

    private final EventLoop loop;
    private final LeaseTable leases;
    private final InstantSource clock;
    private final RadiusCounters counters = new RadiusCounters();
    private final @Nullable RadiusClient asking;
    private final @Nullable RadiusClient reporting;
    private final @Nullable RadiusAccounting accounting;
    private final @Nullable DynamicAuthorization coa;
    private final @Nullable RadiusAuthority authority;
    private final Sessions sessions;

    private Radius(
            RadiusSettings settings,
            Map<String, String> environment,
            EventLoop loop,
            LeaseTable leases,
            BindingTable table,
            List<Ipv6Address> brs,
            InstantSource clock) {
        this.loop = loop;
        this.leases = leases;
        this.clock = clock;
        NasIdentity nas = new NasIdentity(nameOf(settings), brs.getFirst());
        UserName userName = UserName.parse(settings.userName());
        List<RadiusClient.Server> servers = resolved(settings.servers(), environment);
        List<RadiusClient.Server> accountingServers = resolved(settings.accountingServers(), environment);
        List<DynamicAuthorization.Client> clients = new ArrayList<>();
        HostPort listen = settings.coa().listen();
        if (listen != null) {
            for (RadiusSettings.Client client : settings.coa().clients()) {
                if (client.address() != null) {
                    clients.add(new DynamicAuthorization.Client(
                            client.address(),
                            RadiusSettings.secret(client.secretFile(), client.secretEnvironment(), environment)));
                }
            }
        }
        String password = passwordOf(settings);
        OwnSoftwires softwires = new OwnSoftwires(Set.copyOf(brs));
        RadiusClient.Patience patience =
                new RadiusClient.Patience(settings.timeout(), settings.tries(), settings.deadTime());
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            asking = open(loop, servers, patience, settings, settings.requireMessageAuthenticator(), opened);
            reporting = open(loop, accountingServers, patience, settings, false, opened);
            accounting = reporting == null
                    ? null
                    : new RadiusAccounting(loop, reporting, settings, nas, table, clock, counters);
            sessions = new Sessions(leases, userName, clock, accounting);
            authority = asking == null
                    ? null
                    : new RadiusAuthority(
                            asking,
                            settings,
                            userName,
                            password,
                            nas,
                            softwires,
                            leases.pools().stream()
                                    .map(pool -> pool.serviceClass().name())
                                    .collect(Collectors.toSet()),
                            sessions,
                            counters);
            coa = listen == null
                    ? null
                    : new DynamicAuthorization(
                            loop,
                            listen.toSocketAddress(),
                            clients,
                            settings.coa(),
                            new SessionChanges(leases, sessions, softwires, nas),
                            leases,
                            clock,
                            counters);
        } catch (UncheckedIOException e) {
            closeAll(opened);
            throw e;
        }
    }

    /**
     * Opens what is needed; nothing is sent or read before {@link #goOn}, but by who asks the {@link #authority}.
     *
     * @param environment where secrets may be
     * @param loop the control thread
     * @param brs the tunnel end points, the lwAFTR's own first
     * @throws IllegalArgumentException if a secret or a server's address is not to be had
     * @throws UncheckedIOException if a port cannot be had
     */
    public static Radius start(
            RadiusSettings settings,
            Map<String, String> environment,
            EventLoop loop,
            LeaseTable leases,
            BindingTable table,
            List<Ipv6Address> brs,
            InstantSource clock) {
        return new Radius(settings, environment, loop, leases, table, brs, clock);
    }

    /** From now on requests are served and reports sent, of what was there before too. On the control thread. */
    public void goOn() {
        if (accounting != null || coa != null || authority != null) {
            leases.addListener(sessions, clock.instant());
        }
        if (accounting != null) {
            accounting.goOn();
        }
        if (coa != null) {
            coa.goOn();
            log.info("RADIUS server for CoA listens on {}", coa.address());
        }
    }

    /** Who is to be asked; null if nobody is. */
    public @Nullable Authority authority() {
        return authority;
    }

    /** What happened so far. */
    public RadiusCounters counters() {
        return counters;
    }

    /** Where CoA-Requests and Disconnect-Requests are taken, if they are. */
    public Optional<InetSocketAddress> coaAddress() {
        return Optional.ofNullable(coa).map(DynamicAuthorization::address);
    }

    /**
     * Ends it: reports that all sessions are over, waiting a little for the answers, and closes the sockets. The control
     * thread must still run.
     */
    @Override
    public void close() {
        if (coa != null) {
            coa.close();
        }
        RadiusAccounting ending = accounting;
        if (ending != null) {
            loop.execute(() -> ending.close(List.copyOf(sessions.all())));
            try {
                ending.drained().get(LONGEST_FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                log.warn("{} accounting records are lost: no accounting server took them in time", ending.queued());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                log.error("The end of all sessions could not be reported", e.getCause());
            }
        }
        if (asking != null) {
            asking.close();
        }
        if (reporting != null) {
            reporting.close();
        }
    }

    private @Nullable RadiusClient open(
            EventLoop loop,
            List<RadiusClient.Server> servers,
            RadiusClient.Patience patience,
            RadiusSettings settings,
            boolean needsMessageAuthenticator,
            List<AutoCloseable> opened) {
        if (servers.isEmpty()) {
            return null;
        }
        RadiusClient client = new RadiusClient(
                loop, servers, patience, settings.maxOutstanding(), needsMessageAuthenticator, counters);
        opened.add(client);
        return client;
    }

    private static void closeAll(List<AutoCloseable> opened) {
        for (AutoCloseable one : opened) {
            try {
                one.close();
            } catch (Exception e) {
                log.debug("closing", e);
            }
        }
    }

    private static List<RadiusClient.Server> resolved(
            List<RadiusSettings.Server> servers, Map<String, String> environment) {
        List<RadiusClient.Server> resolved = new ArrayList<>();
        for (RadiusSettings.Server server : servers) {
            InetSocketAddress address = server.requiredAddress().toSocketAddress();
            if (address.isUnresolved()) {
                throw new IllegalArgumentException("Invalid value " + server.requiredAddress()
                        + " for key lwaftr.radius servers: that host is not known (allowed: an address, or a name that"
                        + " can be looked up)");
            }
            resolved.add(new RadiusClient.Server(
                    address, RadiusSettings.secret(server.secretFile(), server.secretEnvironment(), environment)));
        }
        return resolved;
    }

    private static @Nullable String passwordOf(RadiusSettings settings) {
        Path file = settings.passwordFile();
        if (settings.password() != RadiusSettings.Password.SHARED || file == null) {
            return null;
        }
        String password = RadiusSettings.text(file, "password-file");
        if (password.getBytes(StandardCharsets.UTF_8).length > MAX_PASSWORD_OCTETS) {
            throw new IllegalArgumentException("Invalid value " + file
                    + " for key password-file: the password is too long (allowed: up to " + MAX_PASSWORD_OCTETS
                    + " octets)");
        }
        return password;
    }

    private static String nameOf(RadiusSettings settings) {
        String name = settings.nasIdentifier();
        if (name != null) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "lwaftr";
        }
    }
}
