package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.Finding;
import io.portledger.ledger.Ledger;
import io.portledger.ledger.Question;
import io.portledger.ledger.Statistics;
import io.portledger.ledger.Usage;
import io.portledger.ledger.Verdict;
import io.portledger.lwb4.fleet.Tenure;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import io.portledger.softwire.Ipv4Address;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * From an lwB4's PCP request to the answer of the ledger, through real Kafka, Flink, Elasticsearch, collector and web
 * application, against what the lwB4s themselves know. Each answer is compared whole: verdict, holders and their
 * intervals to the millisecond. A wrong one accuses an innocent household.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WholeChainTest {

    private static final int LOOKUPS = 10_000;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @TempDir
    static Path directory;

    private final JsonMapper json = new JsonMapper();
    private final HttpClient http = HttpClient.newHttpClient();
    private PortPlan ports = PortPlan.defaults();
    private Standalone standalone;
    private Census census;
    private Ledger ledger;
    private Map<Ipv4Address, List<Tenure>> truth = Map.of();

    @BeforeAll
    void theChainRunsAndSubscribersComeAndGo() throws Exception {
        ports = PortPlan.free();
        standalone = start();
        ledger = Ledger.connect(standalone.elasticsearch());
        census = new Census(directory, standalone.ipfix(), standalone.syslog(), Census.beginning());
        census.live(150);
        awaitTheLedger();
        try (HoldersClient client = new HoldersClient(standalone.web(), standalone.operatorToken())) {
            client.openOwnCase("whole-chain-test");
        }
    }

    @AfterAll
    void everythingIsStopped() {
        if (ledger != null) {
            ledger.close();
        }
        if (census != null) {
            census.close();
        }
        if (standalone != null) {
            standalone.close();
        }
    }

    @Test
    @Order(1)
    void tenThousandRandomLookupsAgreeWithWhatTheSubscribersKnow() {
        assertThat(census.dropped()).as("records that exporters dropped").isZero();
        assertThat(census.tenures()).as("holdings to ask about").hasSizeGreaterThan(2_000);
        List<String> wrong = ask(LOOKUPS, 1);
        assertThat(wrong).as("wrong answers of " + LOOKUPS).isEmpty();
    }

    @Test
    @Order(2)
    void restAndCommandLineGiveTheLedgersAnswer() throws Exception {
        Random random = new Random(2);
        for (int i = 0; i < 100; i++) {
            Question question = question(random);
            JsonNode answer = askRest(question);
            assertThat(wrongness(question, expected(question), answer)).isNull();
        }
        Question question = questionInsideATenure(random);
        JsonNode answer = askCommandLine(question);
        assertThat(wrongness(question, expected(question), answer)).isNull();
        assertThat(answer.path("evidence").isEmpty()).isFalse();
        assertThat(answer.path("complete").booleanValue()).isTrue();
    }

    @Test
    @Order(3)
    void killingTheStoresAndTheJobsWhileRecordsComeLosesNothing() {
        for (String program : List.of("kafka", "flink", "elasticsearch", "web")) {
            census.live(4);
            ProcessHandle process = standalone.process(program).orElseThrow();
            assertThat(process.destroyForcibly()).isTrue();
            census.live(4);
            await(program + " runs again")
                    .atMost(PATIENCE)
                    .until(() -> standalone
                            .process(program)
                            .filter(again -> again.pid() != process.pid() && again.isAlive())
                            .isPresent());
        }
        awaitTheLedger();
        assertThat(ask(2_000, 3))
                .as("wrong answers after each part was killed once")
                .isEmpty();
    }

    @Test
    @Order(4)
    void killingEverythingAtOnceAndStartingAgainLosesNothing() throws Exception {
        census.live(4);
        awaitTheLedger();
        for (String program : List.of("collector", "flink", "kafka", "elasticsearch", "web")) {
            standalone.process(program).ifPresent(ProcessHandle::destroyForcibly);
        }
        ledger.close();
        standalone.close();
        standalone = start();
        ledger = Ledger.connect(standalone.elasticsearch());
        assertThat(ask(2_000, 4))
                .as("wrong answers after everything was killed")
                .isEmpty();
        census.live(10);
        awaitTheLedger();
        assertThat(ask(2_000, 5)).as("wrong answers about what came afterwards").isEmpty();
    }

    @Test
    @Order(5)
    void aBindingThatCameByAnyWayIsAnsweredWithItsHolderAndHisName() throws Exception {
        try (EveryWay ways = new EveryWay(directory.resolve("ways"), standalone.ipfix(), standalone.kafka())) {
            for (EveryWay.Held held : ways.held()) {
                await(held.way()).atMost(PATIENCE).untilAsserted(() -> {
                    Answer answer =
                            ledger.whoHeld(new Question(held.ipv4(), held.port(), Instant.now(), Duration.ZERO));
                    assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
                    assertThat(answer.holders()).singleElement().satisfies(interval -> {
                        assertThat(interval.holder().b4()).isEqualTo(held.b4());
                        assertThat(interval.holder().subscriber()).isEqualTo(held.subscriber());
                    });
                });
            }
        }
    }

    @Test
    @Order(6)
    void whatHomesSentAndReceivedIsInTheirAccountsToTheOctet() throws Exception {
        Instant began = Instant.now();
        Statistics.Stretch today =
                new Statistics.Stretch(began.minus(Duration.ofHours(2)), began.plus(Duration.ofDays(1)));
        try (ForwardingHomes homes = new ForwardingHomes(directory.resolve("homes"), standalone.ipfix());
                Statistics statistics = Statistics.connect(standalone.elasticsearch())) {
            Map<ForwardingHomes.Home, Usage.Traffic> carried = new HashMap<>();
            Map<ForwardingHomes.Home, Integer> portsUsed = new HashMap<>();
            // The last of them is silent. Twice, as a report may begin within a round, which then counts fewer ports.
            for (int round = 0; round < 2; round++) {
                for (int i = 0; i < homes.homes().size() - 1; i++) {
                    ForwardingHomes.Home home = homes.homes().get(i);
                    int ports = 3 + 2 * i;
                    int up = 60 + i + round;
                    int down = 900 + 7 * i + round;
                    homes.exchange(home, ports, up, down);
                    carried.merge(
                            home,
                            new Usage.Traffic(ports, (long) ports * up, ports, (long) ports * down),
                            Usage.Traffic::plus);
                    portsUsed.put(home, ports);
                }
            }
            homes.end();

            for (Map.Entry<ForwardingHomes.Home, Usage.Traffic> home : carried.entrySet()) {
                await("the account of " + home.getKey()).atMost(PATIENCE).untilAsserted(() -> {
                    List<Usage.OfBinding> hours = statistics.ofBindings(
                            Usage.Span.HOUR, today, home.getKey().b4().toString());
                    assertThat(hours.stream()
                                    .map(Usage.OfBinding::traffic)
                                    .reduce(Usage.Traffic.NONE, Usage.Traffic::plus))
                            .isEqualTo(home.getValue());
                    assertThat(hours).allSatisfy(hour -> {
                        assertThat(hour.ipv4()).isEqualTo(home.getKey().ipv4());
                        assertThat(hour.ports()).isEqualTo(home.getKey().ports());
                        assertThat(hour.serviceClass()).isEqualTo(home.getKey().serviceClass());
                    });
                    assertThat(hours.stream().map(Usage.OfBinding::portsInUse).reduce(0, Math::max))
                            .isEqualTo(portsUsed.get(home.getKey()));
                });
            }
            for (String serviceClass : List.of("bronze", "silver")) {
                Usage.Traffic all = carried.entrySet().stream()
                        .filter(home -> home.getKey().serviceClass().equals(serviceClass))
                        .map(Map.Entry::getValue)
                        .reduce(Usage.Traffic.NONE, Usage.Traffic::plus);
                await("the account of class " + serviceClass)
                        .atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(statistics.ofClasses(Usage.Span.HOUR, today).stream()
                                        .filter(hour -> serviceClass.equals(hour.serviceClass()))
                                        .map(Usage.OfClass::traffic)
                                        .reduce(Usage.Traffic.NONE, Usage.Traffic::plus))
                                .isEqualTo(all));
            }
            // Eight of fifteen port sets were held, and none when the lwAFTR had ended.
            await("the level of the class that is half used")
                    .atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(statistics.findings(today, 1_000))
                                    .filteredOn(finding -> finding.kind() == Finding.Kind.THRESHOLD_REACHED
                                            && !finding.at().isBefore(began.truncatedTo(ChronoUnit.MILLIS)))
                                    .extracting(Finding::summary)
                                    .containsExactly(
                                            "A threshold was passed: addresses in use of the pool are few of pool bronze, limit 1",
                                            "A threshold was passed: addresses in use of the pool are many of pool bronze, limit 1"));
            await("who came and went").atMost(PATIENCE).untilAsserted(() -> {
                List<Usage.Activity> hours = statistics.activity(Usage.Activity.Of.NETWORK, today).stream()
                        .filter(hour -> hour.name().equals(ForwardingHomes.NETWORK))
                        .toList();
                int all = homes.homes().size();
                assertThat(hours.stream().mapToLong(Usage.Activity::allocated).sum())
                        .isEqualTo(all);
                assertThat(hours.stream().mapToLong(Usage.Activity::released).sum())
                        .isEqualTo(all);
            });

            ForwardingHomes.Home busiest = homes.homes().get(homes.homes().size() - 2);
            Usage.Traffic its = Objects.requireNonNull(carried.get(busiest));
            assertThat(columns(
                            table("usage/accounts?holder=" + busiest.b4() + "&span=hour&case=whole-chain-test"),
                            "packets_up",
                            "octets_up",
                            "packets_down",
                            "octets_down"))
                    .containsExactly(its.packetsUp(), its.octetsUp(), its.packetsDown(), its.octetsDown());
            ForwardingHomes.Home silent = homes.homes().getLast();
            assertThat(table("usage/accounts?holder=" + silent.b4() + "&span=hour&case=whole-chain-test")
                            .lines())
                    .as("whoever carried nothing has no account")
                    .hasSize(1);
        }
    }

    /** The sums of some columns of a table in CSV. */
    private static List<Long> columns(String csv, String... names) {
        List<List<String>> rows =
                csv.lines().map(line -> List.of(line.split(",", -1))).toList();
        return Arrays.stream(names)
                .map(name -> rows.stream()
                        .skip(1)
                        .mapToLong(row -> Long.parseLong(row.get(rows.getFirst().indexOf(name))))
                        .sum())
                .toList();
    }

    private String table(String question) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(standalone.web().resolve("/api/v1/" + question))
                        .header("Authorization", "Bearer " + standalone.operatorToken())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    /** The last: what an import cannot know of the time around its files makes answers about others incomplete. */
    @Test
    @Order(9)
    void whatACaptureHoldsIsAnsweredFromTheLedgerWithTheFileAsEvidence() throws Exception {
        Instant allocated = Instant.parse("2023-11-14T22:13:20.123Z");
        String line = "<134>1 %s nat NAT - PT%s [nprng SATYP=\"IPv4\" ISADDR=\"100.64.0.1\" XATYP=\"IPv4\""
                + " XSADDR=\"192.0.2.77\" PORTMN=\"1024\" PORTMX=\"2047\"]";
        Path capture = directory.resolve("nat.pcap");
        try (CaptureWriter writer = CaptureWriter.create(capture, LinkType.RAW)) {
            writer.write(allocated.plusMillis(5), syslogDatagram(line.formatted(allocated, "ADD")));
            writer.write(allocated.plusSeconds(600), syslogDatagram(line.formatted(allocated.plusSeconds(599), "DEL")));
        }
        JsonNode summary = importFile(capture);
        assertThat(summary.path("loaded").booleanValue()).isTrue();
        assertThat(summary.path("total").path("events").path("bindings").intValue())
                .isEqualTo(2);
        Question question =
                new Question(Ipv4Address.parse("192.0.2.77"), 1500, allocated.plusSeconds(300), Duration.ofSeconds(1));
        // While the index of a month is being made, the store refuses to answer in part.
        await("the imported binding is answered")
                .atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> {
                    Answer answer = ledger.whoHeld(question);
                    assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
                    assertThat(answer.holders()).singleElement().satisfies(interval -> {
                        assertThat(interval.start()).isEqualTo(allocated);
                        assertThat(interval.end()).isEqualTo(allocated.plusSeconds(599));
                        assertThat(String.valueOf(interval.startEvidence())).contains("nat.pcap");
                    });
                });
    }

    private static byte[] syslogDatagram(String message) {
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(28 + text.length)
                .putShort((short) 0x4500)
                .putShort((short) (28 + text.length))
                .putInt(0)
                .putInt(0x40110000)
                .putInt(0xc0000201)
                .putInt(0xc0000202)
                .putShort((short) 40_000)
                .putShort((short) 514)
                .putShort((short) (8 + text.length))
                .putShort((short) 0)
                .put(text)
                .array();
    }

    private JsonNode importFile(Path file) throws IOException, InterruptedException {
        return json.readTree(commandLine("import", file.toString())
                .lines()
                .reduce((_, last) -> last)
                .orElseThrow());
    }

    private Standalone start() throws Exception {
        return Standalone.start(directory.resolve("data"), StandaloneSettings.of(ports), line -> {});
    }

    /** What the truth says must be answered. */
    private record Expected(Verdict verdict, List<Tenure> tenures) {}

    private Expected expected(Question question) {
        List<Tenure> meeting = truth.getOrDefault(original(question.ipv4()), List.of()).stream()
                .filter(tenure -> tenure.ports().contains(question.port()))
                .filter(tenure -> !tenure.startNotBefore().isAfter(question.to())
                        && knownEnd(tenure).isAfter(question.from()))
                .sorted((one, other) -> one.startNotBefore().compareTo(other.startNotBefore()))
                .toList();
        if (meeting.isEmpty()) {
            return new Expected(Verdict.NOT_HELD, meeting);
        }
        boolean one = meeting.stream().map(Tenure::b4).distinct().count() == 1;
        Instant covered = question.from();
        boolean whole = true;
        for (Tenure tenure : meeting) {
            whole &= !tenure.startNotBefore().isAfter(covered);
            covered = knownEnd(tenure);
        }
        whole &= covered.isAfter(question.to());
        return new Expected(one && whole ? Verdict.HELD : Verdict.AMBIGUOUS, meeting);
    }

    /** An end that lies ahead has not happened: the ledger cannot know it, even if a question's tolerance reaches it. */
    private Instant knownEnd(Tenure tenure) {
        return tenure.endNotAfter().isAfter(census.now()) ? Instant.MAX : tenure.endNotAfter();
    }

    private List<String> ask(int lookups, int seed) {
        truth = byAddress(census.tenures());
        List<String> wrong = new ArrayList<>();
        Random random = new Random(seed);
        List<Question> questions =
                IntStream.range(0, lookups).mapToObj(i -> question(random)).toList();
        AtomicInteger held = new AtomicInteger();
        questions.parallelStream().forEach(question -> {
            Expected expected = expected(question);
            Answer answer = ledger.whoHeld(question);
            String difference = wrongness(expected, answer);
            if (difference != null) {
                synchronized (wrong) {
                    wrong.add(question + ": " + difference);
                }
            }
            if (answer.verdict() == Verdict.HELD) {
                held.incrementAndGet();
            }
        });
        // Questions that nobody could get wrong would prove nothing.
        assertThat(held.get()).as("questions answered HELD").isBetween(lookups / 5, lookups * 4 / 5);
        return wrong;
    }

    private @Nullable String wrongness(Expected expected, Answer answer) {
        if (answer.verdict() != expected.verdict()) {
            return "answered " + answer + ", but true is " + expected;
        }
        if (!answer.complete()) {
            return "called incomplete though nothing was lost: " + answer.gaps();
        }
        if (answer.holders().size() != expected.tenures().size()) {
            return "named " + answer.holders() + ", but true is " + expected;
        }
        for (int i = 0; i < answer.holders().size(); i++) {
            BindingInterval interval = answer.holders().get(i);
            Tenure tenure = expected.tenures().get(i);
            Instant end = tenure.endNotAfter().isAfter(census.now()) ? null : tenure.endNotAfter();
            if (!tenure.b4().equals(interval.holder().b4())
                    || !tenure.ports().key().equals(interval.ports().key())
                    || !tenure.startNotBefore().equals(interval.start())
                    || !Objects.equals(end, interval.end())
                    || interval.startEvidence() == null) {
                return "named " + interval + ", but true is " + tenure;
            }
        }
        return null;
    }

    private @Nullable String wrongness(Question question, Expected expected, JsonNode answer) {
        List<String> named = new ArrayList<>();
        answer.path("holders")
                .forEach(holder -> named.add(holder.path("b4").asString() + " from "
                        + Instant.parse(holder.path("start").asString())));
        List<String> true_ = expected.tenures().stream()
                .map(tenure -> tenure.b4() + " from " + tenure.startNotBefore())
                .toList();
        return answer.path("verdict").asString().equals(expected.verdict().name()) && named.equals(true_)
                ? null
                : question + ": answered " + answer + ", but true is " + expected;
    }

    /** Half of the questions lie at the edges of holdings, where off-by-one errors live. */
    private Question question(Random random) {
        if (random.nextInt(4) > 0) {
            return questionInsideATenure(random);
        }
        Tenure tenure = anyTenure(random);
        Duration history = Duration.between(Census.beginning(), census.now());
        Instant at = census.now().minusMillis(random.nextLong(history.toMillis()));
        return new Question(moved(tenure.ipv4(), random), random.nextInt(65536), at, tolerance(random));
    }

    private Question questionInsideATenure(Random random) {
        Tenure tenure = anyTenure(random);
        int port = random.nextInt(8) == 0
                ? random.nextInt(65536)
                : tenure.ports().portAt(random.nextInt(tenure.ports().portCount()));
        Instant end = tenure.endNotAfter().isAfter(census.now()) ? census.now() : tenure.endNotAfter();
        Instant at = switch (random.nextInt(7)) {
            case 0 -> tenure.startNotBefore().minusMillis(1);
            case 1 -> tenure.startNotBefore();
            case 2 -> end.minusMillis(1);
            case 3 -> end;
            default ->
                tenure.startNotBefore()
                        .plusMillis(random.nextLong(Math.max(
                                1,
                                Duration.between(tenure.startNotBefore(), end).toMillis())));
        };
        return new Question(moved(tenure.ipv4(), random), port, at, tolerance(random));
    }

    private static Duration tolerance(Random random) {
        return random.nextInt(3) > 0 ? Duration.ZERO : Duration.ofMillis(random.nextInt(120_000));
    }

    private Tenure anyTenure(Random random) {
        List<List<Tenure>> all = List.copyOf(truth.values());
        List<Tenure> some = all.get(random.nextInt(all.size()));
        return some.get(random.nextInt(some.size()));
    }

    /** Any of the three ways in which the same binding was told. */
    private static Ipv4Address moved(Ipv4Address ipv4, Random random) {
        return ipv4.plus(
                switch (random.nextInt(3)) {
                    case 0 -> 0;
                    case 1 -> Census.ONLY_IPFIX;
                    default -> Census.ONLY_SYSLOG;
                });
    }

    private static Ipv4Address original(Ipv4Address ipv4) {
        return new Ipv4Address(ipv4.bits() & ~(Census.ONLY_IPFIX | Census.ONLY_SYSLOG));
    }

    private static Map<Ipv4Address, List<Tenure>> byAddress(List<Tenure> tenures) {
        Map<Ipv4Address, List<Tenure>> map = new HashMap<>();
        tenures.forEach(tenure ->
                map.computeIfAbsent(tenure.ipv4(), ipv4 -> new ArrayList<>()).add(tenure));
        return map;
    }

    /** Waits until the newest holdings of all three ways have arrived; what was sent before them has too. */
    private void awaitTheLedger() {
        List<Tenure> tenures = census.tenures();
        truth = byAddress(tenures);
        await("the ledger knows all " + tenures.size() + " holdings three times")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions()
                .untilAsserted(() -> {
                    assertThat(ledger.freshness().intervals()).isGreaterThanOrEqualTo(3L * tenures.size());
                    for (Tenure tenure : tenures.subList(Math.max(0, tenures.size() - 100), tenures.size())) {
                        for (int by : new int[] {0, Census.ONLY_IPFIX, Census.ONLY_SYSLOG}) {
                            Question question = new Question(
                                    tenure.ipv4().plus(by), tenure.ports().firstPort(), census.now(), Duration.ZERO);
                            assertThat(wrongness(expected(question), ledger.whoHeld(question)))
                                    .isNull();
                        }
                    }
                });
    }

    private JsonNode askRest(Question question) throws IOException, InterruptedException {
        URI uri = standalone
                .web()
                .resolve("/api/v1/holders?ip=" + question.ipv4() + "&port=" + question.port() + "&time=" + question.at()
                        + "&tolerance=" + question.tolerance() + "&case=whole-chain-test");
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(uri)
                        .header("Authorization", "Bearer " + standalone.operatorToken())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return json.readTree(response.body());
    }

    private JsonNode askCommandLine(Question question) throws IOException, InterruptedException {
        return json.readTree(commandLine(
                "who",
                question.ipv4() + ":" + question.port(),
                question.at().toString(),
                "--tolerance",
                question.tolerance().toString(),
                "--json"));
    }

    private String commandLine(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Portledger.class.getName()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--data", standalone.dataDirectory().toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }
}
