package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.pcp.Nonce;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolTest {

    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Ipv6Address A = Ipv6Address.parse("2001:db8::a");
    private final Map<Ipv6Address, Lease> last = new HashMap<>();
    private static final Ipv6Address B = Ipv6Address.parse("2001:db8::b");

    @ParameterizedTest
    @CsvSource({
        "0, 6, 1024, 1, 63",
        "0, 8, 1024, 4, 252",
        "0, 4, 1024, 1, 15",
        "0, 10, 1024, 16, 1008",
        "0, 6, 1025, 2, 62",
        "0, 6, 0, 0, 64",
        "0, 0, 1024, 0, 1",
        "6, 8, 1024, 0, 256",
        "6, 0, 1024, 0, 1",
        "4, 4, 1024, 0, 16"
    })
    void reservedPortsKeepThePsidsBelowThemFromBeingGiven(
            int psidOffset, int psidLength, int reserved, int lowestPsid, int setsPerAddress) {
        Pool pool = new Pool(Pools.settings("p", psidOffset, psidLength, reserved, "192.0.2.1"));
        assertThat(pool.size()).isEqualTo(setsPerAddress);
        assertThat(pool.portsOf(0).psid()).isEqualTo(lowestPsid);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "8 | 8 | 1024 | allowed: 0-256, or a smaller psid-offset",
                "0 | 1 | 40000 | no port is left",
                "0 | 6 | -1 | allowed: 0-65535",
                "0 | 17 | 0 | allowed: 0-16",
                "9 | 8 | 0 | exceed the 16 bits"
            })
    void settingsThatCannotBeAreRefused(int psidOffset, int psidLength, int reserved, String reason) {
        assertThatThrownBy(() -> Pools.settings("p", psidOffset, psidLength, reserved, "192.0.2.1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason);
    }

    @Test
    void prefixesThatOverlapAreRefused() {
        assertThatThrownBy(() -> new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.0/24", "192.0.2.128/25")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("192.0.2.128/25")
                .hasMessageContaining("overlaps 192.0.2.0/24");
    }

    @Test
    void aPoolThatIsTooLargeIsRefused() {
        assertThatThrownBy(() -> new Pool(Pools.settings("p", 0, 6, 1024, "0.0.0.0/0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("allowed: up to 2147483647");
    }

    @Test
    void eachNumberIsOneSetOfOneAddressOfSeveralPrefixes() {
        Pool pool = new Pool(Pools.settings("p", 0, 8, 1024, "192.0.2.0/30", "198.51.100.7", "203.0.113.0/31"));
        assertThat(pool.size()).isEqualTo(7 * 252);
        Set<String> seen = new HashSet<>();
        for (int number = 0; number < pool.size(); number++) {
            Ipv4Address address = pool.addressOf(number);
            assertThat(pool.contains(address)).isTrue();
            assertThat(seen.add(address + " " + pool.portsOf(number))).isTrue();
            assertThat(pool.numberOf(address, pool.portsOf(number).firstPort())).isEqualTo(number);
        }
        assertThat(pool.numberOf(Ipv4Address.parse("192.0.2.4"), 5000)).isEqualTo(-1);
        assertThat(pool.numberOf(Ipv4Address.parse("192.0.2.0"), 1023)).isEqualTo(-1);
        assertThat(pool.numberOf(Ipv4Address.parse("192.0.2.0"), 1024)).isZero();
    }

    @Test
    void theSameClientGetsItsLastSetBackEvenDuringHoldDown() {
        Pool pool = new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.1"));
        int number = take(pool, A, NOW);
        take(pool, B, NOW);
        giveBack(pool, number, A, NOW, NOW);

        assertThat(choose(pool, A, null, NOW)).isEqualTo(number);
    }

    @Test
    void aSetThatCameBackRestsBeforeAnotherClientGetsIt() {
        Pool pool = new Pool(Pools.settings("p", 0, 0, 0, "192.0.2.1"));
        int number = take(pool, A, NOW);
        assertThat(choose(pool, B, null, NOW)).isEqualTo(-1);
        giveBack(pool, number, A, NOW, NOW);

        assertThat(choose(pool, B, null, NOW.plusMillis(119_999))).isEqualTo(-1);
        assertThat(choose(pool, B, null, NOW.plusSeconds(120))).isEqualTo(number);

        take(pool, B, NOW.plusSeconds(120));
        assertThat(choose(pool, A, null, NOW.plusSeconds(121))).isEqualTo(-1);
    }

    @Test
    void setsComeBackIntoUseInTheOrderInWhichTheyWereFreed() {
        Pool pool = new Pool(Pools.settings("p", 0, 1, 0, "192.0.2.1"));
        int first = take(pool, A, NOW);
        int second = take(pool, B, NOW);
        giveBack(pool, second, B, NOW, NOW);
        giveBack(pool, first, A, NOW.plusSeconds(1), NOW.plusSeconds(1));
        Instant later = NOW.plus(Duration.ofHours(1));

        Ipv6Address stranger = Ipv6Address.parse("2001:db8::c");
        assertThat(choose(pool, stranger, null, later)).isEqualTo(second);
        take(pool, stranger, later);
        assertThat(choose(pool, Ipv6Address.parse("2001:db8::d"), null, later)).isEqualTo(first);
    }

    @Test
    void aSuggestionIsHonouredIfItIsFree() {
        Pool pool = new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.0/24"));
        Pool.Suggestion suggestion = new Pool.Suggestion(Ipv4Address.parse("192.0.2.77"), 34900);

        int number = choose(pool, A, suggestion, NOW);
        assertThat(pool.addressOf(number)).isEqualTo(suggestion.address());
        assertThat(pool.portsOf(number).contains(34900)).isTrue();
        take(pool, number, A, NOW);

        assertThat(choose(pool, B, suggestion, NOW)).isNotEqualTo(number);
        giveBack(pool, number, A, NOW, NOW);
        assertThat(choose(pool, B, suggestion, NOW)).isNotEqualTo(number);
        assertThat(choose(pool, B, suggestion, NOW.plusSeconds(120))).isEqualTo(number);
    }

    @ParameterizedTest
    @CsvSource({"198.51.100.1, 34900", "192.0.2.1, 80", "192.0.2.1, 0"})
    void aSuggestionThatThePoolDoesNotHaveIsPassedOver(String address, int port) {
        Pool pool = new Pool(Pools.settings("p", 0, 6, 1024, "192.0.2.0/24"));
        assertThat(choose(pool, A, new Pool.Suggestion(Ipv4Address.parse(address), port), NOW))
                .isEqualTo(0);
    }

    @Test
    void everySetIsGivenOnceBeforeThePoolIsExhaustedWhateverWasSuggested() {
        Pool pool = new Pool(Pools.settings("p", 0, 4, 1024, "192.0.2.0/30"));
        Set<Integer> taken = new HashSet<>();
        for (int port : List.of(60000, 4096, 30000)) {
            int number = choose(pool, A, new Pool.Suggestion(Ipv4Address.parse("192.0.2.2"), port), NOW);
            take(pool, number, A, NOW);
            taken.add(number);
        }
        for (int i = 3; i < pool.size(); i++) {
            assertThat(taken.add(take(pool, B, NOW))).isTrue();
        }
        assertThat(taken).hasSize(60);
        assertThat(pool.held()).isEqualTo(60);
        assertThat(choose(pool, A, null, NOW)).isEqualTo(-1);
    }

    @Test
    void anAlarmRisesAtEachLevelOnceAndEndsFivePointsBelow() {
        Pool pool = new Pool(Pools.settings("p", 0, 6, 0, "192.0.2.1"));
        List<String> said = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            take(pool, A, NOW);
            pool.newAlarm().ifPresent(alarm -> said.add(pool.held() + " " + alarm.kind() + " " + alarm.text()));
        }
        assertThat(said).hasSize(2);
        assertThat(said.get(0)).startsWith("52 HIGH service class p (52 of 64 port sets held): more than 80 %");
        assertThat(said.get(1)).startsWith("61 HIGH service class p (61 of 64 port sets held): more than 95 %");
        assertThat(pool.alarms()).isEqualTo(2);

        said.clear();
        for (int i = 0; i < 64; i++) {
            giveBack(pool, i, A, NOW, NOW);
            pool.newAlarm().ifPresent(alarm -> said.add(pool.held() + " " + alarm.kind() + " " + alarm.percent()));
        }
        assertThat(said).containsExactly("57 LOW 90", "47 LOW 75");
        assertThat(pool.alarms()).isZero();
    }

    @Test
    void exhaustionIsSaidOnceAMinuteAndEveryRefusalIsCounted() {
        Pool pool = new Pool(Pools.settings("p", 0, 0, 0, "192.0.2.1"));
        take(pool, A, NOW);
        long now = NOW.toEpochMilli();
        for (int i = 0; i < 3; i++) {
            assertThat(choose(pool, B, null, NOW)).isEqualTo(-1);
        }
        assertThat(pool.refusals()).isEqualTo(3);
        assertThat(pool.newExhaustion(now))
                .hasValueSatisfying(alarm ->
                        assertThat(alarm.text()).contains("service class p (1 of 1 port sets held) is exhausted"));
        assertThat(pool.newExhaustion(now + 59_999)).isEmpty();
        assertThat(pool.newExhaustion(now + 60_000)).isPresent();
    }

    /** What the client would get, if it held last what it gave back last. */
    private int choose(Pool pool, Ipv6Address client, Pool.@Nullable Suggestion suggestion, Instant now) {
        return pool.choose(client, last.get(client), suggestion, now.toEpochMilli());
    }

    private int take(Pool pool, Ipv6Address client, Instant now) {
        int number = choose(pool, client, null, now);
        take(pool, number, client, now);
        return number;
    }

    private static void take(Pool pool, int number, Ipv6Address client, Instant now) {
        Lease lease = new Lease(
                new Binding(client, pool.addressOf(number), pool.portsOf(number), client),
                pool,
                number,
                new Nonce(1, 1),
                Origin.PCP,
                0,
                now.toEpochMilli());
        pool.take(lease);
        lease.state = Lease.State.HELD;
    }

    private void giveBack(Pool pool, int number, Ipv6Address holder, Instant until, Instant now) {
        Lease lease = Objects.requireNonNull(pool.at(number));
        lease.state = Lease.State.RESTING;
        lease.endMillis = until.toEpochMilli();
        lease.limitMillis = now.plus(pool.serviceClass().holdDown()).toEpochMilli();
        pool.rest(lease);
        last.put(holder, lease);
    }
}
