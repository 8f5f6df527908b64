package io.portledger.ledger;

import static io.portledger.ledger.Samples.household;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The look-up against a real Elasticsearch node. */
class LedgerTest {

    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Instant TEN = Instant.parse("2026-11-23T10:00:00Z");
    private static final Instant ELEVEN = Instant.parse("2026-11-23T11:00:00Z");
    private static final Ipv4Address ADDRESS = Ipv4Address.parse("203.0.113.7");
    private static final Ipv4Address NEIGHBOUR = Ipv4Address.parse("203.0.113.8");

    private final ElasticsearchNode elasticsearch = ElasticsearchNode.shared();
    private final Ledger ledger = new Ledger(
            ElasticsearchConnection.open(elasticsearch.uri()), Clock.fixed(NOW, ZoneOffset.UTC), Duration.ZERO);

    @BeforeEach
    void wipe() throws IOException {
        elasticsearch.wipe();
        elasticsearch.store(mark("c1", 0, 1, NOW));
    }

    @AfterEach
    void close() {
        ledger.close();
    }

    @Test
    void anEmptyLedgerAnswersNotHeld() {
        Answer answer = ledger.whoHeld(ADDRESS, 40123, TEN, Duration.ZERO);

        assertThat(answer.verdict()).isEqualTo(Verdict.NOT_HELD);
        assertThat(answer.holders()).isEmpty();
        assertThat(answer.complete()).isTrue();
        assertThat(ledger.freshness()).isEqualTo(new Freshness(NOW, null, 0, 0));
    }

    @ParameterizedTest(name = "{0} ms after the start, ± {1} ms: {2}")
    @CsvSource({
        "-1, 0, NOT_HELD",
        "0, 0, HELD",
        "3599999, 0, HELD",
        "3600000, 0, NOT_HELD",
        "-5, 4, NOT_HELD",
        "-5, 5, AMBIGUOUS",
        "5, 5, HELD",
        "5, 6, AMBIGUOUS",
        "3599990, 9, HELD",
        "3599990, 10, AMBIGUOUS",
        "3600005, 5, NOT_HELD",
        "3600005, 6, AMBIGUOUS",
    })
    void theHolderIsKnownToTheMillisecond(long after, long tolerance, Verdict expected) throws IOException {
        BindingInterval interval = Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, ELEVEN);
        elasticsearch.store(List.of(interval), List.of());

        Answer answer =
                ledger.whoHeld(ADDRESS, set("0/6/34").firstPort(), TEN.plusMillis(after), Duration.ofMillis(tolerance));

        assertThat(answer.verdict()).isEqualTo(expected);
        assertThat(answer.holders()).isEqualTo(expected == Verdict.NOT_HELD ? List.of() : List.of(interval));
    }

    @ParameterizedTest(name = "PSID offset {0}, PSID length {1}, PSID {2}")
    @CsvSource({
        "0, 0, 0",
        "0, 6, 34",
        "0, 16, 40123",
        "1, 5, 17",
        "4, 6, 5",
        "6, 8, 255",
        "6, 10, 3",
        "8, 0, 0",
        "16, 0, 0"
    })
    void everyPortOfASetAndNoOtherLeadsToItsHolder(int offset, int length, int psid) throws IOException {
        PortSet ports = new PortSet(offset, length, psid);
        elasticsearch.store(
                List.of(
                        Samples.logged(ADDRESS, ports.canonical(), Samples.household(1), TEN, null),
                        Samples.logged(NEIGHBOUR, PortSet.WHOLE_ADDRESS, Samples.household(2), TEN, null)),
                List.of());

        for (int port : IntStream.range(0, 0x10000)
                .filter(p -> p % 1301 == 0 || near(ports, p))
                .toArray()) {
            Answer answer = ledger.whoHeld(ADDRESS, port, ELEVEN, Duration.ZERO);

            assertThat(answer.verdict())
                    .as("port %d", port)
                    .isEqualTo(ports.contains(port) ? Verdict.HELD : Verdict.NOT_HELD);
        }
    }

    /** The first and the last ports of the first and the last range, and the ports next to them. */
    private static boolean near(PortSet ports, int port) {
        PortRange first = ports.range(0);
        PortRange last = ports.range(ports.rangeCount() - 1);
        return IntStream.of(first.first(), first.last(), last.first(), last.last())
                .anyMatch(edge -> Math.abs(edge - port) <= 1);
    }

    @ParameterizedTest(name = "port {0} is in the block: {1}")
    @CsvSource({"999, false", "1000, true", "1500, true", "1999, true", "2000, false"})
    void blocksThatAreNoPortSetsAreFound(int port, boolean inside) throws IOException {
        BindingInterval block = Samples.logged(ADDRESS, new PortRange(1000, 1999), Samples.household(3), TEN, null);
        BindingInterval neighbours =
                Samples.logged(NEIGHBOUR, new PortRange(1, 65535), Samples.household(4), TEN, null);
        elasticsearch.store(List.of(block, neighbours), List.of());

        assertThat(ledger.whoHeld(ADDRESS, port, ELEVEN, Duration.ZERO).holders())
                .isEqualTo(inside ? List.of(block) : List.of());
    }

    @Test
    void aChangeOfThePoolsDivisionIsFollowed() throws IOException {
        BindingInterval before =
                Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN.minusSeconds(60), TEN);
        BindingInterval after = Samples.logged(ADDRESS, set("4/6/40"), Samples.household(2), TEN, null);
        elasticsearch.store(List.of(before, after), List.of());
        int shared = IntStream.range(0, 0x10000)
                .filter(port -> set("0/6/34").contains(port) && set("4/6/40").contains(port))
                .findFirst()
                .orElseThrow();

        assertThat(ledger.whoHeld(ADDRESS, shared, TEN.minusMillis(1), Duration.ZERO)
                        .holders())
                .containsExactly(before);
        assertThat(ledger.whoHeld(ADDRESS, shared, TEN, Duration.ZERO).holders())
                .containsExactly(after);
        Answer both = ledger.whoHeld(ADDRESS, shared, TEN, Duration.ofMillis(1));
        assertThat(both.verdict()).isEqualTo(Verdict.AMBIGUOUS);
        assertThat(both.holders()).containsExactly(before, after);
    }

    @Test
    void intervalsOfManyYearsAreFoundInTheirIndices() throws IOException {
        List<BindingInterval> years = IntStream.range(2016, 2027)
                .mapToObj(year -> Samples.logged(
                        ADDRESS,
                        set("0/6/34"),
                        Samples.household(year),
                        Instant.parse(year + "-03-01T00:00:00Z"),
                        year == 2026 ? null : Instant.parse(year + 1 + "-02-01T00:00:00Z")))
                .toList();
        elasticsearch.store(years, List.of());

        for (BindingInterval interval : years) {
            Answer answer =
                    ledger.whoHeld(ADDRESS, 34 << 10, interval.start().plus(Duration.ofDays(200)), Duration.ZERO);
            assertThat(answer.holders()).containsExactly(interval);
            assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
        }
        assertThat(ledger.freshness()).isEqualTo(new Freshness(NOW, Instant.parse("2026-03-01T00:00:00Z"), 11, 0));
    }

    @Test
    void anUnknownStartIsNeverHeld() throws IOException {
        BindingInterval interval =
                Samples.unknownStart(ADDRESS, set("0/6/34"), Samples.household(1), Instant.EPOCH, ELEVEN);
        elasticsearch.store(List.of(interval), List.of());

        Answer answer = ledger.whoHeld(ADDRESS, 34 << 10, TEN, Duration.ZERO);

        assertThat(answer.verdict()).isEqualTo(Verdict.AMBIGUOUS);
        assertThat(answer.holders()).containsExactly(interval);
        assertThat(answer.holders().getFirst().startedBy()).isEqualTo(Boundary.UNKNOWN);
    }

    @ParameterizedTest(name = "lost from {0} to {1} min after the start, asked at {2} min: complete {3}")
    @CsvSource({
        "-20, -10, 30, true",
        "-20, 0, 30, false",
        "10, 20, 30, false",
        "30, 40, 30, false",
        "31, 40, 30, true",
        "10, 20, 70, true",
        "55, 65, 70, false",
        "-20, -10, -5, false",
        "1, 2, -5, true",
    })
    void lossesSinceTheLastLoggedBoundaryMakeAnAnswerIncomplete(int from, int to, int asked, boolean complete)
            throws IOException {
        Gap gap = gap("192.0.2.1", TEN.plus(Duration.ofMinutes(from)), TEN.plus(Duration.ofMinutes(to)));
        elasticsearch.store(
                List.of(Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, ELEVEN)), List.of(gap));

        Answer answer = ledger.whoHeld(ADDRESS, 34 << 10, TEN.plus(Duration.ofMinutes(asked)), Duration.ZERO);

        assertThat(answer.complete()).isEqualTo(complete);
        assertThat(answer.gaps()).isEqualTo(complete ? List.of() : List.of(gap));
    }

    @ParameterizedTest(name = "protocol {0}, far end {1}:{2}: {3} {4}")
    @CsvSource({
        "0, , 0, AMBIGUOUS, 1 2 3",
        "6, , 0, AMBIGUOUS, 1 2",
        "17, , 0, HELD, 3",
        "1, , 0, NOT_HELD, ''",
        "6, 198.51.100.1, 0, AMBIGUOUS, 1 2",
        "6, 198.51.100.1, 443, HELD, 1",
        "6, 198.51.100.1, 80, HELD, 2",
        "6, 198.51.100.9, 443, NOT_HELD, ''",
        "17, 198.51.100.9, 53, HELD, 3",
    })
    void onePortHasSeveralHoldersWhereANatTellsProtocolsAndFarEndsApart(
            int protocol, @Nullable String farEnd, int farPort, Verdict verdict, String holders) throws IOException {
        Ipv4Address far = Ipv4Address.parse("198.51.100.1");
        elasticsearch.store(
                List.of(
                        Samples.mapped(ADDRESS, 40123, new NatMapping(6, 5001, far, 443), household(1), TEN, ELEVEN),
                        Samples.mapped(ADDRESS, 40123, new NatMapping(6, 5002, far, 80), household(2), TEN, null),
                        Samples.mapped(ADDRESS, 40123, new NatMapping(17, 5003, null, 0), household(3), TEN, null),
                        Samples.mapped(ADDRESS, 40124, new NatMapping(6, 5004, null, 0), household(4), TEN, null)),
                List.of());

        Answer answer = ledger.whoHeld(new Question(
                ADDRESS,
                40123,
                TEN.plusSeconds(60),
                Duration.ZERO,
                protocol,
                farEnd == null ? null : Ipv4Address.parse(farEnd),
                farPort));

        assertThat(answer.verdict()).isEqualTo(verdict);
        assertThat(answer.holders())
                .extracting(BindingInterval::holder)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(holders.split(" "))
                        .filter(text -> !text.isEmpty())
                        .map(text -> household(Integer.parseInt(text)))
                        .toList());
    }

    @Test
    void aSessionOfWhoHasTheBlockDoesNotMakeTheAnswerAmbiguous() throws IOException {
        BindingInterval block = Samples.logged(ADDRESS, set("0/6/34"), household(1), TEN, null);
        BindingInterval session = Samples.mapped(
                ADDRESS,
                34 << 10,
                new NatMapping(6, 5001, Ipv4Address.parse("198.51.100.1"), 443),
                new BindingInterval.Holder(household(1).b4(), Ipv4Address.parse("192.168.1.10"), null, 3),
                TEN.plusSeconds(1),
                TEN.plusSeconds(2));
        elasticsearch.store(List.of(block, session), List.of());

        Answer answer = ledger.whoHeld(ADDRESS, 34 << 10, TEN.plusSeconds(1), Duration.ofMillis(500));

        assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
        assertThat(answer.holders()).containsExactly(block, session);
    }

    @ParameterizedTest(name = "{0}: complete {1}")
    @CsvSource({
        "a binding, 0, true",
        "a mapping of the protocol, 6, true",
        "a mapping of another protocol, 17, false",
        "a mapping while no protocol is asked about, 0, false",
        "a session, 6, false"
    })
    void onlyABoundaryThatTellsOfEverybodyMakesEarlierLossesHarmless(String of, int protocol, boolean complete)
            throws IOException {
        NatMapping mapping = of.startsWith("a mapping")
                ? new NatMapping(6, 0, null, 0)
                : new NatMapping(6, 0, Ipv4Address.parse("198.51.100.1"), 443);
        elasticsearch.store(
                List.of(
                        of.equals("a binding")
                                ? Samples.logged(ADDRESS, set("0/6/34"), household(1), TEN, ELEVEN)
                                : Samples.mapped(ADDRESS, 34 << 10, mapping, household(1), TEN, ELEVEN)),
                List.of(gap("192.0.2.1", TEN.minusSeconds(300), TEN.minusSeconds(299))));

        Answer answer = ledger.whoHeld(
                new Question(ADDRESS, 34 << 10, ELEVEN.plusSeconds(1), Duration.ZERO, protocol, null, 0));

        assertThat(answer.verdict()).isEqualTo(Verdict.NOT_HELD);
        assertThat(answer.complete()).isEqualTo(complete);
    }

    @Test
    void anInferredBoundaryDoesNotProveThatNothingWasLost() throws IOException {
        BindingInterval inferred = new BindingInterval(
                ADDRESS,
                set("0/6/34"),
                null,
                Samples.household(1),
                null,
                TEN.minusSeconds(600),
                Boundary.LOGGED,
                TEN,
                Boundary.INFERRED,
                Samples.evidence("192.0.2.1", TEN),
                Samples.evidence("192.0.2.1", TEN));
        elasticsearch.store(List.of(inferred), List.of(gap("192.0.2.1", TEN.minusSeconds(300), TEN.minusSeconds(299))));

        assertThat(ledger.whoHeld(ADDRESS, 34 << 10, ELEVEN, Duration.ZERO).complete())
                .isFalse();
    }

    @Test
    void lossesOfAnExporterCountThoughAnothersRecordsAreTheEvidence() throws IOException {
        // Of a hot-standby pair both tell everything, and one document keeps one of the two. When the one kept dies,
        // what the other loses is all that is lost.
        Gap others = gap("198.51.100.99", TEN, ELEVEN);
        elasticsearch.store(
                List.of(Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, null)), List.of(others));

        for (Ipv4Address address : List.of(ADDRESS, NEIGHBOUR)) {
            Answer answer = ledger.whoHeld(address, 34 << 10, ELEVEN, Duration.ZERO);
            assertThat(answer.complete()).isFalse();
            assertThat(answer.gaps()).containsExactly(others);
        }
    }

    @Test
    void whatTheCollectorsHaveNotStoredYetIsMissing() throws IOException {
        elasticsearch.store(
                List.of(Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, null)), List.of());
        elasticsearch.store(mark("c1", 0, 1, ELEVEN));

        assertThat(ledger.whoHeld(ADDRESS, 34 << 10, ELEVEN, Duration.ZERO).complete())
                .isTrue();
        Answer later = ledger.whoHeld(ADDRESS, 34 << 10, ELEVEN, Duration.ofSeconds(1));
        assertThat(later.verdict()).isEqualTo(Verdict.HELD);
        assertThat(later.complete()).isFalse();
        assertThat(later.gaps())
                .containsExactly(new Gap("*", 0, "NOT_YET_COLLECTED", ELEVEN.plusMillis(1), ELEVEN.plusSeconds(1), 0));
        assertThat(ledger.freshness().collectedUntil()).isEqualTo(ELEVEN);
    }

    @Test
    void theCollectorAndThePartitionThatAreFurthestBehindCount() throws IOException {
        elasticsearch.store(mark("c2", 0, 2, NOW));
        assertThat(ledger.freshness().collectedUntil())
                .as("of the other partition nothing is known")
                .isEqualTo(Instant.EPOCH);
        assertThat(ledger.whoHeld(ADDRESS, 80, TEN, Duration.ZERO).gaps())
                .containsExactly(new Gap("*", 0, "NOT_YET_COLLECTED", Instant.EPOCH, TEN, 0));

        elasticsearch.store(mark("c2", 1, 2, ELEVEN));
        assertThat(ledger.freshness().collectedUntil()).isEqualTo(ELEVEN);
        elasticsearch.store(mark("c2", 1, 2, NOW));
        assertThat(ledger.freshness().collectedUntil()).isEqualTo(NOW);
    }

    @Test
    void aWindowThatReachesIntoTheFutureIsNotComplete() {
        assertThat(ledger.whoHeld(ADDRESS, 80, NOW, Duration.ZERO).complete()).isTrue();
        assertThat(ledger.whoHeld(ADDRESS, 80, NOW, Duration.ofMillis(1)).complete())
                .isFalse();
    }

    @Test
    void aLedgerOfWhichNoCollectorTellsIsNotComplete() throws IOException {
        elasticsearch.wipe();

        assertThat(ledger.whoHeld(ADDRESS, 80, TEN, Duration.ZERO).complete()).isFalse();
    }

    @Test
    void whatASilentExporterMayHaveToTellIsMissing() throws IOException {
        elasticsearch.store(new Mark(
                "c1", "nat-events-v1", 0, 1, NOW, List.of(new Mark.Silence("192.0.2.1", 7, TEN.plusSeconds(600)))));

        assertThat(ledger.whoHeld(ADDRESS, 80, TEN, Duration.ZERO).complete()).isTrue();
        assertThat(ledger.whoHeld(ADDRESS, 80, ELEVEN, Duration.ZERO).gaps())
                .containsExactly(new Gap("192.0.2.1", 7, "SILENT", TEN.plusSeconds(600), ELEVEN, 0));
    }

    @Test
    void manyGapsAreAllRead() throws IOException {
        List<Gap> gaps = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            Instant from = TEN.plusMillis(i);
            gaps.add(gap("192.0.2.1", from, from.plusMillis(1)));
        }
        Gap early = gap("192.0.2.1", TEN.minusSeconds(5), TEN.minusSeconds(4));
        gaps.add(early);
        elasticsearch.store(List.of(), gaps);

        Answer answer = ledger.whoHeld(ADDRESS, 34 << 10, ELEVEN, Duration.ZERO);

        assertThat(answer.gaps()).hasSize(2_501).startsWith(early);
        assertThat(ledger.freshness().gaps()).isEqualTo(2_501);
    }

    @Test
    void aWindowWithTooManyIntervalsIsRefusedRatherThanCut() throws IOException {
        List<BindingInterval> many = IntStream.range(0, 1_001)
                .mapToObj(i -> Samples.logged(
                        ADDRESS, set("0/6/34"), Samples.household(i), TEN.plusMillis(i), TEN.plusMillis(i + 1)))
                .toList();
        elasticsearch.store(many, List.of());

        assertThatThrownBy(() -> ledger.whoHeld(ADDRESS, 34 << 10, TEN, Duration.ofHours(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("More than 1000 intervals meet the window")
                .hasMessageContaining("smaller tolerance");
        assertThat(ledger.whoHeld(ADDRESS, 34 << 10, TEN, Duration.ofMillis(999))
                        .holders())
                .hasSize(1_000);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"0/6, HELD", "0/6 4/6, HELD", "4/6, NOT_HELD", "blocks, NOT_HELD"})
    void onlyTheDivisionsOfAnAddressAreAskedForWhereTheyAreKnown(String divisions, Verdict verdict) throws IOException {
        elasticsearch.store(List.of(Samples.logged(ADDRESS, set("0/6/34"), household(1), TEN, ELEVEN)), List.of());
        elasticsearch.store(
                ADDRESS, new Divisions(new TreeSet<>(Arrays.asList(divisions.split(" "))), new TreeSet<>()));

        Question question = new Question(ADDRESS, 34 << 10, TEN, Duration.ZERO);

        assertThat(ledger.whoHeld(question).verdict()).isEqualTo(verdict);
        assertThat(ledger.whoHeld(List.of(question)))
                .extracting(Answer::verdict)
                .containsExactly(verdict);
    }

    @Test
    void whileIndicesAreBeingMadeEveryQuestionHasAnAnswer() throws Exception {
        AtomicBoolean isDone = new AtomicBoolean();
        CompletableFuture<Integer> asking = CompletableFuture.supplyAsync(() -> {
            int answers = 0;
            while (!isDone.get()) {
                ledger.whoHeld(ADDRESS, 34 << 10, TEN, Duration.ZERO);
                ledger.whoHeld(List.of(new Question(ADDRESS, 34 << 10, TEN, Duration.ZERO)));
                answers++;
            }
            return answers;
        });
        for (int month = 1; month <= 12; month++) {
            Instant start = Instant.parse("2025-%02d-10T00:00:00Z".formatted(month));
            elasticsearch.store(List.of(Samples.logged(ADDRESS, set("0/6/34"), household(1), start, start)), List.of());
        }
        isDone.set(true);

        assertThat(asking.join()).isPositive();
    }

    @Test
    void manyQuestionsHaveTheAnswersThatEachHasAlone() throws IOException {
        List<BindingInterval> intervals = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            intervals.add(Samples.logged(
                    ADDRESS.plus(i % 3),
                    new PortSet(0, 6, i / 3),
                    household(i),
                    TEN.plusSeconds(i),
                    i % 4 == 0 ? null : TEN.plusSeconds(i + 600L)));
        }
        elasticsearch.store(
                intervals,
                List.of(
                        gap("192.0.2.1", TEN.plusSeconds(30), TEN.plusSeconds(40)),
                        gap("192.0.2.1", TEN.plusSeconds(900), TEN.plusSeconds(901))));
        List<Question> questions = IntStream.range(0, 333)
                .mapToObj(i -> new Question(
                        ADDRESS.plus(i % 4),
                        i * 197 & 0xffff,
                        TEN.plusSeconds(i * 7L),
                        Duration.ofSeconds(i % 5 == 0 ? 60 : 0)))
                .toList();

        List<Answer> answers = ledger.whoHeld(questions);

        assertThat(answers).isEqualTo(questions.stream().map(ledger::whoHeld).toList());
        assertThat(answers).extracting(Answer::verdict).contains(Verdict.HELD, Verdict.NOT_HELD, Verdict.AMBIGUOUS);
        assertThat(answers).extracting(Answer::complete).contains(true, false);
        assertThat(ledger.whoHeld(List.of())).isEmpty();
        assertThatThrownBy(() -> ledger.whoHeld(
                        List.of(questions.getFirst(), new Question(ADDRESS, 1, NOW.plusMillis(1), Duration.ZERO))))
                .hasMessageContaining("lies in the future");
    }

    @Test
    void aQuestionAboutTheFutureIsRefused() {
        assertThatThrownBy(() -> ledger.whoHeld(ADDRESS, 80, NOW.plusMillis(1), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2026-11-23T12:00:00.001Z, lies in the future");
        assertThat(ledger.whoHeld(ADDRESS, 80, NOW, Duration.ofSeconds(1)).verdict())
                .isEqualTo(Verdict.NOT_HELD);
    }

    @Test
    void freshnessIsTheNewestBoundary() throws IOException {
        elasticsearch.store(
                List.of(
                        Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, ELEVEN),
                        Samples.logged(ADDRESS, set("0/6/35"), Samples.household(2), TEN.plusSeconds(1), null)),
                List.of());

        assertThat(ledger.freshness()).isEqualTo(new Freshness(NOW, ELEVEN, 2, 0));
    }

    @Test
    void anUnreachableStoreIsNamed() {
        try (Ledger nowhere = Ledger.connect(URI.create("http://user:secret@127.0.0.1:1"))) {
            assertThatThrownBy(() -> nowhere.whoHeld(ADDRESS, 80, TEN, Duration.ZERO))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageStartingWith("Elasticsearch at http://127.0.0.1:1 does not answer")
                    .hasMessageNotContaining("secret");
        }
    }

    @ParameterizedTest
    @CsvSource({"localhost:9200", "ftp://localhost", "http:///path"})
    void anAddressThatIsNoneIsRefused(URI address) {
        assertThatThrownBy(() -> Ledger.connect(address))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a form such as http://127.0.0.1:9200");
    }

    @Test
    void theIndicesAreSortedAndCompressed() throws IOException {
        elasticsearch.store(
                List.of(Samples.logged(ADDRESS, set("0/6/34"), Samples.household(1), TEN, null)), List.of());

        try (ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch.uri())) {
            var settings = connection
                    .client()
                    .indices()
                    .getSettings(get -> get.index("bindings-v1-2026.11").flatSettings(true))
                    .get("bindings-v1-2026.11");
            assertThat(String.valueOf(settings)).contains("best_compression", "slot", "desc");
            assertThat(connection
                            .client()
                            .indices()
                            .getAlias(get -> get.name("bindings"))
                            .aliases())
                    .containsOnlyKeys("bindings-v1-2026.11");
        }
    }

    private static PortSet set(String key) {
        return PortSet.parse(key);
    }

    private static Mark mark(String collector, int partition, int partitions, Instant until) {
        return new Mark(collector, "nat-events-v1", partition, partitions, until, List.of());
    }

    private static Gap gap(String exporter, Instant from, Instant to) {
        return new Gap(exporter, 7, "SEQUENCE", from, to, 3);
    }
}
