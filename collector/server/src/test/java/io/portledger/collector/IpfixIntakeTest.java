package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.ExporterGap.Cause;
import io.portledger.records.v1.Undecodable;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpfixIntakeTest {

    private static final InetSocketAddress SENDER = new InetSocketAddress("192.0.2.99", 50_000);
    private static final InetSocketAddress SENDER_FROM_ANOTHER_PORT = new InetSocketAddress("192.0.2.99", 50_001);
    private static final long T0 = Messages.EXPORT_SECONDS * 1000;
    private static final long MARGIN = 2000;
    private static final IpfixSettings SETTINGS = Intakes.settings(Map.of(
            "template-wait", "60s",
            "waiting-octets-per-session", "3560",
            "waiting-octets", "7000",
            "max-sessions", "2",
            "max-template-fields", "1000"));

    private final TestClock clock = new TestClock(T0);
    private KafkaInMemory kafka = new KafkaInMemory(true, 1 << 20);
    private final SkewWatch skewWatch = new SkewWatch(kafka.gapBoard, 5000, 0);
    private IpfixIntake intake = intake(OptionalLong.empty());

    private IpfixIntake intake(OptionalLong collectedUntilMillis) {
        return Intakes.of(SETTINGS, kafka, clock, skewWatch, collectedUntilMillis, null);
    }

    @AfterEach
    void closeKafka() {
        kafka.close();
    }

    private void take(InetSocketAddress sender, byte[] datagram) {
        intake.datagrams().take(sender, Unpooled.wrappedBuffer(datagram));
        intake.expire();
    }

    private long counted(Counter counter) {
        return kafka.tally.read().get(counter);
    }

    private static ExporterGap gap(Cause cause, long from, long to, long lost) {
        return ExporterGap.newBuilder()
                .setExporter("192.0.2.99")
                .setObservationDomain(1)
                .setCause(cause)
                .setFromMillis(Math.max(0, from))
                .setToMillis(to)
                .setLostRecords(lost)
                .build();
    }

    @Test
    void anEventCarriesItsWholeEvidence() throws Exception {
        take(SENDER, Messages.MINI);

        assertThat(kafka.events()).singleElement().satisfies(event -> {
            assertThat(event.getPorts()).isEqualTo("0/6/34");
            assertThat(event.getEventTimeMillis()).isEqualTo(Messages.EVENT_MILLIS);
            Evidence evidence = event.getEvidence();
            assertThat(evidence.getExporter()).isEqualTo("192.0.2.99");
            assertThat(evidence.getTransport()).isEqualTo(Evidence.Transport.IPFIX_UDP);
            assertThat(evidence.getObservationDomain()).isEqualTo(1);
            assertThat(evidence.getSequence()).isZero();
            assertThat(evidence.getTemplateId()).isEqualTo(256);
            assertThat(evidence.getReceivedMillis()).isEqualTo(T0);
            assertThat(HexFormat.of().formatHex(evidence.getRaw().toByteArray()))
                    .isEqualTo("0000018bcfe5687b1020010db8000001000000c00002010022c000020188008bff0001040000000001");
        });
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void theVectorsOfNatLoggingBecomeEventsOrAreNamedForWhatTheyAre() throws Exception {
        take(SENDER, Messages.TEMPLATES);
        take(SENDER, Messages.RECORDS);

        List<BindingEvent> events = kafka.events();
        assertThat(events.stream().map(BindingEvent::getPorts))
                .containsExactly("0/6/34", "0/6/34", "0/6/34", "0/16/2000", "0/16/2000", "0/0/0", "0/0/0", "0/6/34");
        assertThat(events.stream().map(event -> event.getKind().name()))
                .containsExactly(
                        "ALLOCATED",
                        "ALLOCATED",
                        "RELEASED",
                        "ALLOCATED",
                        "RELEASED",
                        "ALLOCATED",
                        "RELEASED",
                        "ALLOCATED");
        assertThat(events.stream().map(event -> event.getEvidence().getSequence()))
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 11);
        assertThat(events.getLast().getHolder().getSubscriber()).isEqualTo("subscriber-0001");
        assertThat(kafka.undecodable()).singleElement().matches(Undecodable::getNotAboutBindings);
        assertThat(kafka.conditions().stream()
                        .map(condition -> condition.getKind() + " " + condition.getDetail() + " " + condition.getLimit()
                                + " " + condition.getPoolId() + " " + condition.getProtocol()))
                .containsExactly(
                        "QUOTA_EXCEEDED 4 1000 0 0",
                        "ADDRESSES_EXHAUSTED 0 0 7 0",
                        "THRESHOLD_REACHED 1 900 7 0",
                        "PORTS_EXHAUSTED 0 0 0 17");
        assertThat(counted(Counter.IPFIX_RECORDS)).isEqualTo(13);
        assertThat(counted(Counter.IPFIX_TEMPLATES)).isEqualTo(10);
        assertThat(counted(Counter.NAT_CONDITIONS)).isEqualTo(4);
        assertThat(counted(Counter.OTHER_IPFIX_RECORDS)).isEqualTo(1);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void dataThatComeBeforeTheirTemplateAreDecodedWhenItComes() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        byte[] template = exporter.template(Messages.EXPORT_SECONDS);
        byte[] records = exporter.records(3, Messages.EXPORT_SECONDS);
        byte[] more = exporter.records(2, Messages.EXPORT_SECONDS);
        take(SENDER, records);
        take(SENDER, more);
        assertThat(kafka.events()).isEmpty();
        clock.advance(30_000);

        take(SENDER, template);
        take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS + 30));

        assertThat(kafka.events().stream().map(event -> event.getEvidence().getSequence()))
                .containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(kafka.events().getFirst().getEvidence().getReceivedMillis()).isEqualTo(T0);
        clock.advance(60_000);
        intake.expire();
        assertThat(kafka.gaps()).isEmpty();
        assertThat(kafka.undecodable()).isEmpty();
    }

    @Test
    void dataWhoseTemplateNeverComesAreUndecodableAndAGap() throws Exception {
        take(SENDER, new Messages.Exporter().records(3, Messages.EXPORT_SECONDS));
        clock.advance(59_999);
        intake.expire();
        assertThat(kafka.undecodable()).isEmpty();
        clock.advance(1);
        intake.expire();

        assertThat(kafka.undecodable()).singleElement().satisfies(undecodable -> {
            assertThat(undecodable.getReason())
                    .isEqualTo("set 300 has no template, and none came within 60 s (the octets are the set's, without"
                            + " its header)");
            assertThat(undecodable.getNotAboutBindings()).isFalse();
            assertThat(undecodable.getSource().getRaw().size()).isEqualTo(3 * 33 + 1);
        });
        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE)).isEqualTo(1);
        assertThat(kafka.gaps()).containsExactly(gap(Cause.UNDECODABLE, T0 - MARGIN, T0 + 999, 0));
    }

    @Test
    void aSessionKeepsABoundedAmountOfWaitingData() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        for (int i = 0; i < 20; i++) {
            take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        }

        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE)).isEqualTo(10);
        assertThat(kafka.undecodable())
                .hasSize(10)
                .allMatch(undecodable ->
                        undecodable.getReason().contains("there was no room to wait any longer for its template"));
    }

    @Test
    void setsWithoutOctetsDoNotWait() throws Exception {
        // 340 sets with nothing but their headers in each message.
        byte[] empty = HexFormat.of().parseHex("000a05606553f1000000000000000001" + "01000004".repeat(340));
        for (int i = 0; i < 100; i++) {
            take(SENDER, empty);
        }
        clock.advance(60_000);
        intake.expire();

        assertThat(kafka.undecodable()).isEmpty();
        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE)).isZero();
    }

    @Test
    void smallSetsCountWithWhatKeepingThemCosts() {
        byte[] small = HexFormat.of().parseHex("000a00156553f1000000000000000001" + "0100000500");
        for (int i = 0; i < 20; i++) {
            take(SENDER, small);
        }

        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE))
                .as("13 of 257 octets fit 3560")
                .isEqualTo(7);
    }

    @Test
    void allSessionsTogetherKeepABoundedAmountOfWaitingData() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        Messages.Exporter other = new Messages.Exporter();
        for (int i = 0; i < 10; i++) {
            take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
            take(SENDER_FROM_ANOTHER_PORT, other.records(3, Messages.EXPORT_SECONDS));
        }

        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE))
                .as("of 20 of 356 octets, 19 fit 7000")
                .isEqualTo(1);
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        assertThat(kafka.events()).hasSize(30);
        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE)).isEqualTo(1);
        for (int i = 0; i < 5; i++) {
            take(SENDER_FROM_ANOTHER_PORT, other.records(3, Messages.EXPORT_SECONDS));
        }
        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE))
                .as("the session's own limit: 10 of 14")
                .isEqualTo(5);
    }

    @Test
    void dataThatWaitForTheirTemplateKeepTheMarkBack() {
        Messages.Exporter exporter = new Messages.Exporter();
        assertThat(intake.waitingSinceMillis()).isEqualTo(Long.MAX_VALUE);
        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        clock.advance(5000);
        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        take(SENDER_FROM_ANOTHER_PORT, new Messages.Exporter().records(3, Messages.EXPORT_SECONDS));

        assertThat(intake.waitingSinceMillis()).isEqualTo(T0);
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        assertThat(intake.waitingSinceMillis()).isEqualTo(T0 + 5000);
    }

    @Test
    void anExporterOfBindingsThatIsNotHeardIsSilentUntilItComesBack() {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        clock.advance(15 * 60_000 - 1);
        assertThat(intake.silences()).isEmpty();
        clock.advance(1);
        assertThat(intake.silences()).singleElement().satisfies(silence -> {
            assertThat(silence.getExporter()).isEqualTo("192.0.2.99");
            assertThat(silence.getObservationDomain()).isEqualTo(1);
            assertThat(silence.getSinceMillis()).isEqualTo(T0 - MARGIN);
        });

        take(SENDER, exporter.template(Messages.EXPORT_SECONDS + 900));
        assertThat(intake.silences()).isEmpty();
        assertThat(kafka.gaps()).containsExactly(gap(Cause.SILENT, T0 - MARGIN, T0 + 900_000, 0));
    }

    @Test
    void anExporterThatIsSilentForGoodIsForgottenWithAGap() {
        take(SENDER, new Messages.Exporter().template(Messages.EXPORT_SECONDS));
        clock.advance(Duration.ofDays(7).toMillis());
        intake.expire();
        assertThat(intake.silences()).hasSize(1);
        clock.advance(1);
        intake.expire();

        assertThat(intake.silences()).isEmpty();
        assertThat(kafka.gaps()).containsExactly(gap(Cause.SILENT, T0 - MARGIN, T0 + 604_800_001, 0));
    }

    @Test
    void whoeverSendsNoBindingsIsNotMissed() {
        take(SENDER, HexFormat.of().parseHex("000a001c6553f1000000000700000001" + "0002000c0190000100040001"));
        clock.advance(Duration.ofDays(1).toMillis());

        assertThat(intake.silences()).isEmpty();
    }

    @Test
    void anExporterOfBindingsWhoseClockIsWrongIsAGap() {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS + 5));
        skewWatch.close();
        assertThat(kafka.gaps()).as("within what is allowed").isEmpty();
        take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS + 10));
        skewWatch.close();
        assertThat(kafka.gaps()).as("ten seconds ahead").containsExactly(gap(Cause.SKEW, T0 - 10_000, T0 + 20_999, 0));

        clock.advance(60_000);
        take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS + 20));
        skewWatch.close();
        assertThat(kafka.gaps())
                .as("39 seconds behind")
                .containsExactly(gap(Cause.SKEW, T0 + 20_999 - 39_001, T0 + 60_000 + 39_001, 0));

        take(
                SENDER_FROM_ANOTHER_PORT,
                HexFormat.of().parseHex("000a001c6553f1000000000700000001" + "0002000c0190000100040001"));
        skewWatch.close();
        assertThat(kafka.gaps()).as("of one that sends no bindings").isEmpty();
    }

    @Test
    void aMissingMessageBecomesAGapWhenTheReorderWindowIsOver() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        clock.advance(5000);
        byte[] unused = exporter.records(4, Messages.EXPORT_SECONDS + 5);
        assertThat(unused).isNotEmpty();
        take(SENDER, exporter.records(5, Messages.EXPORT_SECONDS + 5));
        clock.advance(1999);
        intake.expire();
        assertThat(kafka.gaps()).isEmpty();
        clock.advance(1);
        intake.expire();

        assertThat(kafka.gaps()).containsExactly(gap(Cause.SEQUENCE, T0 - MARGIN, T0 + 5999, 4));
        assertThat(kafka.events()).hasSize(8);
    }

    @Test
    void aDomainThatGivesWayToOthersLosesNeitherItsHolesNorItsVoice() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        assertThat(exporter.records(4, Messages.EXPORT_SECONDS)).isNotEmpty();
        take(SENDER, exporter.records(5, Messages.EXPORT_SECONDS));
        for (int domain = 1000; domain < 1256; domain++) {
            take(SENDER, HexFormat.of().parseHex("000a00106553f10000000000" + "%08x".formatted(domain)));
        }
        assertThat(kafka.gaps())
                .as("the hole is published though its reorder window is not over")
                .containsExactly(gap(Cause.SEQUENCE, T0 - MARGIN, T0 + 999, 4));

        take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS));
        assertThat(kafka.gaps())
                .as("the domain begins anew, and still speaks of bindings")
                .contains(gap(Cause.RESTART, T0 - MARGIN, T0 + 999, 0));
        assertThat(kafka.events()).hasSize(6);
    }

    @Test
    void whatAFlowExporterLosesIsNoGapOfBindings() {
        // One template without natEvent and a record of it, twice, with a hole in the sequence; softflowd's own
        // counting
        // looks like this.
        String template = "0002000c0190000100040001";
        String record = "0190000506";
        String length = "0021";
        take(SENDER, HexFormat.of().parseHex("000a" + length + "6553f1000000000700000001" + template + record));
        take(SENDER, HexFormat.of().parseHex("000a" + length + "6553f1000000001900000001" + template + record));
        clock.advance(60_000);
        intake.expire();

        assertThat(counted(Counter.OTHER_IPFIX_RECORDS)).isEqualTo(2);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void messagesThatSwapTheirPlacesAreNoGap() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        byte[] first = exporter.records(3, Messages.EXPORT_SECONDS);
        byte[] second = exporter.records(3, Messages.EXPORT_SECONDS);
        take(SENDER, second);
        clock.advance(1500);
        take(SENDER, first);
        clock.advance(60_000);
        intake.expire();

        assertThat(kafka.gaps()).isEmpty();
        assertThat(kafka.events()).hasSize(6);
        assertThat(counted(Counter.LATE_MESSAGES)).isEqualTo(1);
    }

    @Test
    void anExporterThatComesBackFromAnotherPortHasRestarted() {
        take(SENDER, Messages.MINI);
        clock.advance(10_000);
        take(SENDER_FROM_ANOTHER_PORT, new Messages.Exporter().template(Messages.EXPORT_SECONDS + 10));

        assertThat(kafka.gaps()).containsExactly(gap(Cause.RESTART, T0 - MARGIN, T0 + 10_999, 0));
    }

    @Test
    void anExporterThatCountsAnewFromItsPortHasRestarted() {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        clock.advance(10_000);
        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS + 10));
        clock.advance(10_000);
        take(SENDER, new Messages.Exporter().template(Messages.EXPORT_SECONDS + 20));

        assertThat(kafka.gaps()).containsExactly(gap(Cause.RESTART, T0 + 10_000 - MARGIN, T0 + 20_999, 0));
    }

    @Test
    void whatAnExporterSentBeforeItWasFirstHeardIsMissing() {
        Messages.Exporter exporter = new Messages.Exporter();
        byte[] lost = exporter.records(7, Messages.EXPORT_SECONDS);
        assertThat(lost).isNotEmpty();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        clock.advance(2000);
        intake.expire();

        assertThat(kafka.gaps()).containsExactly(gap(Cause.SEQUENCE, 0, T0, 7));
    }

    @Test
    void aCollectorThatWasAwayOwnsUpToItOnceForEachExporter() {
        intake = intake(OptionalLong.of(T0 - 3_600_000));
        Messages.Exporter exporter = new Messages.Exporter();
        assertThat(exporter.records(7, Messages.EXPORT_SECONDS)).isNotEmpty();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        take(SENDER, exporter.records(7, Messages.EXPORT_SECONDS));
        clock.advance(60_000);
        intake.expire();

        assertThat(kafka.gaps()).containsExactly(gap(Cause.NOT_COLLECTED, T0 - 3_600_000 - MARGIN, T0, 0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deadbeef | message header: 4 octets, expected 16 | 0",
                "0005000100000000000000000000000000000000 | message header: version 5, expected 10 | 0",
                "000900010000000000000000000000000000000700050004 | flowset id 5 is reserved (allowed: 0, 1, 256-65535) | 7",
                "000a0064000000000000000000000001 | message header: length 100, but only 16 octets are there | 1",
                "000a001400000000000000000000000100040004 | set id 4 is reserved (allowed: 2, 3, 256-65535) | 1",
            })
    void whatIsNoIpfixIsKeptWithTheReason(String octets, String reason, int domain) throws Exception {
        take(SENDER, HexFormat.of().parseHex(octets));

        assertThat(kafka.undecodable()).singleElement().satisfies(undecodable -> {
            assertThat(undecodable.getReason()).isEqualTo(reason);
            assertThat(undecodable.getNotAboutBindings()).isFalse();
            assertThat(HexFormat.of().formatHex(undecodable.getSource().getRaw().toByteArray()))
                    .isEqualTo(octets);
        });
        assertThat(counted(Counter.UNDECODABLE_IPFIX_MESSAGE)).isEqualTo(1);
        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(Cause.UNDECODABLE);
            assertThat(gap.getObservationDomain()).isEqualTo(domain);
            assertThat(gap.getFromMillis()).isEqualTo(T0 - MARGIN);
        });
    }

    @Test
    void aBindingWithImpossiblePortsIsUndecodableAndAGapOfOneRecord() throws Exception {
        byte[] damaged = Messages.MINI.clone();
        // portRangeEnd 35839 becomes 255, below portRangeStart.
        int end = HexFormat.of().formatHex(damaged).indexOf("88008bff") / 2 + 2;
        damaged[end] = 0;
        take(SENDER, damaged);

        assertThat(kafka.events()).isEmpty();
        assertThat(kafka.undecodable())
                .singleElement()
                .satisfies(undecodable -> assertThat(undecodable.getReason())
                        .isEqualTo("port range 34816-255 is not within 0-65535 with its lower port first"));
        assertThat(kafka.gaps()).containsExactly(gap(Cause.UNDECODABLE, T0 - MARGIN, T0 + 999, 1));
    }

    @Test
    void theGapOfABindingThatCannotBeUsedReachesToItsOwnTime() {
        String mini = HexFormat.of().formatHex(Messages.MINI);
        // An hour before T0, and portRangeEnd below portRangeStart.
        take(
                SENDER,
                HexFormat.of()
                        .parseHex(mini.replace("0000018bcfe5687b", "0000018bcfae79fb")
                                .replace("88008bff", "880000ff")));

        assertThat(kafka.gaps()).containsExactly(gap(Cause.UNDECODABLE, T0 + 123 - 3_600_000, T0 + 999, 1));
    }

    @ParameterizedTest
    @CsvSource({
        "0000018bcfe5687b, true",
        "000000dc6acfac00, true", // 2000-01-01T00:00Z
        "000000dc6acfabff, false",
        "0000018bd50bc400, true", // a day after T0
        "0000018bd50bc401, false",
        "0000e677d21fdbff, false" // the last millisecond of the year 9999
    })
    void anEventThatCannotHaveHappenedThenIsUndecodableAndAGap(String eventTime, boolean isPlausible) throws Exception {
        String mini = HexFormat.of().formatHex(Messages.MINI);
        take(SENDER, HexFormat.of().parseHex(mini.replace("0000018bcfe5687b", eventTime)));

        assertThat(kafka.events()).hasSize(isPlausible ? 1 : 0);
        if (isPlausible) {
            assertThat(kafka.gaps()).isEmpty();
        } else {
            assertThat(kafka.undecodable())
                    .singleElement()
                    .satisfies(undecodable -> assertThat(undecodable.getReason())
                            .contains("cannot be: its record was received at 2023-11-14T22:13:20Z"));
            assertThat(kafka.gaps()).containsExactly(gap(Cause.UNDECODABLE, T0 - MARGIN, T0 + 999, 1));
        }
    }

    /** A NetFlow v9 packet of source 1: its template of sessions, or as many records of it. */
    private static byte[] netflow(int sequence, int records) {
        String flowset = records == 0
                ? "00000028" + "01000008" + "01430008" + "00e60001" + "00080004" + "00e10004" + "00e30002" + "00040001"
                        + "000c0004" + "000b0002"
                : String.format("0100%04x", 4 + 26 * records)
                        + ("0000018bcfe5687b" + "04" + "0a000007" + "c0000201" + "8801" + "06" + "c6336401" + "01bb")
                                .repeat(records);
        return HexFormat.of()
                .parseHex(String.format("0009000100001000%08x%08x00000001", T0 / 1000, sequence) + flowset);
    }

    @Test
    void netflowOnTheSamePortIsASessionOfItsOwnAndCountsPackets() throws Exception {
        take(SENDER, Messages.MINI);
        take(SENDER, netflow(1, 0));
        take(SENDER, netflow(2, 3));
        take(SENDER, netflow(3, 1));
        clock.advance(60_000);
        intake.expire();

        assertThat(kafka.events()).hasSize(5);
        assertThat(kafka.events().getLast()).satisfies(event -> {
            assertThat(event.getPorts()).isEqualTo("0/16/34817");
            assertThat(event.getMapping().getDestinationPort()).isEqualTo(443);
            assertThat(event.getEvidence().getTransport()).isEqualTo(Evidence.Transport.NETFLOW_V9_UDP);
            assertThat(event.getEvidence().getSequence()).isEqualTo(3);
            assertThat(event.getEvidence().getObservationDomain()).isEqualTo(1);
        });
        assertThat(counted(Counter.NETFLOW_PACKETS)).isEqualTo(3);
        assertThat(counted(Counter.IPFIX_MESSAGES)).isEqualTo(1);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void aMissingNetflowPacketIsAGapOfNobodyKnowsHowManyRecords() {
        take(SENDER, netflow(0, 0));
        take(SENDER, netflow(1, 2));
        clock.advance(1000);
        take(SENDER, netflow(3, 2));
        clock.advance(2000);
        intake.expire();

        assertThat(kafka.gaps()).containsExactly(gap(Cause.SEQUENCE, T0 - MARGIN, T0 + 1000, 0));
    }

    @Test
    void netflowBeforeItsTemplateWaits() throws Exception {
        take(SENDER, netflow(5, 2));
        clock.advance(1000);
        take(SENDER, netflow(6, 0));

        assertThat(kafka.events()).hasSize(2);
        assertThat(kafka.events().getFirst().getEvidence().getSequence()).isEqualTo(5);
        assertThat(kafka.events().getFirst().getEvidence().getReceivedMillis()).isEqualTo(T0);
    }

    @Test
    void aTemplateThatDoesNotComeAgainIsNoLongerUsed() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));
        for (int quarter = 1; quarter <= 16; quarter++) {
            clock.advance(900_000);
            take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS + 900L * quarter));
        }
        assertThat(kafka.events()).hasSize(16);
        clock.advance(1);
        intake.expire();
        take(SENDER, exporter.records(1, Messages.EXPORT_SECONDS + 14_400));
        assertThat(kafka.events()).hasSize(16);
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS + 14_400));
        assertThat(kafka.events()).hasSize(17);
    }

    @Test
    void whatAnExporterSaysThatItDidNotSendIsAGap() {
        take(SENDER, Messages.MINI);
        String statistics = "000a0020%08x%08x00000001" + "02000010" + "00000001" + "%016x";
        take(
                SENDER,
                HexFormat.of()
                        .parseHex(String.format(
                                "000a0022%08x0000000100000001" + "0003001202000002000100900004" + "00a60008",
                                T0 / 1000)));
        take(SENDER, HexFormat.of().parseHex(String.format(statistics, T0 / 1000, 1, 0)));
        clock.advance(10_000);
        take(SENDER, HexFormat.of().parseHex(String.format(statistics, T0 / 1000 + 10, 2, 25)));
        assertThat(kafka.gaps()).containsExactly(gap(Cause.SEQUENCE, T0 - MARGIN, T0 + 10_999, 25));
        clock.advance(10_000);
        take(SENDER, HexFormat.of().parseHex(String.format(statistics, T0 / 1000 + 20, 3, 25)));
        clock.advance(10_000);
        take(SENDER, HexFormat.of().parseHex(String.format(statistics, T0 / 1000 + 30, 4, 5)));
        assertThat(kafka.gaps()).containsExactly(gap(Cause.SEQUENCE, T0 + 20_000 - MARGIN, T0 + 30_999, 5));
    }

    @Test
    void severalMessagesInADatagramAreAllTaken() throws Exception {
        byte[] both = Arrays.copyOf(Messages.TEMPLATES, Messages.TEMPLATES.length + Messages.RECORDS.length);
        System.arraycopy(Messages.RECORDS, 0, both, Messages.TEMPLATES.length, Messages.RECORDS.length);
        take(SENDER, both);

        assertThat(kafka.events()).hasSize(8);
        assertThat(counted(Counter.IPFIX_MESSAGES)).isEqualTo(2);
    }

    @Test
    void theSessionThatWasSilentLongestGivesWayToANewOne() {
        for (int i = 0; i < 3; i++) {
            take(new InetSocketAddress("192.0.2." + i, 50_000), new Messages.Exporter().records(1, 1_700_000_000));
        }

        assertThat(counted(Counter.UNDECODABLE_NO_TEMPLATE)).isEqualTo(1);
        assertThat(kafka.gaps()).anySatisfy(gap -> {
            assertThat(gap.getExporter()).isEqualTo("192.0.2.0");
            assertThat(gap.getCause()).isEqualTo(Cause.UNDECODABLE);
        });
    }

    @Test
    void datagramsThatFindNoRoomAreCountedAndAGap() throws Exception {
        kafka.close();
        kafka = new KafkaInMemory(false, 900);
        intake = intake(OptionalLong.empty());
        take(SENDER, Messages.TEMPLATES);
        take(SENDER, Messages.RECORDS);
        clock.advance(1000);
        take(SENDER, Messages.RECORDS);
        clock.advance(500);
        take(SENDER, Messages.RECORDS);

        assertThat(counted(Counter.DROPPED_DATAGRAMS)).isEqualTo(2);
        assertThat(counted(Counter.BINDING_EVENTS)).isEqualTo(8);
        assertThat(kafka.gaps()).containsExactly(gap(Cause.NOT_COLLECTED, T0 + 1000 - MARGIN, T0 + 1500, 0));

        acknowledgeAll();
        take(SENDER, Messages.RECORDS);
        assertThat(counted(Counter.BINDING_EVENTS)).isEqualTo(16);
        acknowledgeAll();
        assertThat(kafka.events()).hasSize(16);
    }

    @Test
    void whoHasTooManyTemplatesIsForgottenAndNobodyElse() throws Exception {
        Messages.Exporter exporter = new Messages.Exporter();
        take(SENDER, exporter.template(Messages.EXPORT_SECONDS));

        take(SENDER_FROM_ANOTHER_PORT, template(256, 600));
        take(SENDER_FROM_ANOTHER_PORT, template(257, 600));

        take(SENDER, exporter.records(3, Messages.EXPORT_SECONDS));
        assertThat(kafka.events()).hasSize(3);
        assertThat(counted(Counter.IPFIX_TEMPLATES)).isEqualTo(3);
        take(SENDER_FROM_ANOTHER_PORT, template(256, 600));
        assertThat(counted(Counter.IPFIX_TEMPLATES))
                .as("it was forgotten, so that it is new again")
                .isEqualTo(4);
    }

    /** A message with a template of so many fields of one octet. */
    static byte[] template(int id, int fields) {
        int length = 24 + 4 * fields;
        return HexFormat.of()
                .parseHex(String.format(
                                "000a%04x%08x0000000000000007" + "0002%04x%04x%04x",
                                length, Messages.EXPORT_SECONDS, length - 16, id, fields)
                        + "00040001".repeat(fields));
    }

    private void acknowledgeAll() {
        Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> {
            while (kafka.producer.completeNext()) {
                assertThat(kafka.producer.closed()).isFalse();
            }
            return kafka.outbox.isEmpty();
        });
    }
}
