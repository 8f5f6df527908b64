package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.export.BindingExporter;
import io.portledger.lwaftr.export.ExportSettings;
import io.portledger.lwaftr.export.IpfixExporter;
import io.portledger.lwaftr.export.SyslogExporter;
import io.portledger.lwaftr.export.SyslogReceiver;
import io.portledger.lwb4.fleet.Fleet;
import io.portledger.lwb4.fleet.FleetSettings;
import io.portledger.lwb4.fleet.Tenure;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A lwAFTR with three pools and a fleet of lwB4s for each, living through days in seconds: their clock stands still
 * during each exchange and jumps between them, so that the fleets know to the millisecond who held what.
 *
 * <p>The lwAFTR's records are exported three times: as they are by IPFIX and by syslog, with their public addresses moved
 * by {@link #ONLY_IPFIX} by IPFIX alone, and moved by {@link #ONLY_SYSLOG} by syslog alone. The three histories must be
 * the same.
 */
final class Census implements AutoCloseable {

    /** Added to a public address: the same binding as told by IPFIX alone. */
    static final int ONLY_IPFIX = 1 << 16;

    /** Added to a public address: the same binding as told by syslog alone. */
    static final int ONLY_SYSLOG = 2 << 16;

    private static final String SETTINGS = """
            lwaftr:
              pcp: { listen: "[::1]:0", third-party-from: ["::1/128"] }
              service-classes:
                - { name: contiguous, prefixes: [203.0.113.0/30], psid-offset: 0, psid-length: 6, hold-down: 0s,
                    clients: ["2001:db8:a::/48"] }
                - { name: scattered, prefixes: [203.0.114.0/30], psid-offset: 6, psid-length: 6, hold-down: 2m,
                    clients: ["2001:db8:b::/48"] }
                - { name: whole, prefixes: [203.0.115.0/28], psid-offset: 0, psid-length: 0, hold-down: 1m,
                    clients: ["2001:db8:c::/48"] }
            """;

    private record District(Fleet fleet, int clients) {}

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<BindingExporter> exporters = new ArrayList<>();
    private final Lwaftr lwaftr;
    private final List<District> districts;
    private final Random random = new Random(20261123);
    private volatile Instant now;

    Census(Path directory, InetSocketAddress ipfix, InetSocketAddress syslog, Instant begin) throws IOException {
        now = begin;
        Path config = Files.writeString(directory.resolve("lwaftr.yaml"), SETTINGS);
        LwaftrSettings settings = LwaftrSettings.read(config, Map.of());
        ExportSettings export = settings.export();
        HostPort collector = new HostPort(ipfix.getAddress().getHostAddress(), ipfix.getPort());
        SyslogReceiver receiver = new SyslogReceiver(
                SyslogReceiver.Transport.TCP, new HostPort(syslog.getAddress().getHostAddress(), syslog.getPort()));
        InstantSource clock = () -> now;
        lwaftr = Lwaftr.start(
                settings,
                clock,
                exporter(IpfixExporter.start(group.next(), collector, export, InstantSource.system())),
                exporter(SyslogExporter.start(group.next(), receiver, export)),
                moved(ONLY_IPFIX, IpfixExporter.start(group.next(), collector, export, InstantSource.system())),
                moved(ONLY_SYSLOG, SyslogExporter.start(group.next(), receiver, export)));
        districts = List.of(
                district("2001:db8:a::1", 200, clock),
                district("2001:db8:b::1", 200, clock),
                district("2001:db8:c::1", 12, clock));
    }

    /** Lets the given number of rounds pass; in each, some lwB4s come, renew, go or fall silent, and time jumps. */
    void live(int rounds) {
        for (int round = 0; round < rounds; round++) {
            now = now.plusMillis(1 + (random.nextInt(4) == 0 ? random.nextInt(3) : random.nextInt(240_000)));
            lwaftr.expireLeases().join();
            if (random.nextInt(25) == 0) {
                lwaftr.snapshot().join();
            }
            List<CompletableFuture<?>> exchanges = new ArrayList<>();
            for (District district : districts) {
                List<Integer> today = random.ints(0, district.clients)
                        .distinct()
                        .limit(1 + district.clients / 12)
                        .boxed()
                        .toList();
                for (int client : today) {
                    exchanges.add(act(district.fleet, client));
                }
            }
            CompletableFuture.allOf(exchanges.toArray(CompletableFuture[]::new)).join();
        }
        districts.forEach(district -> assertThat(district.fleet.truth().unresolved())
                .as("unresolved exchanges")
                .isZero());
    }

    private CompletableFuture<?> act(Fleet fleet, int client) {
        int choice = random.nextInt(10);
        return fleet.holding(client).thenCompose(holding -> {
            if (holding.isEmpty() || !holding.get().expiresAt().isAfter(now)) {
                return fleet.obtain(client).thenApply(outcome -> null);
            }
            if (choice < 5) {
                return fleet.release(client).thenApply(outcome -> null);
            }
            return choice < 7 ? fleet.vanish(client) : fleet.renew(client).thenApply(outcome -> null);
        });
    }

    /** Every holding so far. */
    List<Tenure> tenures() {
        return districts.stream()
                .flatMap(district -> district.fleet.truth().tenures().stream())
                .toList();
    }

    /** The moment up to which the tenures tell. */
    Instant now() {
        return now;
    }

    /** Records that an exporter could not send; the truth of the test depends on none. */
    long dropped() {
        return exporters.stream().mapToLong(BindingExporter::dropCount).sum();
    }

    @Override
    public void close() {
        districts.forEach(district -> district.fleet.close());
        lwaftr.close();
        exporters.forEach(BindingExporter::close);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private District district(String first, int clients, InstantSource clock) {
        FleetSettings settings = FleetSettings.of(lwaftr.pcpAddress(), clients)
                .withFirstClient(Ipv6Address.parse(first))
                .withLifetime(Duration.ofMinutes(40))
                .withSeed(clients);
        return new District(Fleet.start(settings, clock), clients);
    }

    private BindingListener exporter(BindingExporter exporter) {
        exporters.add(exporter);
        return exporter;
    }

    private BindingListener moved(int by, BindingExporter exporter) {
        exporters.add(exporter);
        return change -> {
            Binding binding = change.binding();
            exporter.onChange(new BindingChange(
                    change.kind(),
                    change.at(),
                    new Binding(
                            binding.b4(),
                            binding.ipv4().plus(by),
                            binding.ports(),
                            binding.br(),
                            binding.subscriber())));
        };
    }

    /** A beginning far enough in the past that the days of a test end before today. */
    static Instant beginning() {
        return Instant.now().minus(30, ChronoUnit.DAYS).truncatedTo(ChronoUnit.MILLIS);
    }
}
