package io.portledger.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import co.elastic.clients.elasticsearch.core.search.Hit;
import com.google.protobuf.ByteString;
import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.ElasticsearchConnection;
import io.portledger.ledger.ElasticsearchNode;
import io.portledger.ledger.Gap;
import io.portledger.ledger.Ledger;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Question;
import io.portledger.ledger.Statistics;
import io.portledger.ledger.Usage;
import io.portledger.ledger.Verdict;
import io.portledger.records.BindingFact;
import io.portledger.records.NatMapping;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jobs between a real Kafka broker and a real Elasticsearch node, on a real Flink cluster. */
class JobsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final long BEGIN = Instant.parse("2026-11-01T00:00:00Z").toEpochMilli();

    private final ElasticsearchNode elasticsearch = ElasticsearchNode.shared();

    @TempDir
    Path directory;

    private KafkaBroker kafka;

    @BeforeEach
    void start() throws Exception {
        elasticsearch.wipe();
        kafka = KafkaBroker.start(directory);
    }

    @AfterEach
    void stop() {
        kafka.close();
    }

    @Test
    void whoeverHeldAPortIsFoundWhicheverWayTheRecordsCame() throws Exception {
        Random random = new Random(1);
        List<Ipv4Address> addresses = addresses(4);
        List<Truth> truth = histories(random, addresses);
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(truth)) {
            // The first address is told of by IPFIX only, the second by syslog only, the others by both.
            int way = addresses.indexOf(fact.ipv4());
            if (way != 1) {
                arriving.add(Events.byIpfix(fact));
            }
            if (way != 0) {
                arriving.add(Events.bySyslog(fact));
            }
        }
        shuffleWithinSeconds(arriving, random);
        kafka.sendTogether(arriving);
        kafka.flush();

        Job job = run(Duration.ofDays(7));
        awaitDocuments(expected(arriving, Duration.ofDays(7)));
        awaitMark();
        job.cancel();

        assertThat(kafka.refused()).isEmpty();
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            for (int i = 0; i < 500; i++) {
                Truth about = truth.get(random.nextInt(truth.size()));
                long boundary = about.end() == null || random.nextBoolean() ? about.start() : about.end();
                long at = boundary + random.nextInt(5) - 2;
                int port = random.nextInt(4) == 0
                        ? random.nextInt(0x10000)
                        : about.ports().ranges().getFirst().first();
                List<Truth> holders = truth.stream()
                        .filter(held -> held.ipv4().equals(about.ipv4()) && held.isHeldAt(port, at))
                        .toList();

                Answer answer = ledger.whoHeld(about.ipv4(), port, Instant.ofEpochMilli(at), Duration.ZERO);

                assertThat(answer.complete()).isTrue();
                assertThat(answer.verdict()).isEqualTo(holders.isEmpty() ? Verdict.NOT_HELD : Verdict.HELD);
                assertThat(answer.holders().stream()
                                .map(interval -> Objects.requireNonNull(
                                                interval.holder().b4())
                                        .low()))
                        .as("%s port %d at %d", about.ipv4(), port, at)
                        .isEqualTo(holders.stream()
                                .map(held -> (long) held.household())
                                .toList());
            }
        }
    }

    @Test
    void aRestartFromAnOldCheckpointAndARebuildFromZeroGiveTheSameDocuments() throws Exception {
        Random random = new Random(2);
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(histories(random, addresses(4)))) {
            if (random.nextInt(20) > 0) {
                arriving.add(Events.bySyslog(fact));
                arriving.add(Events.byIpfix(fact));
            }
        }
        shuffleWithinSeconds(arriving, random);
        Duration horizon = Duration.ofMinutes(1);

        Job first = run(horizon);
        List<BindingEvent> begin = arriving.subList(0, arriving.size() / 3);
        kafka.sendTogether(begin);
        kafka.flush();
        awaitDocuments(expected(begin, horizon));
        Path early = first.awaitCheckpoint();
        List<BindingEvent> middle = arriving.subList(arriving.size() / 3, arriving.size() * 2 / 3);
        kafka.sendTogether(middle);
        kafka.flush();
        awaitDocuments(expected(arriving.subList(0, arriving.size() * 2 / 3), horizon));
        first.cancel();

        // Everything since the early checkpoint is read and written once more.
        Job second = run(horizon, early);
        kafka.sendTogether(arriving.subList(arriving.size() * 2 / 3, arriving.size()));
        kafka.flush();
        Map<String, BindingInterval> expected = expected(arriving, horizon);
        awaitDocuments(expected);
        second.awaitCheckpoint();
        second.cancel();
        assertThat(documents()).as("nothing was undone by what was read twice").isEqualTo(expected);

        elasticsearch.wipe();
        Job rebuild = run(horizon);
        awaitDocuments(expected);
        rebuild.cancel();

        // Without its state, on the documents of the live job.
        kafka.forgetWhatWasRead(Jobs.GROUP);
        Job again = run(horizon);
        await().atMost(PATIENCE).until(() -> kafka.isReadToTheEnd(Jobs.GROUP, Topic.NAT_EVENTS));
        again.awaitCheckpoint();
        again.cancel();
        elasticsearch.refresh();
        assertThat(documents()).isEqualTo(expected);
    }

    @Test
    void whatIsSaidToBeCompleteIsTrueWhateverWasLost() throws Exception {
        Random random = new Random(3);
        List<Truth> truth = histories(random, addresses(4));
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(truth)) {
            if (random.nextInt(10) > 0) {
                arriving.add(Events.byIpfix(fact));
            } else {
                ExporterGap lost =
                        gap(fact.eventTimeMillis() - random.nextInt(20), fact.eventTimeMillis() + random.nextInt(20));
                kafka.send(Topic.EXPORTER_HEALTH, RecordKey.of(lost), lost.toByteArray());
            }
        }
        kafka.sendTogether(arriving);
        kafka.flush();

        Job job = run(Duration.ofDays(7));
        awaitDocuments(expected(arriving, Duration.ofDays(7)));
        await().atMost(PATIENCE).until(() -> kafka.isReadToTheEnd(Jobs.GROUP, Topic.EXPORTER_HEALTH));
        awaitMark();
        job.cancel();
        elasticsearch.refresh();

        Map<Boolean, Integer> counts = new TreeMap<>(Map.of(true, 0, false, 0));
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            for (int i = 0; i < 1_000; i++) {
                Truth about = truth.get(random.nextInt(truth.size()));
                long at = about.start() - 5 + random.nextInt(100);
                int port = about.ports().ranges().getLast().last();
                List<Long> holders = truth.stream()
                        .filter(held -> held.ipv4().equals(about.ipv4()) && held.isHeldAt(port, at))
                        .map(held -> (long) held.household())
                        .toList();

                Answer answer = ledger.whoHeld(about.ipv4(), port, Instant.ofEpochMilli(at), Duration.ZERO);

                counts.merge(answer.complete(), 1, Integer::sum);
                if (answer.complete() && answer.verdict() != Verdict.AMBIGUOUS) {
                    assertThat(answer.holders().stream()
                                    .map(interval -> Objects.requireNonNull(
                                                    interval.holder().b4())
                                            .low())
                                    .distinct())
                            .as("%s port %d at %d", about.ipv4(), port, at)
                            .isEqualTo(holders);
                }
            }
        }
        assertThat(counts.values())
                .as("complete and incomplete answers: %s", counts)
                .allMatch(count -> count > 50);
    }

    @Test
    void everyMappingAndSessionOfANatHasAHistoryOfItsOwn() throws Exception {
        Ipv4Address address = addresses(1).getFirst();
        NatMapping web = new NatMapping(6, 5001, Ipv4Address.parse("198.51.100.1"), 443);
        NatMapping mail = new NatMapping(6, 5002, Ipv4Address.parse("198.51.100.1"), 25);
        NatMapping names = new NatMapping(17, 5003, null, 0);
        long hour = 3_600_000;
        List<BindingEvent> arriving = new ArrayList<>(List.of(
                session(BindingEvent.Kind.RELEASED, address, web, 1, BEGIN + 900),
                session(BindingEvent.Kind.ALLOCATED, address, mail, 2, BEGIN + 200),
                session(BindingEvent.Kind.ALLOCATED, address, web, 1, BEGIN),
                session(BindingEvent.Kind.ALLOCATED, address, web, 1, BEGIN),
                session(BindingEvent.Kind.ALLOCATED, address, names, 3, BEGIN + 300),
                // The same far end, later and from another household.
                session(BindingEvent.Kind.ALLOCATED, address, web, 4, BEGIN + 2_000),
                session(BindingEvent.Kind.RELEASED, address, web, 4, BEGIN + 3_000),
                // Hours later: what is closed leaves the state, what is open stays in it.
                session(BindingEvent.Kind.ALLOCATED, address, names, 3, BEGIN + 5 * hour),
                session(BindingEvent.Kind.RELEASED, address, mail, 2, BEGIN + 5 * hour + 1),
                // Told twice, the second time too late to be used; and by a file, which is never too late.
                session(BindingEvent.Kind.ALLOCATED, address, web, 4, BEGIN + 2_000).toBuilder()
                        .setEvidence(evidence(BEGIN + 5 * hour + 2))
                        .build(),
                session(BindingEvent.Kind.ALLOCATED, address, web, 5, BEGIN + 4_000).toBuilder()
                        .setEvidence(evidence(BEGIN + 4_000).setFile("old.pcap"))
                        .build()));
        kafka.sendTogether(arriving);
        kafka.flush();

        Job job = run(Duration.ofDays(7));
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(kafka.refused()).hasSize(1));
        awaitMark();
        job.cancel();

        assertThat(kafka.refused())
                .singleElement()
                .matches(late -> late.getReason().contains("history of that time was closed (horizon PT1H)"));
        elasticsearch.refresh();
        assertThat(documents(BindingDocument.SESSIONS_ALIAS).values().stream()
                        .map(found -> Objects.requireNonNull(found.mapping()).protocol() + " "
                                + found.mapping().destinationPort() + " "
                                + found.holder().b4() + " "
                                + (found.start().toEpochMilli() - BEGIN) + " "
                                + (found.end() == null
                                        ? "open"
                                        : Long.toString(found.end().toEpochMilli() - BEGIN))))
                .containsExactlyInAnyOrder(
                        "6 443 2001:db8::1 0 900",
                        "6 443 2001:db8::4 2000 3000",
                        "6 443 2001:db8::5 4000 open",
                        "6 25 2001:db8::2 200 " + (5 * hour + 1),
                        "17 0 2001:db8::3 300 open");
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            Answer answer = ledger.whoHeld(new Question(
                    address,
                    40_123,
                    Instant.ofEpochMilli(BEGIN + 500),
                    Duration.ZERO,
                    6,
                    web.destination(),
                    web.destinationPort()));
            assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
            assertThat(answer.holders())
                    .extracting(BindingInterval::holder)
                    .containsExactly(new BindingInterval.Holder(household(1), null, null, 0));
        }
    }

    @Test
    void everyReportOfUsageCountsOnceAndConditionsBecomeFindings() throws Exception {
        Ipv4Address address = addresses(1).getFirst();
        long hour = 3_600_000;
        List<PortUsage> reports = new ArrayList<>();
        for (int household = 1; household <= 10; household++) {
            for (int i = 0; i < 30; i++) {
                reports.add(PortUsage.newBuilder()
                        .setFromMillis(BEGIN + i * 300_000L)
                        .setToMillis(BEGIN + (i + 1) * 300_000L)
                        .setIpv4(address.bits())
                        .setPorts("0/6/" + household)
                        .setHolder(Holder.newBuilder()
                                .setIpv6(
                                        ByteString.copyFrom(household(household).toBytes())))
                        .setServiceClass(household <= 4 ? "gold" : "")
                        .setPortsInUse(household == 1 ? 900 : 102)
                        .setPacketsUp(1)
                        .setOctetsUp(1_000)
                        .setPacketsDown(2)
                        .setOctetsDown(3_000)
                        .setEvidence(evidence(BEGIN + (i + 1) * 300_000L))
                        .build());
            }
        }
        List<PortUsage> arriving = new ArrayList<>(reports);
        arriving.addAll(reports.subList(0, 100));
        Collections.shuffle(arriving, new Random(5));
        for (PortUsage report : arriving) {
            kafka.send(Topic.PORT_USAGE, RecordKey.of(report), report.toByteArray());
        }
        PortUsage nonsense = reports.getFirst().toBuilder().setToMillis(BEGIN).build();
        kafka.send(Topic.PORT_USAGE, RecordKey.of(nonsense), nonsense.toByteArray());
        NatCondition exhausted = NatCondition.newBuilder()
                .setKind(NatCondition.Kind.PORTS_EXHAUSTED)
                .setEventTimeMillis(BEGIN)
                .setIpv4(address.bits())
                .setProtocol(17)
                .setEvidence(evidence(BEGIN))
                .build();
        for (int i = 0; i < 2; i++) {
            kafka.send(Topic.NAT_CONDITIONS, RecordKey.of(exhausted), exhausted.toByteArray());
        }
        kafka.send(Events.allocated(address, Ports.parse("0/6/34"), 1, BEGIN));
        kafka.send(Events.released(address, Ports.parse("0/6/34"), 1, BEGIN + hour));
        kafka.flush();

        Job job = run(Duration.ofDays(7));
        try (Statistics statistics = Statistics.connect(elasticsearch.uri())) {
            Statistics.Stretch day =
                    new Statistics.Stretch(Instant.ofEpochMilli(BEGIN), Instant.ofEpochMilli(BEGIN + 24 * hour));
            Usage.Traffic hourly = new Usage.Traffic(12, 12_000, 24, 36_000);
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                elasticsearch.refresh();
                assertThat(statistics.ofBindings(Usage.Span.HOUR, day, "2001:db8::7"))
                        .extracting(Usage.OfBinding::from, Usage.OfBinding::traffic, Usage.OfBinding::portsInUse)
                        .containsExactly(
                                tuple(Instant.ofEpochMilli(BEGIN), hourly, 102),
                                tuple(Instant.ofEpochMilli(BEGIN + hour), hourly, 102),
                                tuple(
                                        Instant.ofEpochMilli(BEGIN + 2 * hour),
                                        new Usage.Traffic(6, 6_000, 12, 18_000),
                                        102));
                assertThat(statistics.ofClasses(Usage.Span.DAY, day))
                        .containsExactly(
                                new Usage.OfClass(
                                        Instant.ofEpochMilli(BEGIN),
                                        Usage.Span.DAY,
                                        null,
                                        6,
                                        new Usage.Traffic(180, 180_000, 360, 540_000),
                                        180,
                                        new Usage.Shares(9, 9, 9, 9, 0)),
                                new Usage.OfClass(
                                        Instant.ofEpochMilli(BEGIN),
                                        Usage.Span.DAY,
                                        "gold",
                                        4,
                                        new Usage.Traffic(120, 120_000, 240, 360_000),
                                        120,
                                        new Usage.Shares(9, 87, 87, 87, 30)));
                assertThat(statistics.findings(day, 10))
                        .singleElement()
                        .matches(found -> found.summary().equals("No port of 203.0.113.7 is left for protocol 17"));
            });
            // What the reader counted is told when something comes after two seconds, as marks do.
            awaitMark();
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
                elasticsearch.refresh();
                assertThat(statistics.activity(Usage.Activity.Of.NETWORK, day))
                        .extracting(Usage.Activity::name, Usage.Activity::allocated, Usage.Activity::released)
                        .containsExactly(tuple("203.0.113.0/24", 1L, 0L), tuple("203.0.113.0/24", 0L, 1L));
            });
        }
        job.cancel();

        assertThat(kafka.refused())
                .singleElement()
                .matches(refused -> refused.getReason().contains("of port-usage-v1 cannot be used: from_millis"));
    }

    private static BindingEvent session(
            BindingEvent.Kind kind, Ipv4Address ipv4, NatMapping mapping, int household, long at) {
        return new BindingFact(
                        kind,
                        at,
                        ipv4,
                        Ports.of(new PortRange(40_123, 40_123)),
                        household(household),
                        null,
                        null,
                        0,
                        null,
                        mapping)
                .toEvent(evidence(at).build());
    }

    private static Ipv6Address household(int number) {
        return Ipv6Address.parse("2001:db8::" + number);
    }

    private static Evidence.Builder evidence(long received) {
        return Evidence.newBuilder()
                .setExporter("192.0.2.1")
                .setTransport(Evidence.Transport.IPFIX_UDP)
                .setReceivedMillis(received);
    }

    @Test
    void whatCannotBeUsedIsKeptWithItsReasonAndTheJobGoesOn() throws Exception {
        Ipv4Address address = addresses(1).getFirst();
        Ports ports = Ports.parse("0/6/34");
        byte[] key = address.toBytes();
        BindingEvent nobodys = Events.allocated(address, ports, 1, BEGIN - 5_000).toBuilder()
                .clearHolder()
                .build();
        BindingEvent impossible = Events.allocated(address, ports, 1, 253_402_300_799_999L).toBuilder()
                .setEvidence(nobodys.getEvidence())
                .build();
        long before = BEGIN - 1_000;
        kafka.send(Topic.NAT_EVENTS, key, new byte[] {1, 2, 3}, before);
        kafka.send(Topic.NAT_EVENTS, key, null, before);
        kafka.send(nobodys);
        kafka.send(impossible);
        kafka.send(Topic.EXPORTER_HEALTH, key, new byte[] {-1}, before);
        kafka.send(Topic.EXPORTER_HEALTH, key, gap(BEGIN + 10, BEGIN).toByteArray(), before);
        kafka.send(Events.allocated(address, ports, 1, BEGIN));
        kafka.send(Events.released(address, ports, 1, BEGIN + 1_000));
        kafka.send(Events.allocated(address, ports, 2, BEGIN + 10_000_000));
        kafka.send(Events.allocated(address, ports, 3, BEGIN + 500));
        ExporterGap gap = gap(BEGIN + 20_000_000, BEGIN + 20_000_001);
        kafka.send(Topic.EXPORTER_HEALTH, RecordKey.of(gap), gap.toByteArray());
        kafka.send(Topic.EXPORTER_HEALTH, RecordKey.of(gap), gap.toByteArray());
        ExporterGap novel = gap(BEGIN + 30_000_000, BEGIN + 30_000_001).toBuilder()
                .setCauseValue(77)
                .build();
        kafka.send(Topic.EXPORTER_HEALTH, RecordKey.of(novel), novel.toByteArray());
        kafka.flush();

        Job job = run(Duration.ofMinutes(1));
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(kafka.refused()).hasSize(7));
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(documents()).hasSize(2));
        awaitMark();
        job.cancel();

        assertThat(kafka.refused().stream().map(Undecodable::getReason))
                .anyMatch(reason -> reason.contains("of nat-events-v1 cannot be used"))
                .anyMatch(reason -> reason.contains("holder is nobody"))
                .anyMatch(reason -> reason.contains("the event's time, 9999-12-31T23:59:59.999Z, cannot be"))
                .anyMatch(reason -> reason.contains("of exporter-health-v1 cannot be used"))
                .anyMatch(reason -> reason.contains("are no stretch of time"))
                .anyMatch(reason -> reason.contains("came after the history of that time was closed"));
        assertThat(kafka.refused())
                .anyMatch(refused -> refused.getSource().getRaw().equals(ByteString.copyFrom(new byte[] {1, 2, 3})));
        elasticsearch.refresh();
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            assertThat(ledger.freshness().gaps())
                    .as(
                            "of what is no message (one for three), of nobody's event, of the impossible one, of the stretch"
                                    + " that is none, LATE, the reported one and that of an unknown cause")
                    .isEqualTo(7);
            Answer refused = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(BEGIN - 5_000), Duration.ZERO);
            assertThat(refused.verdict()).isEqualTo(Verdict.NOT_HELD);
            assertThat(refused.gaps().stream()
                            .map(found -> found.exporter() + " " + found.cause() + " " + found.from()))
                    .as("whose record it was and when, as far as it tells")
                    .containsExactlyInAnyOrder(
                            Gap.ANY_EXPORTER + " UNDECODABLE 1970-01-01T00:00:00Z",
                            "192.0.2.1 UNDECODABLE 1970-01-01T00:00:00Z",
                            "192.0.2.1 UNDECODABLE " + Instant.ofEpochMilli(BEGIN - 5_000),
                            "192.0.2.1 SEQUENCE 1970-01-01T00:00:00Z");
            Answer late = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(BEGIN + 600), Duration.ZERO);
            assertThat(late.verdict()).isEqualTo(Verdict.HELD);
            assertThat(late.complete()).as("a late record speaks of this time").isFalse();
            assertThat(late.gaps())
                    .singleElement()
                    .matches(found -> found.cause().equals("LATE"));
            Answer after = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(BEGIN + 10_000_000), Duration.ZERO);
            assertThat(after.verdict()).isEqualTo(Verdict.HELD);
            assertThat(after.complete()).isTrue();
            Answer lossy = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(BEGIN + 20_000_005), Duration.ZERO);
            assertThat(lossy.complete()).isFalse();
            assertThat(lossy.gaps()).singleElement().matches(found -> found.lostRecords() == 5);
            Answer unknown = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(BEGIN + 30_000_005), Duration.ZERO);
            assertThat(unknown.gaps()).extracting(Gap::cause).containsExactly("SEQUENCE", "UNKNOWN");
        }
    }

    @Test
    void whatKafkaDeletedBeforeItWasReadIsAGapUntilARecordShowsTheHolderAgain() throws Exception {
        Ipv4Address address = addresses(1).getFirst();
        Ports ports = new PortSet(0, 6, 34);
        long now = System.currentTimeMillis();
        long begin = now - 4 * 3_600_000;
        long lost = begin + 3_600_000;
        long back = lost + 3_600_000;
        long readUntil = lost - 60_000;

        kafka.send(Events.allocated(address, ports, 1, begin));
        kafka.sendMark(readUntil);
        Job first = run(Duration.ofDays(7));
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                kafka.sendMark(readUntil);
                return ledger.freshness().collectedUntil().toEpochMilli() == readUntil;
            });
        }
        Path read = first.awaitCheckpoint();
        first.cancel();

        // While nobody reads, the ports change hands; and Kafka forgets it.
        kafka.send(Events.released(address, ports, 1, lost));
        kafka.send(Events.allocated(address, ports, 2, lost + 1));
        kafka.sendMark(lost + 2);
        kafka.deleteAll(Topic.NAT_EVENTS);
        kafka.sendMark(back);
        kafka.send(Events.allocated(address, ports, 3, back + 600_000));
        kafka.flush();
        Job second = run(Duration.ofDays(7), read);
        awaitMark();
        second.cancel();
        elasticsearch.refresh();

        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            Answer before = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(readUntil), Duration.ZERO);
            assertThat(before.complete()).as("%s", before).isTrue();
            assertThat(before.verdict()).isEqualTo(Verdict.HELD);

            Answer within = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(lost + 600_000), Duration.ZERO);
            assertThat(within.complete()).as("%s", within).isFalse();
            assertThat(within.gaps())
                    .extracting(Gap::exporter, Gap::cause, Gap::from)
                    .contains(tuple(Gap.ANY_EXPORTER, "NOT_READ", Instant.ofEpochMilli(readUntil + 1)));

            Answer after = ledger.whoHeld(address, 34 << 10, Instant.ofEpochMilli(back + 900_000), Duration.ZERO);
            assertThat(after.complete()).as("%s", after).isTrue();
            assertThat(after.verdict()).isEqualTo(Verdict.HELD);
        }
    }

    @Test
    void aMarkIsInTheLedgerOnlyWhenEverythingBeforeItIs() throws Exception {
        Ipv4Address address = addresses(1).getFirst();
        Ports ports = Ports.parse("0/6/34");
        kafka.send(Events.allocated(address, ports, 1, BEGIN));
        kafka.flush();
        long until = BEGIN;
        kafka.sendMark(until);

        Job job = run(Duration.ofDays(7));
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            int changes = 0;
            int complete = 0;
            while (complete < 500 && System.nanoTime() < deadline) {
                // The ports change hands, and the mark says so; whoever asks for this moment knows it, or is not sure.
                until += 1_000;
                changes++;
                kafka.send(Events.released(address, ports, changes, until));
                kafka.send(Events.allocated(address, ports, changes + 1, until));
                kafka.flush();
                kafka.sendMark(until);
                for (int i = 0; i < 50; i++) {
                    complete += isCompleteAndRight(ledger, address) ? 1 : 0;
                }
            }
            assertThat(complete).isGreaterThanOrEqualTo(500);
        }
        job.cancel();
    }

    /**
     * Asks for the moment up to which the ledger says that it knows everything; false if it knows no such moment yet, or is
     * still making its indices.
     */
    private static boolean isCompleteAndRight(Ledger ledger, Ipv4Address address) {
        Instant at;
        Answer answer;
        try {
            at = ledger.freshness().collectedUntil();
            if (at.toEpochMilli() < BEGIN) {
                return false;
            }
            answer = ledger.whoHeld(address, 34 << 10, at, Duration.ZERO);
        } catch (LedgerException e) {
            return false;
        }
        assertThat(answer.complete()).isTrue();
        assertThat(answer.verdict()).isEqualTo(Verdict.HELD);
        assertThat(Objects.requireNonNull(answer.holders().getFirst().holder().b4())
                        .low())
                .isEqualTo((at.toEpochMilli() - BEGIN) / 1_000 + 1);
        return true;
    }

    /** Waits until the ledger knows that it has everything sent so far. */
    private void awaitMark() {
        long until = System.currentTimeMillis();
        try (Ledger ledger = Ledger.connect(elasticsearch.uri())) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                kafka.sendMark(until);
                return ledger.freshness().collectedUntil().toEpochMilli() == until;
            });
        }
    }

    private static ExporterGap gap(long from, long to) {
        return ExporterGap.newBuilder()
                .setExporter("192.0.2.1")
                .setObservationDomain(7)
                .setCause(ExporterGap.Cause.SEQUENCE)
                .setFromMillis(from)
                .setToMillis(to)
                .setLostRecords(5)
                .build();
    }

    private static List<Ipv4Address> addresses(int count) {
        return Stream.iterate(Ipv4Address.parse("203.0.113.7"), address -> address.plus(1))
                .limit(count)
                .toList();
    }

    private static List<Truth> histories(Random random, List<Ipv4Address> addresses) {
        return addresses.stream()
                .flatMap(address -> Truth.random(random, address, BEGIN, 20_000).stream())
                .toList();
    }

    private static void shuffleWithinSeconds(List<BindingEvent> arriving, Random random) {
        Map<BindingEvent, Long> delays = arriving.stream()
                .distinct()
                .collect(Collectors.toMap(event -> event, event -> event.getEventTimeMillis() + random.nextInt(5_000)));
        arriving.sort(Comparator.comparingLong(delays::get));
    }

    /** The documents of the fold without Flink. */
    private static Map<String, BindingInterval> expected(List<BindingEvent> arriving, Duration horizon) {
        Map<Ipv4Address, AddressHistory> histories = new TreeMap<>();
        for (BindingEvent event : arriving) {
            histories
                    .computeIfAbsent(new Ipv4Address(event.getIpv4()), address -> new AddressHistory(address, horizon))
                    .add(event);
        }
        Map<String, BindingInterval> documents = new TreeMap<>();
        for (AddressHistory history : histories.values()) {
            for (BindingDocument document : history.documents.values()) {
                documents.put(document.index() + "/" + document.id(), document.interval());
            }
        }
        return documents;
    }

    private void awaitDocuments(Map<String, BindingInterval> expected) {
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
            Map<String, BindingInterval> found = documents();
            assertThat(found.keySet()).isEqualTo(expected.keySet());
            assertThat(found).isEqualTo(expected);
        });
    }

    private Map<String, BindingInterval> documents() throws IOException {
        return documents(BindingDocument.ALIAS);
    }

    private Map<String, BindingInterval> documents(String alias) throws IOException {
        try (ElasticsearchConnection connection = ElasticsearchConnection.open(elasticsearch.uri())) {
            Map<String, BindingInterval> documents = new TreeMap<>();
            var hits = connection
                    .client()
                    .search(
                            search -> search.index(alias)
                                    .ignoreUnavailable(true)
                                    .storedFields(BindingDocument.OCTETS)
                                    .docvalueFields(field -> field.field("slot"))
                                    .docvalueFields(
                                            field -> field.field("start").format("epoch_millis"))
                                    .docvalueFields(field -> field.field("end").format("epoch_millis"))
                                    .size(10_000),
                            Void.class)
                    .hits();
            for (Hit<Void> hit : hits.hits()) {
                documents.put(hit.index() + "/" + hit.id(), BindingDocument.read(hit));
            }
            assertThat(documents).as("the test looks at everything").hasSizeLessThan(10_000);
            return documents;
        }
    }

    private Job run(Duration horizon) throws Exception {
        return run(horizon, new Configuration());
    }

    private Job run(Duration horizon, Path checkpoint) throws Exception {
        Configuration recovery = new Configuration();
        recovery.setString("execution.state-recovery.path", checkpoint.toUri().toString());
        return run(horizon, recovery);
    }

    private Job run(Duration horizon, Configuration configuration) throws Exception {
        Path checkpoints = Files.createTempDirectory(directory, "checkpoints");
        configuration.setString("state.backend.type", "rocksdb");
        configuration.setString("execution.checkpointing.interval", "500ms");
        configuration.setString(
                "execution.checkpointing.dir", checkpoints.toUri().toString());
        configuration.setString("execution.checkpointing.num-retained", "1000");
        configuration.setString("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        configuration.setString("taskmanager.memory.managed.size", "128m");
        configuration.setString("taskmanager.memory.network.min", "32m");
        configuration.setString("taskmanager.memory.network.max", "32m");
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
        Jobs.define(
                environment,
                new JobsSettings(
                        kafka.bootstrapServers,
                        elasticsearch.uri(),
                        0,
                        horizon,
                        Duration.ofHours(1),
                        Duration.ofMillis(50),
                        Duration.ofMillis(200)));
        return new Job(environment.executeAsync("test"), checkpoints);
    }

    private static final class Job {
        private final JobClient client;
        private final Path checkpoints;

        Job(JobClient client, Path checkpoints) {
            this.client = client;
            this.checkpoints = checkpoints;
        }

        /** Waits for a checkpoint that was begun after this call, so that it holds all that was seen before. */
        Path awaitCheckpoint() throws IOException {
            int seen = newest();
            await().atMost(PATIENCE).until(() -> newest() >= seen + 2);
            return checkpoint(newest());
        }

        /** Ends the job; after this it commits no offset and writes no document. */
        void cancel() throws Exception {
            client.cancel().get();
            // How a cancelled job ends: exceptionally.
            await().atMost(PATIENCE).until(client.getJobExecutionResult()::isDone);
        }

        private int newest() throws IOException {
            try (Stream<Path> files = Files.walk(checkpoints)) {
                return files.filter(file -> file.endsWith("_metadata"))
                        .map(file -> Objects.requireNonNull(file.getParent())
                                .getFileName()
                                .toString())
                        .mapToInt(name -> Integer.parseInt(name.substring("chk-".length())))
                        .max()
                        .orElse(0);
            }
        }

        private Path checkpoint(int number) throws IOException {
            try (Stream<Path> files = Files.walk(checkpoints)) {
                return files.filter(file -> file.endsWith("chk-" + number))
                        .findAny()
                        .orElseThrow();
            }
        }
    }
}
