package io.portledger.webapp.security;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.webapp.WebSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SignInThrottleTest {

    private final SettableClock clock = new SettableClock();
    private final SignInThrottle throttle =
            new SignInThrottle(new WebSettings.SignIn(5, Duration.ofSeconds(10), Duration.ofMinutes(15)), clock);

    @Test
    void someFailuresAreFree() {
        for (int i = 0; i < 6; i++) {
            assertThat(throttle.begin("operator", "a")).isZero();
        }
        assertThat(throttle.begin("operator", "a")).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void eachFurtherFailureDoublesTheWaitUpToALimit() {
        failTimes(6);
        for (long seconds : new long[] {10, 20, 40, 80, 160, 320, 640, 900}) {
            assertThat(throttle.begin("operator", "a")).isEqualTo(Duration.ofSeconds(seconds));
            clock.pass(Duration.ofSeconds(seconds));
            assertThat(throttle.begin("operator", "a")).isZero();
        }
    }

    @Test
    void aRefusedTryDoesNotLengthenTheWait() {
        failTimes(6);
        clock.pass(Duration.ofSeconds(4));
        assertThat(throttle.begin("operator", "a")).isEqualTo(Duration.ofSeconds(6));
        assertThat(throttle.begin("operator", "a")).isEqualTo(Duration.ofSeconds(6));
    }

    @Test
    void aSuccessForgetsTheFailures() {
        failTimes(5);
        assertThat(throttle.begin("operator", "a")).isZero();
        throttle.succeeded("operator", "a");
        failTimes(6);
        assertThat(throttle.begin("operator", "a")).isPositive();
    }

    @Test
    void otherNamesAndAddressesAreNotHeldUp() {
        failTimes(6);
        assertThat(throttle.begin("operator", "b")).isZero();
        assertThat(throttle.begin("agnes", "a")).isZero();
    }

    @Test
    void failuresAreForgottenAfterALongPause() {
        failTimes(6);
        clock.pass(Duration.ofMinutes(16));
        failTimes(6);
        assertThat(throttle.begin("operator", "a")).isEqualTo(Duration.ofSeconds(10));
    }

    private void failTimes(int count) {
        for (int i = 0; i < count; i++) {
            assertThat(throttle.begin("operator", "a")).isZero();
        }
    }
}
