package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

class LeaseTableProperties {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00.5006Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    /** What somebody does; the clock may stand still or go back. */
    record Step(int kind, int client, int lifetimeSeconds, int suggestion, long clockMicros) {}

    @Property(tries = 300)
    void noPortEverHasTwoHoldersAndTableAndLeasesAgree(
            @ForAll("steps") List<Step> steps, @ForAll("pools") ServiceClass settings) {
        Pool pool = new Pool(settings);
        try (BindingTable table = new BindingTable()) {
            LeaseTable leases = new LeaseTable(List.of(pool), table, BR);
            Judge judge = new Judge();
            Instant now = START;
            leases.addListener(judge::onChange, now);
            for (Step step : steps) {
                now = now.plusNanos(step.clockMicros() * 1000);
                carryOut(step, leases, pool, now);
                assertThat(table.size()).isEqualTo(leases.size()).isEqualTo(pool.held());
                assertThat(judge.held).hasSize(leases.size());
                for (Binding binding : judge.held.values()) {
                    assertThat(table.get(binding.ipv4(), binding.ports())).contains(binding);
                    assertThat(pool.contains(binding.ipv4())).isTrue();
                    assertThat(binding.ports().firstPort() >= settings.reservedPorts() || settings.psidLength() == 0)
                            .isTrue();
                }
                if (leases.nextExpiry(now.plusSeconds(1000)).isPresent()) {
                    assertThat(leases.nextExpiry(now.plusSeconds(1000)).get()).isAfter(now.minusMillis(1));
                }
            }
            leases.endAll(now);
            assertThat(table.size()).isZero();
            assertThat(judge.held).isEmpty();
            assertThat(pool.held()).isZero();
        }
    }

    private static void carryOut(Step step, LeaseTable leases, Pool pool, Instant now) {
        Ipv6Address b4 = new Ipv6Address(0x20010db8_0000_0000L + step.client(), 1);
        Optional<Lease> lease = leases.find(b4, now);
        Duration lifetime = Duration.ofSeconds(step.lifetimeSeconds());
        switch (step.kind()) {
            case 0, 1, 2 -> {
                if (lease.isPresent()) {
                    leases.renew(lease.get(), lifetime, now);
                } else {
                    Pool.Suggestion suggestion = step.suggestion() < 0
                            ? null
                            : new Pool.Suggestion(
                                    Ipv4Address.parse("192.0.2.0").plus(step.suggestion() & 3),
                                    step.suggestion() >>> 2 & 0xffff);
                    boolean isFull = pool.held() == pool.size();
                    Optional<Lease> created = leases.allocate(demand(b4, lifetime, suggestion), pool, null, null, now);
                    assertThat(created.isPresent() && isFull).isFalse();
                }
            }
            case 3 -> lease.ifPresent(held -> leases.release(held, now));
            case 4 -> leases.expire(now);
            default -> leases.snapshot(now);
        }
    }

    private static Demand demand(Ipv6Address b4, Duration lifetime, Pool.@Nullable Suggestion suggestion) {
        return new Demand(b4, Origin.PCP, new Nonce(1, 1), lifetime, suggestion, Demand.ANY_PORTS, 40000);
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.integers().between(0, 20),
                        Arbitraries.integers().between(1, 100),
                        Arbitraries.integers().between(-200_000, 0x3ffff),
                        Arbitraries.frequencyOf(
                                Tuple.of(2, Arbitraries.just(0L)),
                                Tuple.of(2, Arbitraries.longs().between(0, 3_000)),
                                Tuple.of(5, Arbitraries.longs().between(0, 40_000_000)),
                                Tuple.of(1, Arbitraries.longs().between(-5_000_000, 0))))
                .as(Step::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(120);
    }

    @Provide
    Arbitrary<ServiceClass> pools() {
        return Arbitraries.of(
                Pools.withoutHoldDown(Pools.settings("two", 0, 1, 0, "192.0.2.0/31")),
                Pools.settings("whole", 0, 0, 1024, "192.0.2.0/30"),
                Pools.withoutHoldDown(Pools.settings("gma", 6, 2, 1024, "192.0.2.0", "192.0.2.2")),
                Pools.settings("usual", 0, 4, 1024, "192.0.2.0/31"));
    }

    private static final class Judge {
        private final Map<String, Binding> held = new HashMap<>();
        private final Map<String, Instant> lastChange = new HashMap<>();
        private final Set<Ipv6Address> holders = new HashSet<>();

        void onChange(BindingChange change) {
            Binding binding = change.binding();
            String ports = binding.ipv4() + " " + binding.ports();
            switch (change.kind()) {
                case CREATED -> {
                    assertThat(held.put(ports, binding)).isNull();
                    assertThat(holders.add(binding.b4())).isTrue();
                    assertThat(change.at()).isAfterOrEqualTo(lastChange.getOrDefault(ports, Instant.MIN));
                    lastChange.put(ports, change.at());
                }
                case DELETED -> {
                    assertThat(held.remove(ports)).isEqualTo(binding);
                    assertThat(holders.remove(binding.b4())).isTrue();
                    assertThat(change.at())
                            .isAfterOrEqualTo(lastChange
                                    .getOrDefault(ports, START.plus(Duration.ofDays(9000)))
                                    .plusMillis(1));
                    lastChange.put(ports, change.at());
                }
                case SNAPSHOT -> {
                    assertThat(held).containsEntry(ports, binding);
                    assertThat(lastChange).containsEntry(ports, change.at());
                }
            }
        }
    }
}
