package io.portledger.lwb4.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The stateless exchange of RFC 8415 §18.2.6 with the timers of §7.6 and §15. */
class Dhcpv6ClientTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");

    private record Sent(int transactionId, Duration elapsed, Instant at) {}

    private final List<Sent> sent = new ArrayList<>();
    private final List<NetworkInformation> learnt = new ArrayList<>();
    private Instant now = START;
    private final Dhcpv6Client client = new Dhcpv6Client(random(), new Dhcpv6Client.Events() {
        @Override
        public void transmit(int transactionId, Duration elapsed) {
            sent.add(new Sent(transactionId, elapsed, now));
        }

        @Override
        public void learnt(NetworkInformation information) {
            learnt.add(information);
        }
    });

    @Test
    void theFirstRequestIsDelayedByASecondAtMost() {
        client.start(now);
        assertThat(due()).isBetween(START, START.plusSeconds(1));
        assertThat(sent).isEmpty();
        step();
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().elapsed()).isZero();
        assertThat(sent.getFirst().transactionId()).isBetween(0, 0xffffff);
    }

    @Test
    void whatIsNotAnsweredIsSentAgainWithTheSameIdAfterOneSecondAndThenTwiceAsLongUpToAnHour() {
        client.start(now);
        step();
        double base = 1000;
        for (int i = 0; i < 20; i++) {
            Instant before = now;
            step();
            long waited = Duration.between(before, now).toMillis();
            assertThat((double) waited).isBetween(base * 0.89, base * 1.11);
            base = Math.min(2.0 * waited, 3_600_000);
        }
        assertThat(sent).allMatch(one -> one.transactionId() == sent.getFirst().transactionId());
        assertThat(sent.get(3).elapsed())
                .isEqualTo(Duration.between(sent.getFirst().at(), sent.get(3).at()));
    }

    @Test
    void aReplyIsTakenOnceAndOnlyIfItAnswers() {
        client.start(now);
        assertThat(client.onReply(0, information(600, null), now)).isFalse();
        step();
        int id = sent.getFirst().transactionId();
        assertThat(client.onReply(id ^ 1, information(600, null), now)).isFalse();
        assertThat(client.onReply(id, information(600, null), now)).isTrue();
        assertThat(client.onReply(id, information(600, null), now)).isFalse();
        assertThat(learnt).hasSize(1);
    }

    @Test
    void theInformationIsRefreshedWhenItsTimeIsOverByANewExchange() {
        client.start(now);
        step();
        client.onReply(sent.getFirst().transactionId(), information(3600, null), now);
        assertThat(due()).isBetween(now.plusSeconds(3600), now.plusSeconds(3601));
        step();
        assertThat(sent).hasSize(2);
        assertThat(sent.getLast().transactionId()).isNotEqualTo(sent.getFirst().transactionId());
        assertThat(sent.getLast().elapsed()).isZero();
    }

    @Test
    void aRefreshTimeBelowTheMinimumCountsAsTenMinutes() {
        assertThat(information(5, null).refreshAfter()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void theServerSaysHowLongTheLongestRetransmissionIsWithinBounds() {
        client.start(now);
        step();
        client.onReply(sent.getLast().transactionId(), information(600, Duration.ofSeconds(60)), now);
        for (int i = 0; i < 12; i++) {
            step();
        }
        Instant before = now;
        step();
        assertThat(Duration.between(before, now)).isLessThanOrEqualTo(Duration.ofSeconds(66));
        client.onReply(sent.getLast().transactionId(), information(600, Duration.ofSeconds(59)), now);
        for (int i = 0; i < 12; i++) {
            step();
        }
        before = now;
        step();
        assertThat(Duration.between(before, now)).isBetween(Duration.ofSeconds(54), Duration.ofSeconds(66));
    }

    private void step() {
        now = due();
        client.onTime(now);
    }

    private Instant due() {
        return client.nextDue().orElseThrow();
    }

    private static NetworkInformation information(long refreshSeconds, @Nullable Duration longest) {
        return new NetworkInformation(
                null, List.of(), null, null, List.of(), Duration.ofSeconds(refreshSeconds), longest);
    }

    private static RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    }
}
