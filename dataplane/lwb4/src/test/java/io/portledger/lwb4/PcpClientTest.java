package io.portledger.lwb4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.pcp.Nonce;
import io.portledger.pcp.PcpOperation;
import io.portledger.pcp.PcpOption;
import io.portledger.pcp.PcpRequest;
import io.portledger.pcp.PcpResponse;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PcpClientTest {

    private static final Ipv6Address SOURCE = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address EXTERNAL = Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"));
    private static final Ipv6Address OTHER_EXTERNAL = Ipv6Address.mapped(Ipv4Address.parse("192.0.2.2"));
    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final PortRange RANGE = new PortRange(34816, 35839);

    private final List<Sent> sent = new ArrayList<>();
    private final List<PcpClient.Outcome> outcomes = new ArrayList<>();
    private PcpClient client = client(7200, false, new FixedNonce());
    private Instant now = START;

    private record Sent(PcpRequest request, @Nullable Duration retransmitAfter) {}

    @Test
    void theRequestsOfTheFactSheetAreSentOctetByOctet() {
        client.obtain(now);
        assertThat(lastHex())
                .isEqualTo(
                        "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000ffff0000000082000005ffff000100000000");
        grant(RANGE, EXTERNAL, 3600);
        client.renew(now);
        assertThat(lastHex())
                .isEqualTo(
                        "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000ffffc000020182000005ffff000100000000");
        grant(RANGE, EXTERNAL, 3600);
        client.release(now);
        assertThat(lastHex())
                .isEqualTo(
                        "020100000000000020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000ffff0000000082000005ffff000100000000");
    }

    @Test
    void theFirstAnswerIsTheBinding() {
        client.obtain(now);
        now = now.plusMillis(20);
        grant(RANGE, EXTERNAL, 3600);

        Holding expected = new Holding(Ipv4Address.parse("192.0.2.1"), List.of(RANGE), 3600, START.plusSeconds(3600));
        assertThat(outcomes).containsExactly(new PcpClient.Bound(expected));
        assertThat(client.holding()).contains(expected);
        assertThat(client.isAwaiting()).isFalse();
    }

    @Test
    void whatIsNotAnsweredIsSentAgainUnchangedAfterThreeSecondsAndThenTwiceAsLong() {
        client = client(7200, false, random(5));
        client.obtain(now);
        for (int i = 0; i < 15; i++) {
            client.retransmit();
        }
        PcpRequest first = sent.getFirst().request();
        assertThat(sent).hasSize(16).allSatisfy(one -> assertThat(one.request()).isEqualTo(first));
        double base = 3_000;
        for (Sent one : sent) {
            assertThat(millis(one)).isBetween((long) (base * 0.9) - 1, (long) (base * 1.1) + 1);
            base = Math.min(2.0 * millis(one), 1_024_000);
        }
        assertThat(sent.stream().map(PcpClientTest::millis).distinct().count()).isGreaterThan(5);
    }

    @Test
    void afterTheAnswerNothingIsSentAgain() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        client.retransmit();
        assertThat(sent).hasSize(1);
    }

    @Test
    void anAnswerToAnotherClientIsNotTaken() {
        client.obtain(now);
        PcpResponse foreign = PcpResponse.success(
                new PcpOperation.Map(new Nonce(1, 2), 0, 1, RANGE.first(), EXTERNAL), 3600, 1, List.of());
        assertThat(client.onResponse(foreign, now)).isFalse();
        assertThat(outcomes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void renewalsComeInTheWindowsOfTheRfcUntilTheEnd(long seed) {
        client = client(7200, false, random(seed));
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        sent.clear();
        double begin = 0.5;
        double width = 0.125;
        Instant previous = START;
        while (client.holding().isPresent() && begin < 0.99) {
            Instant due = client.nextDue().orElseThrow();
            assertThat(due).isBetween(START.plusMillis((long) (3_600_000 * begin)), START.plusMillis((long)
                    (3_600_000 * (begin + width))));
            assertThat(Duration.between(previous, due)).isGreaterThanOrEqualTo(Duration.ofSeconds(4));
            client.onTime(due.minusMillis(1));
            int before = sent.size();
            client.onTime(due);
            assertThat(sent).hasSize(before + 1);
            assertThat(sent.getLast().retransmitAfter()).isNull();
            previous = due;
            begin += (1 - begin) / 2;
            width /= 2;
        }
        assertThat(sent).hasSizeGreaterThan(5);
    }

    @Test
    void aBindingThatIsNeverRenewedIsLostAndAskedForAgain() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        Instant last = START;
        for (int i = 0; i < 1000 && client.holding().isPresent(); i++) {
            Instant due = client.nextDue().orElseThrow();
            assertThat(due).isAfterOrEqualTo(last).isBeforeOrEqualTo(START.plusSeconds(3600));
            last = due;
            client.onTime(due);
        }
        assertThat(last).isEqualTo(START.plusSeconds(3600));
        assertThat(outcomes).last().isInstanceOf(PcpClient.Lost.class);
        PcpOperation.Map map = (PcpOperation.Map) sent.getLast().request().operation();
        assertThat(map.externalAddress()).isEqualTo(EXTERNAL);
        assertThat(map.externalPort()).isEqualTo(34816);
        assertThat(client.isAwaiting()).isTrue();
    }

    @Test
    void aRenewalThatIsAnsweredStartsTheLifetimeAnew() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        now = client.nextDue().orElseThrow();
        client.onTime(now);
        grant(RANGE, EXTERNAL, 3600);
        assertThat(outcomes)
                .last()
                .isEqualTo(new PcpClient.Renewed(
                        new Holding(Ipv4Address.parse("192.0.2.1"), List.of(RANGE), 3600, now.plusSeconds(3600)),
                        false));
        assertThat(client.nextDue().orElseThrow()).isBetween(now.plusSeconds(1800), now.plusSeconds(2250));
    }

    @Test
    void anAbsurdLifetimeCountsAsADay() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 0xffff_ffffL);
        assertThat(client.holding().orElseThrow().expiresAt()).isEqualTo(START.plusSeconds(86_400));
    }

    @Test
    void anotherBindingInTheAnswerToARenewalReplacesTheFirst() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        client.renew(now);
        grant(new PortRange(1024, 2047), OTHER_EXTERNAL, 3600);
        assertThat(outcomes).hasSize(3);
        assertThat(outcomes.get(1)).isInstanceOf(PcpClient.Lost.class);
        assertThat(outcomes.get(2)).isInstanceOf(PcpClient.Bound.class);
        assertThat(client.holding().orElseThrow().ipv4()).isEqualTo(Ipv4Address.parse("192.0.2.2"));
    }

    @Test
    void aReleaseThatIsConfirmedLeavesNothing() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        client.release(now);
        respond(PcpResponse.success(lastMap(), 0, 1, List.of()));
        assertThat(outcomes).last().isEqualTo(new PcpClient.Released());
        assertThat(client.holding()).isEmpty();
        assertThat(client.nextDue()).isEmpty();
    }

    @Test
    void aLateAnswerToAnEarlierRequestDoesNotConfirmARelease() {
        client.obtain(now);
        PcpResponse late = granting(RANGE, EXTERNAL, 3600, 1);
        respond(late);
        client.release(now);
        respond(late);
        assertThat(client.isAwaiting()).isTrue();
        assertThat(outcomes).hasSize(1);
    }

    @Test
    void whatWasReleasedOrForgottenCannotBeRenewed() {
        assertThatThrownBy(() -> client.renew(now)).isInstanceOf(IllegalStateException.class);
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        client.forget();
        assertThatThrownBy(() -> client.release(now)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void afterARefusalItAsksAgainWhenTheErrorIsOver() {
        client.obtain(now);
        respond(error(ResultCode.NO_RESOURCES, 30));
        assertThat(outcomes)
                .containsExactly(new PcpClient.Refused(
                        ResultCode.NO_RESOURCES.code(),
                        "the PCP server answered NO_RESOURCES",
                        Duration.ofSeconds(30)));
        assertThat(client.nextDue()).contains(START.plusSeconds(30));
        client.onTime(START.plusSeconds(29));
        assertThat(sent).hasSize(1);
        client.onTime(START.plusSeconds(30));
        assertThat(sent).hasSize(2);
    }

    @Test
    void aRefusedRenewalLeavesTheBindingUntilItsEnd() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        client.renew(now);
        respond(error(ResultCode.NOT_AUTHORIZED, 7200));
        assertThat(client.holding()).isPresent();
        assertThat(client.nextDue()).contains(START.plusSeconds(3600));
    }

    @Test
    void portsThatAreMappedToOthersAreOfNoUse() {
        client.obtain(now);
        respond(PcpResponse.success(
                new PcpOperation.Map(client.nonce(), 0, 1, 5000, EXTERNAL),
                3600,
                1,
                List.of(new PcpOption.PortSet(100, 1, false))));
        assertThat(outcomes).singleElement().isInstanceOf(PcpClient.Refused.class);
        assertThat(client.holding()).isEmpty();
    }

    @Test
    void anAnswerWithoutPortSetIsOnePort() {
        client.obtain(now);
        respond(PcpResponse.success(new PcpOperation.Map(client.nonce(), 0, 1, 5000, EXTERNAL), 3600, 1, List.of()));
        assertThat(client.holding().orElseThrow().ranges()).containsExactly(new PortRange(5000, 5000));
    }

    @Test
    void aScatteredSetIsLearntRangeByRangeAndNoFurther() {
        client = client(7200, true, random(1));
        PortSet set = new PortSet(4, 8, 52);
        client.obtain(now);
        for (PortRange range : set.ranges()) {
            assertThat(lastMap().internalPort()).isLessThanOrEqualTo(range.first());
            assertThat(outcomes).isEmpty();
            grant(range, EXTERNAL, 3600);
        }
        assertThat(sent).hasSize(15);
        assertThat(client.holding().orElseThrow().portSet()).contains(set);
        assertThat(outcomes).singleElement().isInstanceOf(PcpClient.Bound.class);
    }

    @Test
    void aContiguousSetIsKnownWhenTheServerHasNoMore() {
        client = client(7200, true, random(1));
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        assertThat(lastMap().internalPort()).isEqualTo(35840);
        respond(error(ResultCode.USER_EX_QUOTA, 30));
        assertThat(client.holding().orElseThrow().portSet()).contains(new PortSet(0, 6, 34));
        assertThat(client.holding().orElseThrow().expiresAt()).isEqualTo(START.plusSeconds(3600));
    }

    @Test
    void theHighestRangeHasNoneBehindIt() {
        client = client(7200, true, random(1));
        client.obtain(now);
        grant(new PortRange(64512, 65535), EXTERNAL, 3600);
        assertThat(sent).hasSize(1);
        assertThat(client.holding()).isPresent();
    }

    @Test
    void aServerThatRepeatsItsRangeDoesNotKeepTheClientAskingForEver() {
        client = client(7200, true, random(1));
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        grant(RANGE, EXTERNAL, 3600);
        assertThat(client.holding().orElseThrow().ranges()).containsExactly(RANGE);
        assertThat(client.isAwaiting()).isFalse();
    }

    @Test
    void aServerThatLostItsStateIsAskedForTheSameBindingWithinFiveSeconds() {
        client.obtain(now);
        respond(granting(RANGE, EXTERNAL, 3600, 5000));
        now = now.plusSeconds(100);
        client.onResponse(PcpResponse.success(new PcpOperation.Announce(), 0, 3, List.of()), now);
        assertThat(client.nextDue().orElseThrow()).isBetween(now, now.plusSeconds(5));

        client.onTime(now.plusSeconds(5));
        assertThat(lastMap().externalPort()).isEqualTo(34816);
        assertThat(lastMap().externalAddress()).isEqualTo(EXTERNAL);
        assertThat(sent.getLast().retransmitAfter()).isNotNull();
    }

    @Test
    void anAnnouncementOfAServerThatKeptItsStateChangesNothing() {
        client.obtain(now);
        respond(granting(RANGE, EXTERNAL, 3600, 5000));
        Instant due = client.nextDue().orElseThrow();
        now = now.plusSeconds(100);
        client.onResponse(PcpResponse.success(new PcpOperation.Announce(), 0, 5100, List.of()), now);
        assertThat(client.nextDue()).contains(due);
    }

    @Test
    void aRenewalSaysWhetherTheServerMadeTheBindingAnew() {
        client.obtain(now);
        respond(granting(RANGE, EXTERNAL, 3600, 5000));
        now = now.plusSeconds(100);
        client.renew(now);
        respond(granting(RANGE, EXTERNAL, 3600, 3));
        assertThat(outcomes)
                .last()
                .isInstanceOfSatisfying(
                        PcpClient.Renewed.class,
                        renewed -> assertThat(renewed.isRecreated()).isTrue());
    }

    @Test
    void aMappingUpdateWithOtherPortsIsAskedForAtOnceAndTheOldOnesAreLost() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        Holding had = client.holding().orElseThrow();
        outcomes.clear();
        PortRange other = new PortRange(2048, 3071);
        now = now.plusSeconds(60);
        grant(other, OTHER_EXTERNAL, 0xffff_ffffL);
        assertThat(sent.getLast().request().operation())
                .isEqualTo(new PcpOperation.Map(client.nonce(), 0, 1, 2048, OTHER_EXTERNAL));
        assertThat(client.holding()).contains(had);

        grant(other, OTHER_EXTERNAL, 3600);
        assertThat(outcomes).first().isEqualTo(new PcpClient.Lost(had));
        assertThat(client.holding().orElseThrow().ranges()).containsExactly(other);
    }

    @Test
    void aMappingUpdateThatSaysWhatItKnowsOrThatComesFromAStrangerChangesNothing() {
        client.obtain(now);
        grant(RANGE, EXTERNAL, 3600);
        Holding had = client.holding().orElseThrow();
        grant(RANGE, EXTERNAL, 3600);
        PcpOperation.Map foreign = new PcpOperation.Map(new Nonce(9, 9), 0, 1, 2048, OTHER_EXTERNAL);
        client.onResponse(PcpResponse.success(foreign, 3600, 1, List.of()), now);
        assertThat(sent).hasSize(1);
        assertThat(client.holding()).contains(had);
    }

    @Test
    void anotherHostsBindingIsAskedForByThirdParty() {
        client = new PcpClient(
                new PcpClient.Wishes(Ipv6Address.parse("::1"), SOURCE, 60, false), random(1), new Recorder());
        client.obtain(now);
        assertThat(sent.getLast().request().options())
                .containsExactly(new PcpOption.ThirdParty(SOURCE), new PcpOption.PortSet(65535, 1, false));
    }

    @Test
    void itsOwnBindingIsNeverAskedForByThirdParty() {
        client = new PcpClient(new PcpClient.Wishes(SOURCE, SOURCE, 60, false), random(1), new Recorder());
        client.obtain(now);
        assertThat(sent.getLast().request().options()).containsExactly(new PcpOption.PortSet(65535, 1, false));
    }

    private PcpClient client(long lifetime, boolean learns, RandomGenerator random) {
        return new PcpClient(new PcpClient.Wishes(SOURCE, null, lifetime, learns), random, new Recorder());
    }

    private final class Recorder implements PcpClient.Events {
        @Override
        public void transmit(PcpRequest request, @Nullable Duration retransmitAfter) {
            sent.add(new Sent(request, retransmitAfter));
        }

        @Override
        public void settled(PcpClient.Outcome outcome) {
            outcomes.add(outcome);
        }
    }

    /** Gives the nonce of the vectors and then no spread at all. */
    private static final class FixedNonce implements RandomGenerator {
        private boolean isFirst = true;

        @Override
        public long nextLong() {
            long value = isFirst ? 0xa1b2c3d4e5f60718L : 0;
            isFirst = false;
            return value;
        }

        @Override
        public int nextInt() {
            return 0x293a4b5c;
        }

        @Override
        public double nextDouble() {
            return 0.5;
        }
    }

    private void grant(PortRange range, Ipv6Address external, long lifetime) {
        respond(granting(range, external, lifetime, Duration.between(START, now).toSeconds()));
    }

    private PcpResponse granting(PortRange range, Ipv6Address external, long lifetime, long epoch) {
        return PcpResponse.success(
                new PcpOperation.Map(client.nonce(), 0, lastMap().internalPort(), range.first(), external),
                lifetime,
                epoch,
                List.of(new PcpOption.PortSet(range.size(), range.first(), false)));
    }

    private PcpResponse error(ResultCode code, long lifetime) {
        return new PcpResponse(
                2, 1, code.code(), lifetime, Duration.between(START, now).toSeconds(), lastMap(), List.of());
    }

    private void respond(PcpResponse response) {
        assertThat(client.onResponse(response, now)).isTrue();
    }

    private PcpOperation.Map lastMap() {
        return (PcpOperation.Map) sent.getLast().request().operation();
    }

    private String lastHex() {
        ByteBuf out = Unpooled.buffer();
        sent.getLast().request().encode(out);
        return ByteBufUtil.hexDump(out);
    }

    private static long millis(Sent one) {
        Duration after = one.retransmitAfter();
        assertThat(after).isNotNull();
        return after == null ? -1 : after.toMillis();
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }
}
