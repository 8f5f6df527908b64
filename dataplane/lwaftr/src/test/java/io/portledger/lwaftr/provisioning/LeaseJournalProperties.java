package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A table that is read from its journal, at any moment, is the one that wrote it. */
class LeaseJournalProperties {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00.500Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    /** What somebody does; {@code kind} 9 is the end of the process. */
    record Step(int kind, int client, int number, int seconds) {}

    @Property(tries = 150)
    void aProcessThatEndsAtAnyMomentLosesNothingThatWasCommitted(@ForAll("steps") List<Step> steps) throws IOException {
        Path root = Files.createTempDirectory("journal");
        try {
            Life life = new Life(root.resolve("0"), START);
            Instant now = START;
            int lives = 0;
            for (Step step : steps) {
                now = now.plusSeconds(step.seconds()).plusMillis(1);
                if (step.kind() == 9) {
                    Map<PublicPorts, String> before = life.inForce(now);
                    Map<PublicPorts, BindingChange> told = life.told;
                    // Nobody closes anything: what is on the disk now is all there is.
                    Path copy = root.resolve(Integer.toString(++lives));
                    copy(life.directory, copy);
                    life.abandon();
                    life = new Life(copy, now);
                    assertThat(life.inForce(now)).isEqualTo(before);
                    assertThat(life.journal.epochStart()).isEqualTo(START);
                    life.requireTold(told);
                } else {
                    life.carryOut(step, now);
                    assertThat(life.leases.commit()).isTrue();
                    life.leases.tidyJournal(3);
                }
                life.requireTableAndLeasesAgree(now);
            }
            life.abandon();
        } finally {
            delete(root);
        }
    }

    /** A table and what it told. */
    private static final class Life {
        private final Path directory;
        private final BindingTable table = new BindingTable();
        private final LeaseJournal journal;
        private final List<Pool> pools = List.of(
                new Pool(Pools.settings("few", 0, 2, 1024, "192.0.2.0/31")),
                new Pool(Pools.forClients(Pools.settings("gma", 6, 1, 1024, "198.51.100.7"), "2001:db8:1::/48")));
        private final LeaseTable leases;
        private final Map<PublicPorts, BindingChange> told = new HashMap<>();

        Life(Path directory, Instant now) throws IOException {
            this.directory = directory;
            journal = LeaseJournal.open(directory, false, 2000, now);
            leases = LeaseTable.recover(pools, table, BR, journal, now);
            leases.addListener(change -> told.put(PublicPorts.of(change.binding()), change), now);
            assertThat(leases.commit()).isTrue();
        }

        void carryOut(Step step, Instant now) {
            Ipv6Address b4 = new Ipv6Address(
                    step.client() % 2 == 0 ? 0x20010db8_0000_0000L : 0x20010db8_0001_0000L, step.client() + 1L);
            Optional<Lease> lease = leases.find(b4, now);
            switch (step.kind()) {
                case 0, 1, 2, 3 -> {
                    Duration lifetime = Duration.ofSeconds(step.number() * 10L + 1);
                    if (lease.isPresent()) {
                        leases.renew(lease.get(), lifetime, 40_000 + step.number(), now);
                    } else if (leases.assigned(b4).isEmpty()) {
                        leases.allocate(
                                new Demand(
                                        b4,
                                        Origin.PCP,
                                        new Nonce(step.client(), 7),
                                        lifetime,
                                        null,
                                        Demand.ANY_PORTS,
                                        step.number()),
                                leases.poolFor(b4).orElseThrow(),
                                step.number() % 2 == 0 ? null : "subscriber " + step.client(),
                                step.number() % 5 == 0 ? now.plusSeconds(30) : null,
                                now);
                    }
                }
                case 4 -> lease.ifPresent(held -> leases.release(held, now));
                case 5 -> {
                    Binding binding = new Binding(
                            b4, Ipv4Address.parse("203.0.113.1"), new PortSet(0, 4, step.number() % 16), BR, "x");
                    List<PublicPorts> present = leases.holderOf(PublicPorts.of(binding), now).stream()
                            .map(Lease::publicPorts)
                            .toList();
                    assertThat(leases.edit(List.of(new Assignment(binding, Origin.RESTCONF)), present, now))
                            .isEmpty();
                }
                case 6 ->
                    leases.edit(
                            List.of(),
                            leases.assigned(b4).stream().map(Lease::publicPorts).toList(),
                            now);
                case 7 -> {
                    Binding binding = new Binding(b4, Ipv4Address.parse("192.0.2.0"), new PortSet(0, 2, 1), BR);
                    leases.edit(List.of(new Assignment(binding, Origin.KAFKA)), List.of(), now);
                }
                default -> leases.expire(now);
            }
        }

        Map<PublicPorts, String> inForce(Instant now) {
            leases.expire(now);
            leases.commit();
            Map<PublicPorts, String> all =
                    new TreeMap<>((one, other) -> one.toString().compareTo(other.toString()));
            leases.forEach(lease -> all.put(
                    lease.publicPorts(),
                    lease + " " + lease.nonce() + " " + lease.origin() + " " + lease.state + " " + lease.replyPort()
                            + " " + lease.limitMillis + " " + lease.isDetermined));
            return all;
        }

        /** Who listens to both lives knows of every port set how it is now. */
        void requireTold(Map<PublicPorts, BindingChange> before) {
            before.forEach((ports, change) -> {
                boolean wasHeld = change.kind() != BindingChange.Kind.DELETED;
                boolean isHeld = leases.holderOf(ports, START).isPresent();
                if (!isHeld && !wasHeld) {
                    return;
                }
                BindingChange now = Objects.requireNonNull(told.get(ports));
                if (isHeld) {
                    assertThat(now.kind()).isEqualTo(BindingChange.Kind.SNAPSHOT);
                    assertThat(now.at()).isEqualTo(change.at());
                } else {
                    assertThat(now.kind()).isEqualTo(BindingChange.Kind.DELETED);
                }
            });
        }

        void requireTableAndLeasesAgree(Instant now) {
            leases.expire(now);
            List<Binding> held = new ArrayList<>();
            leases.forEach(lease -> held.add(lease.binding()));
            assertThat(table.size()).isEqualTo(held.size());
            held.forEach(binding ->
                    assertThat(table.get(binding.ipv4(), binding.ports())).contains(binding));
            assertThat(pools.stream().mapToInt(Pool::held).sum()).isEqualTo((int) held.stream()
                    .filter(binding -> pools.stream().anyMatch(pool -> pool.contains(binding.ipv4())))
                    .count());
        }

        void abandon() {
            journal.close();
            table.close();
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, 11),
                        Arbitraries.integers().between(0, 30),
                        Arbitraries.integers().between(0, 60))
                .as(Step::new)
                .list()
                .ofMinSize(5)
                .ofMaxSize(150);
    }

    static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.list(from)) {
            Files.createDirectories(to);
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(file);
            }
        }
    }
}
