package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.export.UsageReceiver;
import io.portledger.lwaftr.export.UsageReporter;
import io.portledger.lwaftr.forwarding.BindingTable.Found;
import io.portledger.lwaftr.forwarding.BindingTable.Reader;
import io.portledger.lwaftr.forwarding.BindingTable.View;
import io.portledger.lwaftr.provisioning.Demand;
import io.portledger.lwaftr.provisioning.Lease;
import io.portledger.lwaftr.provisioning.LeaseTable;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.lwaftr.provisioning.Pool;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Nothing that a binding carried is reported twice, to another binding, or not at all. */
class UsageAccountingProperties {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00.500Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final BindingVolume NOTHING = new BindingVolume(0, 0, 0, 0);

    /** What happens; the clock may stand still or go back. */
    record Step(int kind, int client, int packets, long clockMillis) {}

    @Property(tries = 300)
    void theReportsOfABindingAddUpToWhatTheTableCounted(
            @ForAll("steps") List<Step> steps, @ForAll boolean endsWithTheProcess) {
        try (BindingTable table = new BindingTable();
                Reader reader = table.newReader()) {
            Pool pool = new Pool(serviceClass());
            LeaseTable leases = new LeaseTable(List.of(pool), table, BR);
            Books books = new Books();
            UsageReporter reporter = new UsageReporter(table, leases::serviceClassOf, INTERVAL, books, START);
            leases.addListener(reporter, START);
            Map<Binding, BindingVolume> truth = new HashMap<>();
            Instant now = START;
            for (Step step : steps) {
                now = now.plusMillis(step.clockMillis());
                Ipv6Address b4 = new Ipv6Address(0x20010db8_0000_0000L + step.client(), 1);
                Optional<Lease> lease = leases.find(b4, now);
                Instant at = now;
                switch (step.kind()) {
                    case 0, 1 -> {
                        if (lease.isEmpty()) {
                            Demand demand = new Demand(
                                    b4,
                                    Origin.PCP,
                                    new Nonce(1, 1),
                                    Duration.ofMinutes(2),
                                    null,
                                    Demand.ANY_PORTS,
                                    40000);
                            leases.allocate(demand, pool, null, null, now);
                        }
                    }
                    case 2 -> lease.ifPresent(held -> leases.release(held, at));
                    case 3 -> books.isFull = !books.isFull;
                    case 4, 5 -> reporter.turn(now);
                    case 6 -> leases.snapshot(now);
                    default -> lease.ifPresent(held -> carry(held.binding(), step.packets(), reader, truth));
                }
            }
            if (endsWithTheProcess) {
                leases.endAll(now);
            } else {
                reporter.finish(now);
            }
            Map<Binding, BindingVolume> reported = new HashMap<>();
            Map<Binding, Long> until = new HashMap<>();
            for (BindingUsage usage : books.usages) {
                reported.merge(usage.binding(), usage.volume(), UsageAccountingProperties::sum);
                assertThat(usage.toMillis()).isGreaterThan(usage.fromMillis());
                assertThat(usage.serviceClass()).isEqualTo("default");
                assertThat(usage.volume()).isNotEqualTo(NOTHING);
                until.put(usage.binding(), usage.toMillis());
            }
            assertThat(reported).isEqualTo(truth);
            assertThat(until).hasSameSizeAs(reported);
        }
    }

    /** As a worker does it. */
    private static void carry(Binding binding, int packets, Reader reader, Map<Binding, BindingVolume> truth) {
        View view = reader.enter();
        try {
            long key = BindingTable.key(binding.ipv4().bits(), binding.ports().psid());
            long line = view.find(view.home(key), key, BindingTable.shapeOf(binding.ports()), new Found());
            for (int i = 0; i < packets; i++) {
                view.count(line, BindingTable.DOWNSTREAM_PACKETS, 1500);
                view.count(line, BindingTable.UPSTREAM_PACKETS, 40);
            }
            view.count(line, BindingTable.UPSTREAM_PACKETS, 1000);
        } finally {
            reader.exit();
        }
        truth.merge(
                binding,
                new BindingVolume(packets, 1500L * packets, packets + 1, 40L * packets + 1000),
                UsageAccountingProperties::sum);
    }

    private static BindingVolume sum(BindingVolume one, BindingVolume other) {
        return new BindingVolume(
                one.downstreamPackets() + other.downstreamPackets(),
                one.downstreamOctets() + other.downstreamOctets(),
                one.upstreamPackets() + other.upstreamPackets(),
                one.upstreamOctets() + other.upstreamOctets());
    }

    private static ServiceClass serviceClass() {
        return new ServiceClass(
                "default",
                List.of(Ipv4Prefix.parse("192.0.2.0/30")),
                0,
                5,
                1024,
                List.of(),
                Duration.ofMinutes(2),
                Duration.ofDays(1),
                Duration.ZERO,
                List.of(80, 95));
    }

    private static final class Books implements UsageReceiver {
        private final List<BindingUsage> usages = new ArrayList<>();
        private boolean isFull;

        @Override
        public void onUsage(BindingUsage usage, boolean isOfAll) {
            usages.add(usage);
        }

        @Override
        public boolean hasRoomForUsage() {
            return !isFull;
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 140),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.frequencyOf(
                                Tuple.of(3, Arbitraries.just(0L)),
                                Tuple.of(5, Arbitraries.longs().between(0, 20_000)),
                                Tuple.of(1, Arbitraries.longs().between(-5_000, 0))))
                .as(Step::new)
                .list()
                .ofMinSize(20)
                .ofMaxSize(300);
    }
}
