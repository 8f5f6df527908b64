package io.portledger.lwb4.fleet;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwb4.Holding;
import io.portledger.lwb4.PcpClient;
import io.portledger.pcp.ResultCode;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FleetTest {

    private static final Instant START = Instant.parse("2026-11-23T12:00:00.123Z");
    private static final String SMALL = "[{prefixes: [192.0.2.1]}]";

    private final ManualClock clock = new ManualClock(START);
    private final History history = new History();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void closeInReverse() throws Exception {
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
        assertThat(history.faults()).isEmpty();
    }

    @Test
    void aBindingIsObtainedRenewedAndReleased() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 1);

        Holding holding = bound(fleet.obtain(0));
        assertThat(holding.ipv4()).isEqualTo(Ipv4Address.parse("192.0.2.1"));
        assertThat(holding.portSet()).contains(new PortSet(0, 6, 1));
        assertThat(holding.lifetimeSeconds()).isEqualTo(3600);
        assertThat(history.held()).isOne();
        assertThat(lwaftr.bindingTable()
                        .owner(holding.ipv4(), 1024)
                        .orElseThrow()
                        .b4())
                .isEqualTo(fleet.settings().address(0));

        clock.advance(Duration.ofMinutes(30));
        assertThat(fleet.renew(0).join()).isInstanceOf(PcpClient.Renewed.class);
        clock.advance(Duration.ofMinutes(59));
        assertThat(lwaftr.expireLeases().join()).isZero();

        assertThat(fleet.release(0).join()).isInstanceOf(PcpClient.Released.class);
        assertThat(history.intervals()).singleElement().satisfies(interval -> {
            assertThat(interval.start()).isEqualTo(START);
            assertThat(interval.end()).isEqualTo(START.plus(Duration.ofMinutes(89)));
        });
        assertThat(lwaftr.bindingTable().size()).isZero();
        theTruthAgrees(fleet, 200);
    }

    @Test
    void aBindingThatIsNotRenewedEndsWithItsLifetime() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 1);
        bound(fleet.obtain(0));
        fleet.vanish(0).join();

        clock.advance(Duration.ofHours(1).minusMillis(1));
        assertThat(lwaftr.expireLeases().join()).isZero();
        clock.advance(Duration.ofMinutes(7));
        lwaftr.expireLeases().join();

        assertThat(history.intervals())
                .singleElement()
                .satisfies(interval -> assertThat(interval.end()).isEqualTo(START.plusSeconds(3600)));
        theTruthAgrees(fleet, 200);
    }

    @Test
    void whoComesBackBeforeTheEndNeverLostItsBinding() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 1);
        Holding first = bound(fleet.obtain(0));
        fleet.vanish(0).join();
        clock.advance(Duration.ofMinutes(50));
        Holding second = bound(fleet.obtain(0));

        assertThat(second.portSet()).isEqualTo(first.portSet());
        assertThat(history.intervals()).hasSize(1);
        assertThat(fleet.truth().tenures())
                .singleElement()
                .satisfies(tenure -> assertThat(tenure.endNotAfter()).isEqualTo(START.plus(Duration.ofMinutes(110))));
    }

    @Test
    void whoComesBackAfterTheEndGetsTheSamePortsAsANewBinding() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 1);
        Holding first = bound(fleet.obtain(0));
        fleet.vanish(0).join();
        clock.advance(Duration.ofMinutes(60));
        Holding second = bound(fleet.obtain(0));

        assertThat(second.portSet()).isEqualTo(first.portSet());
        assertThat(history.intervals()).hasSize(2);
        theTruthAgrees(fleet, 200);
    }

    @ParameterizedTest
    @CsvSource({"0, 6, 1", "6, 8, 63", "4, 4, 15", "0, 0, 1", "1, 4, 1", "6, 10, 63"})
    void everyKindOfPortSetIsLearntWhole(int psidOffset, int psidLength, int ranges) {
        String pool =
                "[{prefixes: [192.0.2.0/30], psid-offset: %d, psid-length: %d}]".formatted(psidOffset, psidLength);
        Fleet fleet = fleet(serve(pool), 5);
        for (int client = 0; client < 5; client++) {
            Object outcome = fleet.obtain(client).join();
            if (psidLength == 0 && client == 4) {
                assertThat(outcome).isInstanceOf(PcpClient.Refused.class);
            } else {
                Holding holding = ((PcpClient.Bound) outcome).holding();
                assertThat(holding.ranges()).hasSize(ranges);
                PortSet set = holding.portSet().orElseThrow();
                PortSet allocated = history.intervals().get(client).binding().ports();
                assertThat(set.canonical()).isEqualTo(allocated.canonical());
            }
        }
    }

    @Test
    void anExhaustedPoolRefusesUntilTheHoldDownOfAReleasedSetIsOver() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 64);
        all(fleet, 63);
        assertThat(((PcpClient.Refused) fleet.obtain(63).join()).result()).isEqualTo(ResultCode.NO_RESOURCES.code());

        Holding released = fleet.holding(17).join().orElseThrow();
        clock.advance(Duration.ofSeconds(1));
        fleet.release(17).join();
        clock.advance(Duration.ofMillis(119_999));
        assertThat(fleet.obtain(63).join()).isInstanceOf(PcpClient.Refused.class);
        clock.advance(Duration.ofMillis(1));
        assertThat(bound(fleet.obtain(63)).portSet()).isEqualTo(released.portSet());
        theTruthAgrees(fleet, 2000);
    }

    @Test
    void whoeverReleasedGetsItsPortsBackDuringTheHoldDown() {
        Fleet fleet = fleet(serve(SMALL), 1);
        Holding first = bound(fleet.obtain(0));
        clock.advance(Duration.ofSeconds(5));
        fleet.release(0).join();
        clock.advance(Duration.ofSeconds(5));
        assertThat(bound(fleet.obtain(0)).portSet()).isEqualTo(first.portSet());
        theTruthAgrees(fleet, 200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3000 | [{prefixes: [192.0.2.0/26]}]",
                "1000 | [{prefixes: [192.0.2.0/30], psid-offset: 4, psid-length: 8}]"
            })
    void thousandsObtainAtOnceAndNoPortHasTwoHolders(int clients, String pool) {
        Lwaftr lwaftr = serve(pool);
        Fleet fleet = fleet(lwaftr, clients);
        all(fleet, clients);

        assertThat(history.held()).isEqualTo(clients);
        assertThat(history.faults()).isEmpty();
        assertThat(lwaftr.bindingTable().size()).isEqualTo(clients);
        Map<String, Long> holders = fleet.truth().tenures().stream()
                .collect(groupingBy(tenure -> tenure.ipv4() + " " + tenure.ports(), counting()));
        assertThat(holders).hasSize(clients);
        theTruthAgrees(fleet, 5000);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverTheClientsDoTheTruthAgreesWithTheRecordToTheMillisecond(long seed) {
        Lwaftr lwaftr = serve("[{prefixes: [192.0.2.0/31], psid-length: 5, hold-down: 30s, min-lifetime: 1s}]");
        Fleet fleet = start(FleetSettings.of(lwaftr.pcpAddress(), 90)
                .withLifetime(Duration.ofSeconds(60))
                .withSeed(seed));
        Random random = new Random(seed);
        boolean[] holds = new boolean[90];
        int done = 0;
        for (int step = 0; step < 1500; step++) {
            clock.advance(Duration.ofNanos(1 + random.nextInt(2_000_000_000)).truncatedTo(ChronoUnit.MICROS));
            clock.advance(Duration.ofMillis(1));
            lwaftr.expireLeases().join();
            int client = random.nextInt(90);
            boolean hasHolding = fleet.holding(client).join().isPresent();
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    Object outcome = fleet.obtain(client).join();
                    holds[client] = !(outcome instanceof PcpClient.Refused);
                    done++;
                }
                case 2 -> {
                    if (hasHolding) {
                        fleet.release(client).join();
                        holds[client] = false;
                        done++;
                    }
                }
                default -> {
                    if (hasHolding && random.nextBoolean()) {
                        fleet.vanish(client).join();
                        done++;
                    }
                }
            }
        }
        assertThat(done).isGreaterThan(700);
        assertThat(history.intervals()).hasSizeGreaterThan(300);
        theTruthAgrees(fleet, 20_000);
        boundsCoincide(fleet);
    }

    @Test
    void churnByAStandingClockIsKnownToTheMillisecond() {
        Lwaftr lwaftr = serve(
                "[{prefixes: [192.0.2.0/28], psid-offset: 6, psid-length: 6, hold-down: 10s," + " min-lifetime: 1s}]");
        Fleet fleet = start(FleetSettings.of(lwaftr.pcpAddress(), 300).withLifetime(Duration.ofSeconds(90)));
        try (Churn churn = new Churn(fleet, new Churn.Pattern(2, Duration.ofSeconds(40), 0.3, 7))) {
            for (int i = 0; i < 500; i++) {
                clock.moveTo(churn.nextDue().join().plusMillis(1));
                lwaftr.expireLeases().join();
                assertThat(churn.runDue().join()).isPositive();
                fleet.idle().join();
            }
        }
        assertThat(fleet.truth().tenures()).hasSizeGreaterThan(150);
        theTruthAgrees(fleet, 10_000);
        boundsCoincide(fleet);
    }

    @Test
    void lostAnswersLeadToTheSameRequestAgainAndToOneBinding() throws Exception {
        Lwaftr lwaftr = serve("[{prefixes: [192.0.2.0/30]}]");
        try (LossyProxy proxy = LossyProxy.start(lwaftr.pcpAddress(), 12)) {
            Fleet fleet = start(FleetSettings.of(proxy.address(), 20));
            all(fleet, 20);

            assertThat(proxy.dropped()).isEqualTo(12);
            assertThat(proxy.requestsByNonce().values())
                    .anySatisfy(requests -> assertThat(requests).hasSizeGreaterThan(1));
            assertThat(proxy.requestsByNonce()).hasSize(20).allSatisfy((nonce, requests) -> {
                assertThat(requests.stream().distinct().count()).isLessThanOrEqualTo(2);
            });
            assertThat(history.held()).isEqualTo(20);
            assertThat(history.intervals()).hasSize(20);
            theTruthAllowsTheRecord(fleet, 5000);
        }
    }

    @Test
    void whatIsUncertainStaysUncertain() throws Exception {
        Lwaftr lwaftr = serve(SMALL);
        try (LossyProxy proxy = LossyProxy.start(lwaftr.pcpAddress(), 1)) {
            Fleet fleet = start(FleetSettings.of(proxy.address(), 1));
            CompletableFuture<PcpClient.Outcome> outcome = fleet.obtain(0);
            Awaitility.await().until(() -> history.held() == 1);
            clock.advance(Duration.ofSeconds(2));
            bound(outcome);

            Tenure tenure = fleet.truth().tenures().getFirst();
            assertThat(tenure.startNotBefore()).isEqualTo(START);
            assertThat(tenure.startNotAfter()).isEqualTo(START.plusSeconds(2));
            Ipv4Address ipv4 = tenure.ipv4();
            int port = tenure.ports().firstPort();
            Instant between = START.plusSeconds(1);
            assertThat(fleet.truth().couldHaveHeld(ipv4, port, between)).containsExactly(tenure);
            assertThat(fleet.truth().mustHaveHeld(ipv4, port, between)).isEmpty();
            assertThat(fleet.truth().mustHaveHeld(ipv4, port, START.plusSeconds(2)))
                    .contains(tenure);
            theTruthAllowsTheRecord(fleet, 500);
        }
    }

    @Test
    void aFloodOfNonsenseCostsNobodyABinding() throws Exception {
        Lwaftr lwaftr = serve("[{prefixes: [192.0.2.0/28]}]");
        Fleet fleet = fleet(lwaftr, 400);
        Random random = new Random(4);
        List<CompletableFuture<PcpClient.Outcome>> outcomes = new ArrayList<>();
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            for (int i = 0; i < 4000; i++) {
                byte[] nonsense = new byte[random.nextInt(1400)];
                random.nextBytes(nonsense);
                if (i % 2 == 0 && nonsense.length > 1) {
                    nonsense[0] = 2;
                    nonsense[1] = (byte) (i % 4 == 0 ? 1 : 2);
                }
                socket.send(new DatagramPacket(nonsense, nonsense.length, lwaftr.pcpAddress()));
                if (i % 10 == 0) {
                    outcomes.add(fleet.obtain(i / 10));
                }
            }
        }
        outcomes.forEach(outcome -> assertThat(outcome.join()).isInstanceOf(PcpClient.Bound.class));
        assertThat(history.held()).isEqualTo(400);
        assertThat(lwaftr.pcp().answered(ResultCode.UNSUPP_VERSION)
                        + lwaftr.pcp().answered(ResultCode.MALFORMED_REQUEST)
                        + lwaftr.pcp().answered(ResultCode.ADDRESS_MISMATCH)
                        + lwaftr.pcp().dropped())
                .isPositive();
    }

    @Test
    void aServerThatStartsAnewGivesEachTheBindingThatItHad() {
        Lwaftr first = serve("[{prefixes: [192.0.2.0/30]}]");
        Fleet fleet = fleet(first, 100);
        all(fleet, 100);
        List<Tenure> before = fleet.truth().tenures();
        clock.advance(Duration.ofMinutes(5));
        InetSocketAddress address = first.pcpAddress();
        first.close();
        assertThat(history.held()).isZero();
        clock.advance(Duration.ofSeconds(30));

        Lwaftr second = Lwaftr.start(
                LwaftrSettings.read(
                        null,
                        Map.of(
                                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:" + address.getPort(),
                                "PORTLEDGER_LWAFTR_PCP_THIRD_PARTY_FROM", "['::1']",
                                "PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.0/30]}]")),
                clock,
                history);
        opened.add(second);
        for (int client = 99; client >= 0; client--) {
            assertThat(fleet.renew(client).join())
                    .isInstanceOfSatisfying(
                            PcpClient.Renewed.class,
                            renewed -> assertThat(renewed.isRecreated()).isTrue());
        }
        assertThat(history.held()).isEqualTo(100);
        List<Tenure> tenures = fleet.truth().tenures();
        assertThat(tenures).hasSize(200);
        assertThat(tenures.subList(100, 200))
                .extracting(Tenure::b4, Tenure::ipv4, Tenure::ports)
                .containsExactlyInAnyOrderElementsOf(before.stream()
                        .map(then -> tuple(then.b4(), then.ipv4(), then.ports()))
                        .toList());
        theTruthAllowsTheRecord(fleet, 2000);
    }

    @Test
    void theEndOfAServerCanBeToldToTheTruth() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = fleet(lwaftr, 3);
        all(fleet, 3);
        clock.advance(Duration.ofMinutes(5));
        lwaftr.close();
        fleet.truth().serverEnded(clock.instant(), clock.instant());
        theTruthAgrees(fleet, 500);
    }

    @Test
    void aSnapshotTellsEveryBindingWithTheTimeOfItsCreation() {
        Lwaftr lwaftr = serve("[{prefixes: [192.0.2.0/30]}]");
        Fleet fleet = fleet(lwaftr, 50);
        all(fleet, 50);
        clock.advance(Duration.ofMinutes(5));
        assertThat(lwaftr.snapshot().join()).isEqualTo(50);
        assertThat(history.snapshots())
                .hasSize(50)
                .allSatisfy(change -> assertThat(change.at()).isEqualTo(START))
                .extracting(BindingChange::binding)
                .doesNotHaveDuplicates();
    }

    @Test
    void clientsRenewByThemselvesIfTheyAreToldTo() {
        Lwaftr lwaftr = serve(SMALL);
        Fleet fleet = start(FleetSettings.of(lwaftr.pcpAddress(), 10)
                .withLifetime(Duration.ofMinutes(10))
                .withRenews(true));
        all(fleet, 10);
        for (int minute = 1; minute <= 40; minute++) {
            clock.advance(Duration.ofMinutes(1));
            Instant now = clock.instant();
            Awaitility.await()
                    .until(() -> fleet.truth().unresolved() == 0
                            && fleet.truth().tenures().stream()
                                    .allMatch(tenure -> tenure.endNotBefore().isAfter(now.plusSeconds(119))));
            lwaftr.expireLeases().join();
        }
        assertThat(history.intervals()).hasSize(10);
        assertThat(history.held()).isEqualTo(10);
    }

    @Test
    void whoHasNothingCannotRenew() {
        Fleet fleet = fleet(serve(SMALL), 1);
        assertThatThrownBy(() -> fleet.renew(0).join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
        bound(fleet.obtain(0));
    }

    @Test
    void withoutTrustTheFleetGetsNothing() {
        Lwaftr lwaftr = Lwaftr.start(
                LwaftrSettings.read(
                        null,
                        Map.of("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0", "PORTLEDGER_LWAFTR_SERVICE_CLASSES", SMALL)),
                clock,
                history);
        opened.add(lwaftr);
        Fleet fleet = fleet(lwaftr, 1);
        assertThat(((PcpClient.Refused) fleet.obtain(0).join()).result()).isEqualTo(ResultCode.UNSUPP_OPTION.code());
    }

    private Lwaftr serve(String pools) {
        Lwaftr lwaftr = Servers.start(clock, pools, history);
        opened.add(lwaftr);
        return lwaftr;
    }

    private Fleet fleet(Lwaftr lwaftr, int clients) {
        return start(FleetSettings.of(lwaftr.pcpAddress(), clients));
    }

    private Fleet start(FleetSettings settings) {
        Fleet fleet = Fleet.start(settings, clock);
        opened.add(fleet);
        return fleet;
    }

    private static void all(Fleet fleet, int clients) {
        List<CompletableFuture<PcpClient.Outcome>> outcomes = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            outcomes.add(fleet.obtain(client));
        }
        outcomes.forEach(FleetTest::bound);
    }

    private static Holding bound(CompletableFuture<PcpClient.Outcome> outcome) {
        PcpClient.Outcome settled = outcome.join();
        assertThat(settled).isInstanceOf(PcpClient.Bound.class);
        return ((PcpClient.Bound) settled).holding();
    }

    /** Whatever is asked, the record names whom the truth names, and nobody if the truth names nobody. */
    private void theTruthAgrees(Fleet fleet, int questions) {
        ask(fleet, questions, (question, recorded) -> {
            List<Tenure> possible = fleet.truth().couldHaveHeld(question.ipv4(), question.port(), question.time());
            assertThat(possible).as(question.toString()).hasSizeLessThanOrEqualTo(1);
            assertThat(recorded.stream()
                            .map(interval -> interval.binding().b4())
                            .toList())
                    .as(question.toString())
                    .isEqualTo(possible.stream().map(Tenure::b4).toList());
        });
    }

    /** Whatever is asked, the record names nobody who could not have held the port, and everybody who must have. */
    private void theTruthAllowsTheRecord(Fleet fleet, int questions) {
        ask(fleet, questions, (question, recorded) -> {
            List<Tenure> possible = fleet.truth().couldHaveHeld(question.ipv4(), question.port(), question.time());
            assertThat(recorded)
                    .as(question.toString())
                    .allSatisfy(interval -> assertThat(possible)
                            .anySatisfy(tenure -> assertThat(tenure.b4())
                                    .isEqualTo(interval.binding().b4())));
            fleet.truth()
                    .mustHaveHeld(question.ipv4(), question.port(), question.time())
                    .ifPresent(tenure -> assertThat(recorded)
                            .as(question.toString())
                            .anySatisfy(interval ->
                                    assertThat(interval.binding().b4()).isEqualTo(tenure.b4())));
        });
    }

    private record Question(Ipv4Address ipv4, int port, Instant time) {}

    private interface Judge {
        void judge(Question question, List<History.Interval> recorded);
    }

    private void ask(Fleet fleet, int questions, Judge judge) {
        assertThat(fleet.truth().unresolved()).isZero();
        List<Tenure> tenures = fleet.truth().tenures();
        Map<Ipv4Address, List<History.Interval>> byAddress = history.intervals().stream()
                .collect(groupingBy(interval -> interval.binding().ipv4()));
        Random random = new Random(99);
        for (int i = 0; i < questions; i++) {
            Tenure tenure = tenures.get(random.nextInt(tenures.size()));
            Ipv4Address ipv4 = random.nextInt(20) == 0 ? tenure.ipv4().plus(1) : tenure.ipv4();
            int port = random.nextInt(4) == 0
                    ? random.nextInt(65536)
                    : tenure.ports().portAt(random.nextInt(tenure.ports().portCount()));
            Instant anchor = List.of(
                            tenure.startNotBefore(),
                            tenure.startNotAfter(),
                            tenure.endNotBefore(),
                            tenure.endNotAfter(),
                            tenure.startNotBefore().plus(Duration.ofSeconds(random.nextInt(4000))))
                    .get(random.nextInt(5));
            Instant time = anchor.plusMillis(random.nextInt(3) - 1);
            if (!time.isBefore(clock.instant().truncatedTo(ChronoUnit.MILLIS))) {
                // What has not happened yet is known to nobody.
                continue;
            }
            Question question = new Question(ipv4, port, time);
            judge.judge(
                    question,
                    byAddress.getOrDefault(ipv4, List.of()).stream()
                            .filter(interval -> interval.covers(ipv4, port, time))
                            .toList());
        }
    }

    private static void boundsCoincide(Fleet fleet) {
        assertThat(fleet.truth().tenures()).allSatisfy(tenure -> {
            assertThat(tenure.startNotAfter()).isEqualTo(tenure.startNotBefore());
            assertThat(tenure.endNotAfter()).isCloseTo(tenure.endNotBefore(), within(0, ChronoUnit.MILLIS));
        });
    }
}
