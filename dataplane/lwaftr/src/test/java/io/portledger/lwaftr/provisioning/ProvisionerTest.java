package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.forwarding.BindingTable;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an lwB4 gets, by what is assigned to it, by the directory, and by the AAA server. */
class ProvisionerTest {

    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address OTHER = Ipv6Address.parse("2001:db8:0:200::1");
    private static final Nonce NONCE = new Nonce(1, 2);
    private static final PublicPorts CHOSEN = PublicPorts.parse("198.51.100.9/0/4/7");

    private final BindingTable table = new BindingTable();
    private final LeaseTable leases = new LeaseTable(
            List.of(
                    new Pool(Pools.settings("residential", 0, 6, 1024, "192.0.2.1")),
                    new Pool(Pools.forClients(Pools.settings("business", 0, 2, 1024, "192.0.2.2"), "2001:db8:b::/48"))),
            table,
            BR);
    private final Subscribers subscribers = new Subscribers();
    private final List<BindingChange> changes = new ArrayList<>();
    private Instant clock = NOW;

    @AfterEach
    void closeTable() {
        table.close();
    }

    private Provisioner.Outcome obtain(@Nullable Authority authority, Ipv6Address b4, Nonce nonce, Instant now) {
        List<Provisioner.Outcome> outcomes = new ArrayList<>();
        new Provisioner(leases, subscribers, authority, () -> clock)
                .obtain(demand(b4, nonce), now, (outcome, then) -> outcomes.add(outcome));
        assertThat(outcomes).hasSize(1);
        return outcomes.getFirst();
    }

    private static Demand demand(Ipv6Address b4, Nonce nonce) {
        return new Demand(b4, Origin.PCP, nonce, Duration.ofHours(2), null, Demand.ANY_PORTS, 5000);
    }

    private static Authority saying(Authority.Verdict verdict) {
        return (b4, answer) -> answer.accept(verdict);
    }

    private static Authority entitling(Entitlement entitlement) {
        return saying(new Authority.Entitled(entitlement));
    }

    private static Lease granted(Provisioner.Outcome outcome) {
        assertThat(outcome).isInstanceOf(Provisioner.Granted.class);
        return ((Provisioner.Granted) outcome).lease();
    }

    @Test
    void theDirectoryNamesTheSubscriberAndTheClass() {
        subscribers.put(Ipv6Prefix.parse("2001:db8:0:100::/56"), "anna", "business");
        Lease lease = granted(obtain(null, B4, NONCE, NOW));
        assertThat(lease.binding())
                .isEqualTo(new Binding(B4, Ipv4Address.parse("192.0.2.2"), new PortSet(0, 2, 1), BR, "anna"));
        assertThat(table.get(lease.binding().ipv4(), lease.binding().ports())).contains(lease.binding());
    }

    @Test
    void aClassThatDoesNotExistGivesNothing() {
        subscribers.put(Ipv6Prefix.parse("2001:db8:0:100::/56"), "anna", "gone");
        assertThat(obtain(null, B4, NONCE, NOW)).isInstanceOf(Provisioner.NotAuthorized.class);
    }

    @Test
    void theAuthorityGoesBeforeTheDirectoryAndWhatItDoesNotSayTheDirectorySays() {
        subscribers.put(Ipv6Prefix.parse("2001:db8:0:100::/56"), "anna", "residential");
        Lease lease = granted(obtain(
                entitling(new Entitlement(null, "business", null, null, Duration.ofMinutes(30))), B4, NONCE, NOW));
        assertThat(lease.binding().ipv4()).isEqualTo(Ipv4Address.parse("192.0.2.2"));
        assertThat(lease.subscriber()).isEqualTo("anna");
        assertThat(lease.expiresAt()).isEqualTo(NOW.plusSeconds(1800));
    }

    @Test
    void aLeaseIsNeverRenewedBeyondItsLimit() {
        Entitlement entitlement = new Entitlement("anna", null, null, null, Duration.ofHours(3));
        granted(obtain(entitling(entitlement), B4, NONCE, NOW));
        Lease renewed =
                granted(obtain(saying(new Authority.Denied("is not asked again")), B4, NONCE, NOW.plusSeconds(6000)));
        assertThat(renewed.expiresAt()).isEqualTo(NOW.plusSeconds(3 * 3600));
    }

    @Test
    void thePortSetThatTheAuthorityChoseIsGivenOutsideAllClassesAndToOneOnly() {
        Entitlement entitlement = new Entitlement("anna", null, CHOSEN, Ipv6Address.parse("2001:db8:ffff::2"), null);
        Lease lease = granted(obtain(entitling(entitlement), B4, NONCE, NOW));
        assertThat(lease.publicPorts()).isEqualTo(CHOSEN);
        assertThat(lease.binding().br()).isEqualTo(Ipv6Address.parse("2001:db8:ffff::2"));
        assertThat(obtain(entitling(entitlement), OTHER, NONCE, NOW)).isInstanceOf(Provisioner.Exhausted.class);
        // Another division of the same address would make ports ambiguous.
        assertThat(obtain(
                        entitling(new Entitlement(null, null, PublicPorts.parse("198.51.100.9/0/6/1"), null, null)),
                        OTHER,
                        NONCE,
                        NOW))
                .isInstanceOf(Provisioner.Exhausted.class);
        leases.release(lease, NOW.plusSeconds(1));
        assertThat(table.size()).isZero();
        granted(obtain(entitling(entitlement), OTHER, NONCE, NOW.plusSeconds(1)));
    }

    @Test
    void aChosenPortSetOfAClassIsTakenFromItsPool() {
        granted(obtain(
                entitling(new Entitlement(null, null, PublicPorts.parse("192.0.2.1/0/6/1"), null, null)),
                B4,
                NONCE,
                NOW));
        assertThat(granted(obtain(null, OTHER, NONCE, NOW)).publicPorts())
                .isEqualTo(PublicPorts.parse("192.0.2.1/0/6/2"));
    }

    @Test
    void deniedAndUnavailableAreDifferentAnswers() {
        assertThat(obtain(saying(new Authority.Denied("on purpose")), B4, NONCE, NOW))
                .isInstanceOf(Provisioner.NotAuthorized.class);
        assertThat(obtain(saying(new Authority.Unavailable("on purpose")), B4, NONCE, NOW))
                .isInstanceOf(Provisioner.Unavailable.class);
        assertThat(leases.size()).isZero();
    }

    @Test
    void aDemandThatIsRepeatedWhileTheAuthorityThinksGetsTheSameLease() {
        List<Consumer<Authority.Verdict>> waiting = new ArrayList<>();
        Provisioner provisioner =
                new Provisioner(leases, subscribers, (b4, answer) -> waiting.add(answer), () -> clock);
        List<Provisioner.Outcome> outcomes = new ArrayList<>();
        List<Instant> times = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            provisioner.obtain(demand(B4, NONCE), NOW, (outcome, then) -> {
                outcomes.add(outcome);
                times.add(then);
            });
        }
        assertThat(outcomes).isEmpty();
        clock = NOW.plusSeconds(4);
        waiting.forEach(answer -> answer.accept(new Authority.Entitled(Entitlement.UNKNOWN)));

        assertThat(outcomes).hasSize(2);
        assertThat(granted(outcomes.get(1))).isSameAs(granted(outcomes.get(0)));
        assertThat(times).containsOnly(clock);
        assertThat(leases.size()).isOne();
    }

    @Test
    void somebodyElsesLeaseIsToldApart() {
        granted(obtain(null, B4, NONCE, NOW));
        assertThat(obtain(null, B4, new Nonce(3, 4), NOW)).isInstanceOf(Provisioner.NotYours.class);
    }

    @Test
    void whatIsAssignedGoesBeforeEverything() {
        granted(obtain(null, B4, NONCE, NOW));
        leases.addListener(changes::add, NOW);
        changes.clear();
        Binding binding = new Binding(B4, CHOSEN.ipv4(), CHOSEN.ports(), BR, "anna");
        assertThat(leases.edit(List.of(new Assignment(binding, Origin.RESTCONF)), List.of(), NOW.plusSeconds(5)))
                .isEmpty();

        assertThat(changes)
                .extracting(BindingChange::kind)
                .containsExactly(BindingChange.Kind.DELETED, BindingChange.Kind.CREATED);
        assertThat(changes.getFirst().volume()).isEqualTo(new BindingVolume(0, 0, 0, 0));
        assertThat(obtain(saying(new Authority.Denied("is not asked")), B4, NONCE, NOW.plusSeconds(6)))
                .isInstanceOfSatisfying(
                        Provisioner.Assigned.class,
                        assigned -> assertThat(assigned.leases().getFirst().binding())
                                .isEqualTo(binding));
    }

    @Test
    void anEditThatConflictsIsRefusedWholeWithEveryReason() {
        Lease leased = granted(obtain(null, OTHER, NONCE, NOW));
        Binding fine = new Binding(B4, CHOSEN.ipv4(), CHOSEN.ports(), BR);
        List<Conflict> conflicts = leases.edit(
                List.of(
                        assignment(fine),
                        assignment(new Binding(
                                B4,
                                leased.publicPorts().ipv4(),
                                leased.publicPorts().ports(),
                                BR)),
                        assignment(new Binding(B4, Ipv4Address.parse("192.0.2.1"), new PortSet(0, 4, 9), BR)),
                        assignment(new Binding(OTHER, CHOSEN.ipv4(), CHOSEN.ports(), BR)),
                        assignment(new Binding(OTHER, CHOSEN.ipv4(), new PortSet(0, 5, 1), BR)),
                        assignment(new Binding(
                                Ipv6Address.parse("ff02::1"),
                                Ipv4Address.parse("203.0.113.1"),
                                new PortSet(0, 5, 1),
                                BR))),
                List.of(),
                NOW);

        assertThat(conflicts)
                .extracting(Conflict::reason)
                .satisfiesExactly(
                        reason -> assertThat(reason).contains(OTHER + " leases it until"),
                        reason -> assertThat(reason).contains("service class residential divides that address as 0/6"),
                        reason -> assertThat(reason).contains("the same change assigns it to " + B4),
                        reason -> assertThat(reason).contains("the same change divides that address as 0/4"),
                        reason -> assertThat(reason).contains("no softwire can end at ff02::1"));
        assertThat(leases.assignedCount()).isZero();
        assertThat(table.size()).isOne();
    }

    @Test
    void anAddressCanBeHandedOverAndDividedAnewInOneEdit() {
        PublicPorts other = PublicPorts.parse("198.51.100.9/0/4/8");
        assertThat(leases.edit(
                        List.of(
                                assignment(new Binding(B4, CHOSEN.ipv4(), CHOSEN.ports(), BR)),
                                assignment(new Binding(OTHER, other.ipv4(), other.ports(), BR))),
                        List.of(),
                        NOW))
                .isEmpty();
        Binding anew = new Binding(OTHER, CHOSEN.ipv4(), new PortSet(0, 2, 3), BR);
        assertThat(leases.edit(List.of(assignment(anew)), List.of(CHOSEN), NOW.plusSeconds(1)))
                .as("the other binding still divides the address as before")
                .singleElement()
                .satisfies(conflict ->
                        assertThat(conflict.reason()).contains("other bindings divide that address as 0/4"));
        assertThat(leases.edit(List.of(assignment(anew)), List.of(CHOSEN, other), NOW.plusSeconds(1)))
                .isEmpty();
        assertThat(table.get(anew.ipv4(), anew.ports())).contains(anew);
        assertThat(table.size()).isOne();
        assertThat(leases.edit(List.of(), List.of(CHOSEN, PublicPorts.of(anew)), NOW.plusSeconds(2)))
                .isEmpty();
        assertThat(table.size()).isZero();
    }

    @Test
    void whatIsAssignedJustSoAlreadyDoesNotChange() {
        Binding binding = new Binding(B4, CHOSEN.ipv4(), CHOSEN.ports(), BR, "anna");
        leases.edit(List.of(assignment(binding)), List.of(), NOW);
        leases.addListener(changes::add, NOW);
        changes.clear();
        assertThat(leases.edit(List.of(assignment(binding)), List.of(CHOSEN), NOW.plusSeconds(1)))
                .isEmpty();
        assertThat(leases.edit(List.of(assignment(binding)), List.of(), NOW.plusSeconds(1)))
                .isEmpty();
        assertThat(changes).isEmpty();
    }

    private static Assignment assignment(Binding binding) {
        return new Assignment(binding, Origin.RESTCONF);
    }
}
