package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.lwaftr.provisioning.SourceLimit.Rate;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SourceLimitTest {

    private static final Ipv6Address LOUD = Ipv6Address.parse("2001:db8:0:100::1");
    private static final Ipv6Address NEIGHBOUR = Ipv6Address.parse("2001:db8:0:100::2");
    private static final Ipv6Address OTHER = Ipv6Address.parse("2001:db8:0:200::1");

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

    @Test
    void aBurstIsHeardAndThenAsMuchAsTheRateAllows() {
        SourceLimit limit = limit(new Rate(20, 40, 128));

        assertThat(admitted(limit, LOUD, 100)).isEqualTo(40);
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(admitted(limit, LOUD, 100)).isEqualTo(20);
        nanos.addAndGet(TimeUnit.DAYS.toNanos(400));
        assertThat(admitted(limit, LOUD, 100)).isEqualTo(40);
        assertThat(limit.refused()).isEqualTo(60 + 80 + 60);
    }

    @Test
    void whoIsLoudTakesNothingFromOthers() {
        SourceLimit limit = limit(new Rate(1, 1, 128));
        admitted(limit, LOUD, 1000);

        assertThat(limit.admits(NEIGHBOUR)).isTrue();
        assertThat(limit.admits(OTHER)).isTrue();
        assertThat(limit.admits(LOUD)).isFalse();
    }

    @Test
    void sourcesOfOnePrefixCountAsOneIfThatIsConfigured() {
        SourceLimit limit = limit(new Rate(1, 1, 64));

        assertThat(limit.admits(LOUD)).isTrue();
        assertThat(limit.admits(NEIGHBOUR)).isFalse();
        assertThat(limit.admits(OTHER)).isTrue();
    }

    @Test
    void whoIsExemptIsAlwaysHeard() {
        SourceLimit limit =
                new SourceLimit(new Rate(1, 1, 128), List.of(Ipv6Prefix.parse("2001:db8:0:100::/64")), nanos::get);

        assertThat(admitted(limit, LOUD, 1000)).isEqualTo(1000);
        assertThat(admitted(limit, OTHER, 1000)).isEqualTo(1);
    }

    @Test
    void withoutARateEverybodyIsHeard() {
        assertThat(admitted(limit(new Rate(0, 1, 128)), LOUD, 1000)).isEqualTo(1000);
    }

    @Test
    void aFloodFromMoreSourcesThanThereIsRoomForRefusesNobodyElse() {
        SourceLimit limit = limit(new Rate(1, 2, 128));
        for (int i = 0; i < 500_000; i++) {
            limit.admits(new Ipv6Address(0x2001_0db8_dead_0000L, i));
        }

        int heard = 0;
        for (int i = 0; i < 1000; i++) {
            heard += limit.admits(new Ipv6Address(0x2001_0db8_0000_0000L + i, 1)) ? 1 : 0;
        }

        // A newcomer may by chance look like one of the flood.
        assertThat(heard).isGreaterThan(990);
    }

    @Test
    void anImpossibleRateIsRefusedByItsKey() {
        assertThatThrownBy(() -> new Rate(-1, 1, 128))
                .hasMessage("Invalid value -1 for key request-limit.per-second: out of range (allowed: 0-1000)");
        assertThatThrownBy(() -> new Rate(1, 0, 128)).hasMessageContaining("request-limit.burst");
        assertThatThrownBy(() -> new Rate(1, 1, 16)).hasMessageContaining("request-limit.prefix-length");
    }

    private SourceLimit limit(Rate rate) {
        return new SourceLimit(rate, List.of(), nanos::get);
    }

    private static int admitted(SourceLimit limit, Ipv6Address source, int requests) {
        int count = 0;
        for (int i = 0; i < requests; i++) {
            count += limit.admits(source) ? 1 : 0;
        }
        return count;
    }
}
