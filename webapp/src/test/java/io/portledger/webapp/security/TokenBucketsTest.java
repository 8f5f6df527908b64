package io.portledger.webapp.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {

    private final SettableClock clock = new SettableClock();
    private final TokenBuckets buckets = new TokenBuckets(2, 3, clock);

    @Test
    void aFullBucketIsForAllAtOnceThenTheRateHolds() {
        takeAll();
        assertThat(buckets.take("a")).isEqualTo(Duration.ofMillis(500));
        clock.pass(Duration.ofMillis(200));
        assertThat(buckets.take("a")).isEqualTo(Duration.ofMillis(300));
        clock.pass(Duration.ofMillis(300));
        assertThat(buckets.take("a")).isZero();
        assertThat(buckets.take("a")).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void eachKeyHasItsOwn() {
        takeAll();
        assertThat(buckets.take("b")).isZero();
    }

    @Test
    void aLongRestFillsNoMoreThanTheBucketHolds() {
        takeAll();
        clock.pass(Duration.ofDays(1));
        takeAll();
        assertThat(buckets.take("a")).isPositive();
    }

    @Test
    void aRateThatLetsNobodyDoAnythingIsRefused() {
        assertThatThrownBy(() -> new TokenBuckets(0, 3, clock)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TokenBuckets(1, 0, clock)).isInstanceOf(IllegalArgumentException.class);
    }

    private void takeAll() {
        for (int i = 0; i < 3; i++) {
            assertThat(buckets.take("a")).isZero();
        }
    }
}
