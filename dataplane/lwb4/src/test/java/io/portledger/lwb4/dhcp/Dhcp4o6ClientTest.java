package io.portledger.lwb4.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwb4.dhcp.Dhcp4o6Answer.Kind;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A client of RFC 2131 in the dress of RFC 7341, RFC 7618 and RFC 8539. */
class Dhcp4o6ClientTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");
    private static final Ipv4Address SERVER = Ipv4Address.parse("192.0.2.254");
    private static final PortSet PORTS = new PortSet(0, 6, 34);
    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Prefix PREFIX = Ipv6Prefix.parse("2001:db8:0:100::/56");
    private static final Ipv6Address SOFTWIRE = Softwire.address(PREFIX, ADDRESS, PORTS);

    private final List<Dhcp4o6Query> sent = new ArrayList<>();
    private final List<Dhcp4o6Client.Outcome> outcomes = new ArrayList<>();
    private boolean knowsLwaftr;
    private @Nullable Ipv6Prefix prefix = PREFIX;
    private Instant now = START;
    private final Dhcp4o6Client client = new Dhcp4o6Client(
            new Dhcp4o6Client.Surroundings() {
                @Override
                public Optional<Ipv6Address> softwireAddress(
                        Ipv4Address ipv4, PortSet ports, @Nullable Ipv6Prefix bindPrefix) {
                    return Optional.ofNullable(prefix == null ? bindPrefix : prefix)
                            .map(known -> Softwire.address(known, ipv4, ports));
                }

                @Override
                public boolean knowsLwaftr() {
                    return knowsLwaftr;
                }
            },
            RandomGeneratorFactory.of("L64X128MixRandom").create(3),
            new Dhcp4o6Client.Events() {
                @Override
                public void transmit(Dhcp4o6Query query) {
                    sent.add(query);
                }

                @Override
                public void settled(Dhcp4o6Client.Outcome outcome) {
                    outcomes.add(outcome);
                }
            });

    @Test
    void aLeaseIsDiscoveredRequestedWithTheSoftwiresAddressAndBound() {
        client.start(now);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        assertThat(last().softwireAddress()).isNull();
        answer(Kind.OFFER);
        assertThat(last())
                .isEqualTo(new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.SELECT, last().transactionId(), 0, null, ADDRESS, SERVER, PORTS, SOFTWIRE));
        answer(Kind.ACK);
        Dhcp4o6Lease lease = new Dhcp4o6Lease(
                ADDRESS,
                PORTS,
                SOFTWIRE,
                BR,
                SERVER,
                START.plusSeconds(1800),
                START.plusSeconds(3150),
                START.plusSeconds(3600));
        assertThat(outcomes).containsExactly(new Dhcp4o6Client.Bound(lease, true));
        assertThat(client.lease()).contains(lease);
    }

    @Test
    void whatIsNotAnsweredIsSentAgainAfter4And8And16And32And64SecondsGiveOrTakeOne() {
        client.start(now);
        for (long seconds : new long[] {4, 8, 16, 32, 64, 64, 64}) {
            Instant before = now;
            step();
            assertThat(Duration.between(before, now))
                    .isBetween(Duration.ofSeconds(seconds - 1), Duration.ofSeconds(seconds + 1));
        }
        assertThat(sent)
                .allMatch(query -> query.kind() == Dhcp4o6Query.Kind.DISCOVER)
                .allMatch(query -> query.transactionId() == sent.getFirst().transactionId());
        assertThat(last().elapsedSeconds())
                .isEqualTo((int) Duration.between(START, now).toSeconds());
    }

    @Test
    void aRequestThatIsNeverAnsweredEndsInANewDiscover() {
        client.start(now);
        answer(Kind.OFFER);
        while (last().kind() == Dhcp4o6Query.Kind.SELECT) {
            step();
        }
        assertThat(sent.stream().filter(query -> query.kind() == Dhcp4o6Query.Kind.SELECT))
                .hasSize(4);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        assertThat(outcomes).singleElement().isInstanceOf(Dhcp4o6Client.Refused.class);
    }

    @Test
    void anOfferWithoutTheLwaftrIsDiscardedUnlessItIsKnownOtherwise() {
        client.start(now);
        client.onAnswer(answerWith(Kind.OFFER, ADDRESS, PORTS, null, List.of()), now);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        knowsLwaftr = true;
        client.onAnswer(answerWith(Kind.OFFER, ADDRESS, PORTS, null, List.of()), now);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.SELECT);
        client.onAnswer(answerWith(Kind.ACK, ADDRESS, PORTS, null, List.of()), now);
        assertThat(client.lease().orElseThrow().br()).isNull();
    }

    @Test
    void thePrefixThatTheServerHintsAtIsUsedIfNoneIsKnown() {
        prefix = null;
        client.start(now);
        answer(Kind.OFFER);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        assertThat(outcomes).singleElement().isInstanceOf(Dhcp4o6Client.Refused.class);
        Dhcp4o6Answer plain = answerWith(Kind.OFFER, ADDRESS, PORTS, null, List.of(BR));
        client.onAnswer(
                new Dhcp4o6Answer(
                        plain.kind(),
                        plain.transactionId(),
                        plain.address(),
                        plain.server(),
                        plain.ports(),
                        3600,
                        0,
                        0,
                        null,
                        plain.brs(),
                        Ipv6Prefix.parse("2001:db8:0:200::/56")),
                now);
        assertThat(last().softwireAddress()).isEqualTo(Ipv6Address.parse("2001:db8:0:200:0:c000:201:22"));
    }

    @Test
    void anOfferWithoutPortsIsTheWholeAddress() {
        client.start(now);
        client.onAnswer(answerWith(Kind.OFFER, ADDRESS, null, null, List.of(BR)), now);
        assertThat(last().ports()).isNull();
        Ipv6Address softwire = Softwire.address(PREFIX, ADDRESS, PortSet.WHOLE_ADDRESS);
        client.onAnswer(answerWith(Kind.ACK, ADDRESS, null, softwire, List.of(BR)), now);
        assertThat(client.lease().orElseThrow().ports()).isEqualTo(PortSet.WHOLE_ADDRESS);
    }

    @Test
    void theLeaseIsRenewedByItsServerAtT1AndTheSoftwireAddressComesAlong() {
        bind();
        now = client.nextDue().orElseThrow();
        assertThat(now).isEqualTo(START.plusSeconds(1800));
        client.onTime(now);
        assertThat(last())
                .isEqualTo(new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.RENEW, last().transactionId(), 0, ADDRESS, null, null, PORTS, SOFTWIRE));
        assertThat(last().kind().isUnicast()).isTrue();
        answer(Kind.ACK);
        assertThat(outcomes).last().isInstanceOfSatisfying(Dhcp4o6Client.Bound.class, bound -> {
            assertThat(bound.isNew()).isFalse();
            assertThat(bound.lease().expiresAt()).isEqualTo(now.plusSeconds(3600));
        });
    }

    @Test
    void withoutAnAnswerAnyServerIsAskedFromT2OnAndAtTheEndTheLeaseIsLost() {
        bind();
        Instant before = now;
        while (client.lease().isPresent()) {
            step();
            assertThat(Duration.between(before, now)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
            before = now;
        }
        assertThat(now).isEqualTo(START.plusSeconds(3600));
        assertThat(sent.stream().filter(query -> query.kind() == Dhcp4o6Query.Kind.RENEW))
                .hasSizeGreaterThan(2)
                .allMatch(query -> query.kind().isUnicast());
        assertThat(sent.stream().filter(query -> query.kind() == Dhcp4o6Query.Kind.REBIND))
                .hasSizeGreaterThan(1)
                .noneMatch(query -> query.kind().isUnicast());
        assertThat(outcomes).last().isInstanceOf(Dhcp4o6Client.Lost.class);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        assertThat(last().requestedAddress()).as("asks for the same again").isEqualTo(ADDRESS);
        assertThat(last().ports()).isEqualTo(PORTS);
    }

    @Test
    void aNakEndsTheLeaseAndBeginsAnewAndLaterOnesWait() {
        bind();
        step();
        client.onAnswer(nak(), now);
        assertThat(outcomes).contains(new Dhcp4o6Client.Lost(((Dhcp4o6Client.Bound) outcomes.getFirst()).lease()));
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
        assertThat(last().requestedAddress()).isNull();
        answer(Kind.OFFER);
        int before = sent.size();
        client.onAnswer(nak(), now);
        assertThat(sent).hasSize(before);
        assertThat(client.nextDue().orElseThrow()).isEqualTo(now.plusSeconds(10));
        step();
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
    }

    @Test
    void afterARestartTheSameLeaseIsAskedForAtOnce() {
        bind();
        Dhcp4o6Lease former = client.lease().orElseThrow();
        client.stop();
        client.restart(former, now);
        assertThat(last())
                .isEqualTo(new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.REBOOT, last().transactionId(), 0, null, ADDRESS, null, PORTS, SOFTWIRE));
        answer(Kind.ACK);
        assertThat(client.lease()).isPresent();
    }

    @Test
    void aLeaseWhoseTimeIsOverIsDiscoveredAnewAfterARestart() {
        bind();
        Dhcp4o6Lease former = client.lease().orElseThrow();
        client.stop();
        now = now.plusSeconds(3600);
        client.restart(former, now);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
    }

    @Test
    void anotherSourceAddressMeansANewDiscover() {
        bind();
        client.sourceChanged(now);
        assertThat(outcomes).last().isInstanceOf(Dhcp4o6Client.Lost.class);
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
    }

    @Test
    void aReleaseCarriesThePortsAndTheServerButNoSoftwireAddress() {
        bind();
        client.release();
        assertThat(last())
                .isEqualTo(new Dhcp4o6Query(
                        Dhcp4o6Query.Kind.RELEASE, last().transactionId(), 0, ADDRESS, null, SERVER, PORTS, null));
        assertThat(client.nextDue()).isEmpty();
        assertThat(client.isRunning()).isFalse();
    }

    @Test
    void aServerThatBindsAnotherSoftwireAddressIsAskedAgainLaterAndAtLastGetsItsLeaseBack() {
        Ipv6Address other = Ipv6Address.parse("2001:db8:0:100::9");
        client.start(now);
        for (int i = 0; i < 3; i++) {
            answer(Kind.OFFER);
            client.onAnswer(answerWith(Kind.ACK, ADDRESS, PORTS, other, List.of(BR)), now);
            assertThat(client.lease()).isEmpty();
            Instant due = client.nextDue().orElseThrow();
            assertThat(Duration.between(now, due)).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(90));
            if (i == 2) {
                assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.RELEASE);
            }
            step();
        }
        assertThat(last().kind()).isEqualTo(Dhcp4o6Query.Kind.DISCOVER);
    }

    @Test
    void anAckWithoutTheSoftwireAddressDoesNotCountWhereTheServerBindsSoftwires() {
        client.start(now);
        answer(Kind.OFFER);
        client.onAnswer(answerWith(Kind.ACK, ADDRESS, PORTS, null, List.of(BR)), now);
        assertThat(client.lease()).isEmpty();
    }

    @Test
    void whatAnswersAnotherClientOrAnotherServersOfferIsNotTaken() {
        client.start(now);
        Dhcp4o6Answer foreign = new Dhcp4o6Answer(
                Kind.OFFER, last().transactionId() ^ 1, ADDRESS, SERVER, PORTS, 3600, 0, 0, null, List.of(BR), null);
        assertThat(client.onAnswer(foreign, now)).isFalse();
        answer(Kind.OFFER);
        client.onAnswer(
                new Dhcp4o6Answer(
                        Kind.ACK,
                        last().transactionId(),
                        ADDRESS,
                        Ipv4Address.parse("192.0.2.253"),
                        PORTS,
                        3600,
                        0,
                        0,
                        SOFTWIRE,
                        List.of(BR),
                        null),
                now);
        assertThat(client.lease()).isEmpty();
    }

    @Test
    void aStoppedClientIsSilentAndHasNothing() {
        bind();
        client.stop();
        assertThat(client.lease()).isEmpty();
        assertThat(client.nextDue()).isEmpty();
        int before = sent.size();
        client.onTime(now.plusSeconds(100_000));
        assertThat(sent).hasSize(before);
    }

    private void bind() {
        client.start(now);
        answer(Kind.OFFER);
        answer(Kind.ACK);
        assertThat(client.lease()).isPresent();
    }

    private void step() {
        now = client.nextDue().orElseThrow();
        client.onTime(now);
    }

    private Dhcp4o6Query last() {
        return sent.getLast();
    }

    private void answer(Kind kind) {
        client.onAnswer(
                answerWith(kind, ADDRESS, PORTS, kind == Kind.ACK ? last().softwireAddress() : null, List.of(BR)), now);
    }

    private Dhcp4o6Answer nak() {
        return new Dhcp4o6Answer(
                Kind.NAK, last().transactionId(), new Ipv4Address(0), SERVER, null, 0, 0, 0, null, List.of(), null);
    }

    private Dhcp4o6Answer answerWith(
            Kind kind,
            Ipv4Address address,
            @Nullable PortSet ports,
            @Nullable Ipv6Address softwire,
            List<Ipv6Address> brs) {
        return new Dhcp4o6Answer(kind, last().transactionId(), address, SERVER, ports, 3600, 0, 0, softwire, brs, null);
    }
}
