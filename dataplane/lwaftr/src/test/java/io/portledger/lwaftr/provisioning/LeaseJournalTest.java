package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseJournalTest {

    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final ServiceClass CLASS = Pools.settings("p", 0, 6, 1024, "203.0.113.0/24");

    @TempDir
    private Path root;

    private Path directory;
    private LeaseJournal journal;
    private BindingTable table = new BindingTable();

    @BeforeEach
    void begin() throws IOException {
        directory = root.resolve("state");
        journal = LeaseJournal.open(directory, true, NOW);
        journal.close();
    }

    @AfterEach
    void closeTable() {
        table.close();
    }

    private LeaseTable open(ServiceClass serviceClass, Instant now) throws IOException {
        table.close();
        table = new BindingTable();
        journal = LeaseJournal.open(directory, true, now);
        return LeaseTable.recover(List.of(new Pool(serviceClass)), table, BR, journal, now);
    }

    private static Ipv6Address b4(int client) {
        return new Ipv6Address(0x20010db8_0000_0000L, client);
    }

    private static Lease allocate(LeaseTable leases, int client, Instant now) {
        return leases.allocate(
                        new Demand(
                                b4(client),
                                Origin.PCP,
                                new Nonce(client, 1),
                                Duration.ofHours(1),
                                null,
                                Demand.ANY_PORTS,
                                5000 + client),
                        leases.pools().getFirst(),
                        null,
                        null,
                        now)
                .orElseThrow();
    }

    private static List<BindingChange> changesToldAtStart(LeaseTable leases, Instant now) {
        List<BindingChange> changes = new ArrayList<>();
        leases.addListener(changes::add, now);
        leases.commit();
        return changes;
    }

    @Test
    void theSameLwb4HasTheSamePortsAfterTheNextStartAndNobodyElseDoes() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        Binding first = allocate(leases, 1, NOW).binding();
        Lease second = allocate(leases, 2, NOW);
        Binding left = second.binding();
        leases.release(second, NOW.plusSeconds(1));
        leases.commit();
        journal.close();

        Instant later = NOW.plusSeconds(30);
        LeaseTable again = open(CLASS, later);
        assertThat(again.find(b4(1), later).orElseThrow().binding()).isEqualTo(first);
        assertThat(again.find(b4(1), later).orElseThrow().nonce()).isEqualTo(new Nonce(1, 1));
        assertThat(table.get(first.ipv4(), first.ports())).contains(first);
        assertThat(again.find(b4(2), later)).isEmpty();
        assertThat(allocate(again, 3, later).binding().ports()).isNotIn(first.ports(), left.ports());
        assertThat(allocate(again, 2, later).binding())
                .as("its own, although it rests")
                .isEqualTo(left);
        journal.close();
    }

    @Test
    void whatEndedWhileNobodyWasThereIsToldWithTheTimeOfItsEnd() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        Binding binding = allocate(leases, 1, NOW).binding();
        Binding lasting = allocate(leases, 2, NOW.plusSeconds(600)).binding();
        leases.commit();
        journal.close();

        Instant later = NOW.plusSeconds(3700);
        List<BindingChange> told = changesToldAtStart(open(CLASS, later), later);
        assertThat(told)
                .containsExactly(
                        new BindingChange(BindingChange.Kind.DELETED, NOW.plusSeconds(3600), binding),
                        new BindingChange(BindingChange.Kind.SNAPSHOT, NOW.plusSeconds(600), lasting));
        journal.close();
    }

    @Test
    void anEndThatMayNotHaveBeenToldIsToldAgain() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        Lease lease = allocate(leases, 1, NOW);
        leases.release(lease, NOW.plusSeconds(5));
        leases.commit();
        journal.close();

        List<BindingChange> told = changesToldAtStart(open(CLASS, NOW.plusSeconds(60)), NOW.plusSeconds(60));
        assertThat(told)
                .containsExactly(new BindingChange(BindingChange.Kind.DELETED, NOW.plusSeconds(5), lease.binding()));
        journal.close();
    }

    @Test
    void anEndOfPortsThatAreInNoClassIsToldAgainToo() throws IOException {
        Binding chosen = new Binding(b4(1), Ipv4Address.parse("198.51.100.9"), new PortSet(0, 4, 7), BR, "anna");
        Binding assigned = new Binding(b4(2), Ipv4Address.parse("198.51.100.9"), new PortSet(0, 4, 8), BR, "ben");
        LeaseTable leases = open(CLASS, NOW);
        Demand demand = new Demand(b4(1), Origin.DHCP, new Nonce(1, 1), Duration.ofHours(1), null, Demand.ANY_PORTS, 0);
        Lease lease = leases.allocate(demand, chosen, null, NOW).orElseThrow();
        leases.edit(List.of(new Assignment(assigned, Origin.KAFKA)), List.of(), NOW);
        leases.release(lease, NOW.plusSeconds(5));
        leases.edit(List.of(), List.of(PublicPorts.of(assigned)), NOW.plusSeconds(6));
        leases.commit();
        journal.close();

        Instant later = NOW.plusSeconds(60);
        assertThat(changesToldAtStart(open(CLASS, later), later))
                .containsExactly(
                        new BindingChange(BindingChange.Kind.DELETED, NOW.plusSeconds(5), chosen, Origin.DHCP, null),
                        new BindingChange(
                                BindingChange.Kind.DELETED, NOW.plusSeconds(6), assigned, Origin.KAFKA, null));
        journal.close();
    }

    @Test
    void aLeaseThatFitsNoServiceClassAnyMoreEnds() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        Binding binding = allocate(leases, 1, NOW).binding();
        leases.commit();
        journal.close();

        for (ServiceClass other : List.of(
                Pools.settings("p", 0, 8, 1024, "203.0.113.0/24"), Pools.settings("p", 0, 6, 1024, "192.0.2.0/24"))) {
            Path kept = directory;
            directory = root.resolve("copy" + other.psidLength());
            LeaseJournalProperties.copy(kept, directory);
            LeaseTable again = open(other, NOW.plusSeconds(9));
            assertThat(changesToldAtStart(again, NOW.plusSeconds(9)))
                    .containsExactly(new BindingChange(BindingChange.Kind.DELETED, NOW.plusSeconds(9), binding));
            assertThat(table.size()).isZero();
            journal.close();
            directory = kept;
        }
    }

    @Test
    void aRecordThatWasCutOffIsLeftOutAndWrittenOver() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        allocate(leases, 1, NOW);
        leases.commit();
        Path log = directory.resolve("leases-00000000.log");
        long whole = Files.size(log);
        allocate(leases, 2, NOW);
        leases.commit();
        journal.close();
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            file.truncate(whole + 20);
        }

        LeaseTable again = open(CLASS, NOW);
        assertThat(again.size()).isOne();
        allocate(again, 3, NOW);
        again.commit();
        journal.close();
        assertThat(open(CLASS, NOW).size()).isEqualTo(2);
        journal.close();
    }

    @Test
    void aDamagedJournalStopsTheStartAndSaysWhy() throws IOException {
        LeaseTable leases = open(CLASS, NOW);
        allocate(leases, 1, NOW);
        allocate(leases, 2, NOW);
        leases.commit();
        journal.close();
        Path log = directory.resolve("leases-00000000.log");
        try (FileChannel file = FileChannel.open(log, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 60);
        }
        assertThatThrownBy(() -> open(CLASS, NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("leases-00000000.log is damaged at octet")
                .hasMessageContaining("Restore the file");
        journal.close();
    }

    @Test
    void aDirectoryBelongsToOneLwaftr() throws IOException {
        open(CLASS, NOW);
        assertThatThrownBy(() -> LeaseJournal.open(directory, true, NOW))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another lwAFTR uses the state directory");
        journal.close();
    }

    @Test
    void theLogBeginsAnewBehindASnapshotAndNothingIsLost() throws IOException {
        table.close();
        table = new BindingTable();
        journal = LeaseJournal.open(directory, false, 10_000, NOW);
        LeaseTable leases = LeaseTable.recover(List.of(new Pool(CLASS)), table, BR, journal, NOW);
        for (int round = 0; round < 20; round++) {
            for (int client = 1; client <= 50; client++) {
                Instant now = NOW.plusSeconds(round);
                leases.find(b4(client), now)
                        .ifPresentOrElse(lease -> leases.renew(lease, Duration.ofHours(2), now), () -> {});
                if (leases.find(b4(client), now).isEmpty()) {
                    allocate(leases, client, now);
                }
                leases.commit();
                leases.tidyJournal(4);
            }
        }
        while (files().stream().anyMatch(file -> file.toString().endsWith(".tmp"))) {
            leases.tidyJournal(100);
        }
        journal.close();
        assertThat(files().stream().filter(file -> file.toString().endsWith(".log")))
                .hasSize(1);
        assertThat(files().stream().mapToLong(file -> file.toFile().length()).sum())
                .isLessThan(40_000);
        LeaseTable again = open(CLASS, NOW.plusSeconds(20));
        assertThat(again.size()).isEqualTo(50);
        assertThat(again.find(b4(7), NOW.plusSeconds(20)).orElseThrow().expiresAt())
                .isEqualTo(NOW.plusSeconds(19).plus(Duration.ofHours(2)));
        journal.close();
    }

    @Test
    void aSetThatHasRestedLongEnoughIsFoundAfterASnapshotWhateverItsNumber() throws IOException {
        ServiceClass small = Pools.settings("p", 0, 1, 0, "203.0.113.1");
        table.close();
        table = new BindingTable();
        journal = LeaseJournal.open(directory, false, 0, NOW);
        LeaseTable leases = LeaseTable.recover(List.of(new Pool(small)), table, BR, journal, NOW);
        Lease first = allocate(leases, 1, NOW);
        Lease second = allocate(leases, 2, NOW);
        leases.release(second, NOW.plusSeconds(1));
        leases.release(first, NOW.plusSeconds(60));
        leases.commit();
        leases.tidyJournal(100);
        journal.close();
        assertThat(files()).anyMatch(file -> file.toString().endsWith(".snapshot"));

        Instant later = NOW.plusSeconds(1).plus(small.holdDown());
        assertThat(allocate(open(small, later), 3, later).publicPorts())
                .as("the first still rests")
                .isEqualTo(second.publicPorts());
        journal.close();
    }

    @Test
    void onAFullDiskNobodyIsToldAnythingUntilThereIsRoom() throws Exception {
        Files.createDirectories(directory);
        run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.toString());
        try {
            LeaseTable leases = open(CLASS, NOW);
            List<BindingChange> told = changesToldAtStart(leases, NOW);
            Path filler = directory.resolve("filler");
            Files.write(filler, new byte[40_000]);
            int client = 0;
            do {
                allocate(leases, ++client, NOW);
            } while (leases.commit());
            int toldSoFar = told.size();
            assertThat(toldSoFar).isLessThan(client);
            assertThat(leases.isWritable()).isFalse();
            Provisioner provisioner = new Provisioner(leases, new Subscribers(), null, () -> NOW);
            Demand demand =
                    new Demand(b4(9999), Origin.PCP, new Nonce(1, 1), Duration.ofHours(1), null, Demand.ANY_PORTS, 0);
            provisioner.obtain(
                    demand, NOW, (outcome, now) -> assertThat(outcome).isInstanceOf(Provisioner.Unavailable.class));

            Files.delete(filler);
            assertThat(leases.commit()).isTrue();
            assertThat(told).hasSize(client);
            journal.close();
            assertThat(open(CLASS, NOW).size()).isEqualTo(client);
            journal.close();
        } finally {
            run("umount", directory.toString());
        }
    }

    @Test
    void aFileThatNoLongerHasABindingEndsItAtTheNextStart() throws IOException {
        Binding stays = new Binding(b4(1), Ipv4Address.parse("198.51.100.1"), new PortSet(0, 6, 1), BR, "anna");
        Binding goes = new Binding(b4(2), Ipv4Address.parse("198.51.100.1"), new PortSet(0, 6, 2), BR);
        LeaseTable leases = open(CLASS, NOW);
        leases.addPermanent(List.of(stays, goes).iterator(), NOW);
        leases.commit();
        journal.close();

        Instant later = NOW.plusSeconds(10);
        LeaseTable again = open(CLASS, later);
        List<BindingChange> told = changesToldAtStart(again, later);
        again.addPermanent(List.of(stays).iterator(), later);
        again.commit();
        assertThat(told)
                .contains(new BindingChange(BindingChange.Kind.SNAPSHOT, NOW, stays, Origin.FILE, null))
                .last()
                .satisfies(change -> {
                    assertThat(change.kind()).isEqualTo(BindingChange.Kind.DELETED);
                    assertThat(change.binding()).isEqualTo(goes);
                    assertThat(change.at()).isEqualTo(later);
                });
        journal.close();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }
}
