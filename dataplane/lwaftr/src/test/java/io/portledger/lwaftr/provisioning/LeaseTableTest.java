package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a lease table tells of many bindings at once. */
class LeaseTableTest {

    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    private final BindingTable table = new BindingTable();
    private final Pool pool = new Pool(Pools.settings("p", 0, 6, 1024, "203.0.113.0/24"));
    private final LeaseTable leases = new LeaseTable(List.of(pool), table, BR);

    /** Takes changes as an exporter does: into a queue with an end. */
    private static final class Queue implements BindingListener {
        final int snapshots;
        final List<BindingChange> waiting = new ArrayList<>();
        final List<BindingChange> ofAll = new ArrayList<>();
        final List<PoolEvent> poolEvents = new ArrayList<>();

        Queue(int snapshots) {
            this.snapshots = snapshots;
        }

        @Override
        public void onChange(BindingChange change) {
            waiting.add(change);
        }

        @Override
        public void onChangeOfAll(BindingChange change) {
            ofAll.add(change);
        }

        @Override
        public void onPoolEvent(PoolEvent event) {
            poolEvents.add(event);
        }

        @Override
        public boolean hasRoomForSnapshot() {
            return waiting.size() < snapshots;
        }
    }

    @AfterEach
    void closeTable() {
        table.close();
    }

    @Test
    void tellsTheListenersOfLevelsAndExhaustion() {
        Pool other = new Pool(Pools.settings("other", 0, 6, 1024, "198.51.100.0"));
        Pool small = new Pool(Pools.settings("small", 0, 2, 0, "192.0.2.0/30"));
        LeaseTable ofTwo = new LeaseTable(List.of(other, small), table, BR);
        Queue queue = new Queue(10);
        ofTwo.addListener(queue, NOW);
        List<Lease> held = new ArrayList<>();
        for (int i = 0; i < 18; i++) {
            Demand demand = new Demand(
                    new Ipv6Address(0x20010db8_0000_0000L + i, 1),
                    Origin.PCP,
                    new Nonce(1, 1),
                    Duration.ofHours(1),
                    null,
                    Demand.ANY_PORTS,
                    40000);
            ofTwo.allocate(demand, small, null, null, NOW.plusSeconds(i)).ifPresent(held::add);
        }
        for (int i = 0; i < 4; i++) {
            ofTwo.release(held.get(i), NOW.plusSeconds(100 + i));
        }
        assertThat(queue.poolEvents)
                .containsExactly(
                        new PoolEvent(PoolEvent.Kind.HIGH, NOW.plusSeconds(12), 2, "small", 80, 4),
                        new PoolEvent(PoolEvent.Kind.HIGH, NOW.plusSeconds(15), 2, "small", 95, 4),
                        new PoolEvent(PoolEvent.Kind.EXHAUSTED, NOW.plusSeconds(16), 2, "small", 100, 4),
                        new PoolEvent(PoolEvent.Kind.LOW, NOW.plusSeconds(101), 2, "small", 90, 4));
    }

    private static Ipv6Address b4(int client) {
        return Ipv6Address.parse("2001:db8::" + Integer.toHexString(client));
    }

    private Lease allocate(int client) {
        return leases.allocate(
                        new Demand(
                                b4(client),
                                Origin.PCP,
                                new Nonce(0, client),
                                Duration.ofHours(1),
                                null,
                                Demand.ANY_PORTS,
                                40000),
                        pool,
                        null,
                        null,
                        NOW)
                .orElseThrow();
    }

    @Test
    void aSnapshotWaitsForRoomAndTellsNobodyWhoIsGone() {
        Queue slow = new Queue(3);
        List<BindingChange> quick = new ArrayList<>();
        List<Lease> held = IntStream.rangeClosed(1, 10).mapToObj(this::allocate).toList();
        leases.addListener(slow, NOW);
        leases.addListener(quick::add, NOW);
        assertThat(quick).hasSize(10);
        assertThat(slow.waiting).hasSize(3);

        assertThat(leases.goOnWithSnapshots(NOW)).as("no room yet").isTrue();
        assertThat(slow.waiting).hasSize(3);
        leases.snapshot(NOW);
        assertThat(slow.waiting).as("it has not heard the last one to its end").hasSize(3);
        assertThat(quick).hasSize(20);

        List<Binding> told = new ArrayList<>();
        slow.waiting.forEach(change -> told.add(change.binding()));
        slow.waiting.clear();
        Lease gone = held.stream()
                .filter(lease -> !told.contains(lease.binding()))
                .findFirst()
                .orElseThrow();
        leases.release(gone, NOW.plusSeconds(1));
        while (leases.goOnWithSnapshots(NOW.plusSeconds(1))) {
            slow.waiting.stream()
                    .filter(change -> change.kind() == BindingChange.Kind.SNAPSHOT)
                    .forEach(change -> told.add(change.binding()));
            slow.waiting.clear();
        }
        slow.waiting.stream()
                .filter(change -> change.kind() == BindingChange.Kind.SNAPSHOT)
                .forEach(change -> told.add(change.binding()));
        assertThat(told)
                .containsExactlyInAnyOrderElementsOf(held.stream()
                        .filter(lease -> !lease.equals(gone))
                        .map(Lease::binding)
                        .toList());
    }

    @Test
    void theBeginningAndTheEndOfServiceAreToldBeyondAnyRoom() {
        Queue queue = new Queue(0);
        leases.addListener(queue, NOW);
        List<Binding> permanent = IntStream.range(0, 5)
                .mapToObj(
                        i -> new Binding(b4(100 + i), Ipv4Address.parse("198.51.100.1"), new PortSet(0, 6, 10 + i), BR))
                .toList();
        leases.addPermanent(permanent.iterator(), NOW);
        assertThat(queue.ofAll).hasSize(5).allMatch(change -> change.kind() == BindingChange.Kind.CREATED);
        queue.ofAll.clear();
        allocate(1);
        assertThat(queue.waiting).hasSize(1);
        queue.waiting.clear();

        leases.endAll(NOW.plusSeconds(1));
        assertThat(queue.waiting).isEmpty();
        assertThat(queue.ofAll).hasSize(6).allMatch(change -> change.kind() == BindingChange.Kind.DELETED);
    }
}
