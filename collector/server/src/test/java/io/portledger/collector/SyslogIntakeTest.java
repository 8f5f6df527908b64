package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.portledger.collector.dialect.ExporterPrefix;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Undecodable;
import io.portledger.settings.HostPort;
import io.portledger.syslog.SyslogFrameDecoder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SyslogIntakeTest {

    private static final long T0 = 1_700_000_000_000L;
    private static final long MARGIN = 2000;
    private static final InetSocketAddress SENDER = new InetSocketAddress("2001:db8::99", 50_000);
    private static final String BINDING = "<134>1 2023-11-14T22:13:20.123Z lwaftr1 NAT 4711 PTADD [nprng SSUBIX=\"1\""
            + " SV6ENC=\"2001:db8::b4\" IATYP=\"IPv6\" ISADDR=\"2001:db8::b4\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\""
            + " PORTMN=\"34816\" PORTMX=\"35839\" TRIG=\"ADMIN\"]";
    private static final SyslogSettings SETTINGS = settings(List.of("0.0.0.0/0", "::/0"), Map.of());

    private static final String NFWARE =
            "<14>Nov 14 22:13:20 cgnat1 nat: A VRF 0 INT 10.0.0.1 EXT 198.51.100.1:1024-1535";

    private final TestClock clock = new TestClock(T0);
    private KafkaInMemory kafka = new KafkaInMemory(true, 1 << 20);
    private final SkewWatch skewWatch = new SkewWatch(kafka.gapBoard, 5000, 0);

    @AfterEach
    void closeKafka() {
        kafka.close();
    }

    private static SyslogSettings settings(List<String> allowed, Map<String, List<ExporterPrefix>> dialectExporters) {
        return new SyslogSettings(
                new HostPort("127.0.0.1", 0),
                new HostPort("127.0.0.1", 0),
                null,
                480,
                2,
                "UTC",
                allowed.stream().map(ExporterPrefix::parse).toList(),
                null,
                dialectExporters);
    }

    private SyslogIntake intake(OptionalLong collectedUntilMillis) {
        return intake(SETTINGS, collectedUntilMillis);
    }

    private SyslogIntake intake(SyslogSettings settings, OptionalLong collectedUntilMillis) {
        return new SyslogIntake(
                settings,
                SyslogIntake.dialects(settings),
                32473,
                clock,
                kafka.outbox,
                kafka.gapBoard,
                skewWatch,
                kafka.tally,
                MARGIN,
                collectedUntilMillis);
    }

    private static EmbeddedChannel connect(SyslogIntake intake) {
        return new EmbeddedChannel(
                new SyslogFrameDecoder(SETTINGS.maxMessageOctets()), intake.connection(Evidence.Transport.SYSLOG_TCP)) {
            @Override
            public SocketAddress remoteAddress() {
                return isActive() ? SENDER : super.remoteAddress();
            }
        };
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    private static DatagramPacket datagram(String text) {
        return new DatagramPacket(text(text), new InetSocketAddress(514), SENDER);
    }

    private long counted(Counter counter) {
        return kafka.tally.read().get(counter);
    }

    @Test
    void anEventCarriesTheWholeMessageAsEvidence() throws Exception {
        EmbeddedChannel channel =
                new EmbeddedChannel(intake(OptionalLong.empty()).datagrams());
        channel.writeInbound(datagram(BINDING));

        assertThat(kafka.events()).singleElement().satisfies(event -> {
            Evidence evidence = event.getEvidence();
            assertThat(event.getEventTimeMillis()).isEqualTo(T0 + 123);
            assertThat(evidence.getExporter()).isEqualTo("2001:db8::99");
            assertThat(evidence.getTransport()).isEqualTo(Evidence.Transport.SYSLOG_UDP);
            assertThat(evidence.getHostname()).isEqualTo("lwaftr1");
            assertThat(evidence.getReceivedMillis()).isEqualTo(T0);
            assertThat(evidence.getRaw().toStringUtf8()).isEqualTo(BINDING);
        });
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void whatIsNoMessageIsKeptWithTheReasonAndAGap() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text("neither this nor that\n" + "x".repeat(500) + "\n"));

        assertThat(kafka.undecodable())
                .extracting(Undecodable::getReason)
                .containsExactly(
                        "the message begins with neither a priority such as <134> nor a date and time, and is of no"
                                + " dialect",
                        "a line exceeds the limit of 480 octets; the octets behind the limit are not kept");
        assertThat(counted(Counter.UNDECODABLE_SYSLOG_MESSAGE)).isEqualTo(1);
        assertThat(counted(Counter.UNDECODABLE_SYSLOG_FRAME)).isEqualTo(1);
        assertThat(kafka.gaps())
                .containsExactly(ExporterGap.newBuilder()
                        .setExporter("2001:db8::99")
                        .setCause(ExporterGap.Cause.UNDECODABLE)
                        .setFromMillis(T0 - MARGIN)
                        .setToMillis(T0)
                        .build());
    }

    @Test
    void anEventThatCannotHaveHappenedThenIsUndecodableAndAGap() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text(BINDING.replace("2023-11-14T22:13:20.123Z", "2023-11-15T22:13:20.001Z") + "\n"));
        channel.writeInbound(text(BINDING.replace("2023-11-14T22:13:20.123Z", "1999-12-31T23:59:59.999Z") + "\n"));

        assertThat(kafka.events()).isEmpty();
        assertThat(kafka.undecodable())
                .hasSize(2)
                .allSatisfy(undecodable ->
                        assertThat(undecodable.getReason()).contains("cannot be: its record was received at"));
        assertThat(counted(Counter.UNDECODABLE_SYSLOG_RECORD)).isEqualTo(2);
        assertThat(kafka.gaps())
                .singleElement()
                .satisfies(gap -> assertThat(gap.getFromMillis()).isEqualTo(T0 - MARGIN));
    }

    @Test
    void theGapOfABindingThatCannotBeUsedReachesToItsOwnTime() {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        clock.advance(3_600_000);
        channel.writeInbound(text(BINDING.replace("PORTMX=\"35839\"", "PORTMX=\"255\"") + "\n"));

        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.UNDECODABLE);
            assertThat(gap.getFromMillis()).as("it was an hour on its way").isEqualTo(T0 + 123);
            assertThat(gap.getToMillis()).isEqualTo(T0 + 3_600_000);
        });
    }

    @Test
    void aBindingFromTheFutureShowsThatAClockIsWrong() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        clock.advance(-4877);
        channel.writeInbound(text(BINDING + "\n"));
        skewWatch.close();
        assertThat(kafka.gaps()).as("5 s are allowed").isEmpty();
        clock.advance(-1);
        channel.writeInbound(text(BINDING + "\n"));
        skewWatch.close();

        assertThat(kafka.events()).hasSize(2);
        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.SKEW);
            assertThat(gap.getFromMillis()).isEqualTo(T0 + 123 - 2 * 5001);
            assertThat(gap.getToMillis()).isEqualTo(T0 + 123 + 5001);
        });
    }

    @Test
    void ordinaryMessagesAreNoGap() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text("<13>1 2023-11-14T22:13:20Z host root - - - hello\n"));

        assertThat(kafka.undecodable()).singleElement().matches(Undecodable::getNotAboutBindings);
        assertThat(counted(Counter.OTHER_SYSLOG_MESSAGES)).isEqualTo(1);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void messagesOfDialectsBecomeEventsWithTheirDialectAsEvidence() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text(NFWARE + "\n"));

        assertThat(kafka.events()).singleElement().satisfies(event -> {
            assertThat(event.getEventTimeMillis()).isEqualTo(T0);
            assertThat(event.getEvidence().getDialect()).isEqualTo("nfware");
            assertThat(event.getEvidence().getHostname()).isEqualTo("cgnat1");
            assertThat(event.getEvidence().getRaw().toStringUtf8()).isEqualTo(NFWARE);
        });
        channel.writeInbound(text(BINDING + "\n"));
        assertThat(kafka.events().getLast().getEvidence().getDialect()).isEqualTo("ietf-nat-logging");
    }

    @Test
    void aMessageOfADialectThatCannotBeUsedIsAGapAndNamesTheDialect() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text(NFWARE.replace("1535", "1000") + "\n"));

        assertThat(kafka.undecodable()).singleElement().satisfies(undecodable -> {
            assertThat(undecodable.getReason())
                    .isEqualTo("dialect nfware: port range 1024-1000 is not within 0-65535 with its lower port first");
            assertThat(undecodable.getSource().getDialect()).isEqualTo("nfware");
            assertThat(undecodable.getNotAboutBindings()).isFalse();
        });
        assertThat(counted(Counter.UNDECODABLE_SYSLOG_RECORD)).isEqualTo(1);
        assertThat(kafka.gaps()).hasSize(1);
    }

    @Test
    void whatAnExporterSendsThatIsNotAllowedIsKeptAndNoGap() throws Exception {
        EmbeddedChannel channel =
                connect(intake(settings(List.of("192.0.2.0/24", "2001:db8:1::/48"), Map.of()), OptionalLong.empty()));
        channel.writeInbound(text(BINDING + "\n" + "x".repeat(500) + "\n"));

        assertThat(kafka.events()).isEmpty();
        assertThat(kafka.undecodable()).hasSize(2).allSatisfy(undecodable -> {
            assertThat(undecodable.getReason())
                    .isEqualTo("exporter 2001:db8::99 is not in collector.syslog.allowed-exporters");
            assertThat(undecodable.getNotAboutBindings()).isFalse();
        });
        assertThat(counted(Counter.REFUSED_SYSLOG_MESSAGES)).isEqualTo(2);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void anExporterSpeaksOnlyTheDialectsThatItMay() throws Exception {
        SyslogSettings settings = settings(
                List.of("0.0.0.0/0", "::/0"),
                Map.of(
                        "nfware", List.of(ExporterPrefix.parse("192.0.2.1")),
                        "ietf-nat-logging", List.of(ExporterPrefix.parse("192.0.2.2")),
                        "a10-cef", List.of()));
        SyslogIntake intake = intake(settings, OptionalLong.empty());
        Outbox.Batch batch = kafka.outbox.new Batch();
        for (String exporter : List.of("192.0.2.1", "192.0.2.2")) {
            for (String message : List.of(NFWARE, BINDING)) {
                intake.take(
                        message.getBytes(StandardCharsets.UTF_8),
                        null,
                        SyslogIntake.Source.live(exporter, Evidence.Transport.SYSLOG_UDP, T0),
                        batch);
            }
        }
        batch.flush();

        assertThat(kafka.events())
                .extracting(event -> event.getEvidence().getExporter() + " "
                        + event.getEvidence().getDialect())
                .containsExactly("192.0.2.1 nfware", "192.0.2.2 ietf-nat-logging");
        assertThat(counted(Counter.REFUSED_SYSLOG_MESSAGES)).isEqualTo(2);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void whatWasKeptIsReadAsOfItsTimeWithoutConclusionsFromWhenItComes() throws Exception {
        SyslogIntake intake = intake(settings(List.of(), Map.of("nfware", List.of())), OptionalLong.of(T0 - 60_000));
        Outbox.Batch batch = kafka.outbox.new Batch();
        boolean isBinding = intake.take(
                NFWARE.getBytes(StandardCharsets.UTF_8),
                null,
                SyslogIntake.Source.kept("198.51.100.7", Evidence.Transport.FILE, T0 + 86_400_000L * 100, "nat.log"),
                batch);
        batch.flush();

        assertThat(isBinding).isTrue();
        assertThat(kafka.events()).singleElement().satisfies(event -> {
            assertThat(event.getEventTimeMillis()).isEqualTo(T0);
            assertThat(event.getEvidence().getFile()).isEqualTo("nat.log");
            assertThat(event.getEvidence().getTransport()).isEqualTo(Evidence.Transport.FILE);
            assertThat(event.getEvidence().getExporter()).isEqualTo("198.51.100.7");
        });
        skewWatch.close();
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void ordinaryMessagesOfRfc3164AreNoGap() throws Exception {
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text("Nov 14 22:13:20 old su: 'su root' failed\n<13>hello\n"));

        assertThat(kafka.undecodable()).hasSize(2).allMatch(Undecodable::getNotAboutBindings);
        assertThat(counted(Counter.SYSLOG_MESSAGES)).isEqualTo(2);
        assertThat(kafka.gaps()).isEmpty();
    }

    @Test
    void aConnectionIsPausedWhileThereIsNoRoomAndThenReadAgain() throws Exception {
        kafka.close();
        kafka = new KafkaInMemory(false, 300);
        EmbeddedChannel channel = connect(intake(OptionalLong.empty()));
        channel.writeInbound(text((BINDING + "\n").repeat(3)));
        assertThat(channel.config().isAutoRead()).isFalse();
        assertThat(counted(Counter.TCP_PAUSES)).isEqualTo(1);

        kafka.awaitSent(1);
        while (kafka.producer.completeNext()) {
            assertThat(kafka.producer.closed()).isFalse();
        }
        Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> {
            channel.runPendingTasks();
            return channel.config().isAutoRead();
        });
        assertThat(kafka.events()).hasSize(3);
        assertThat(counted(Counter.DROPPED_DATAGRAMS)).isZero();
    }

    @Test
    void datagramsThatFindNoRoomAreCountedAndAGap() {
        kafka.close();
        kafka = new KafkaInMemory(false, 500);
        EmbeddedChannel channel =
                new EmbeddedChannel(intake(OptionalLong.empty()).datagrams());
        channel.writeInbound(datagram(BINDING), datagram(BINDING));
        channel.writeInbound(datagram(BINDING));

        assertThat(counted(Counter.DROPPED_DATAGRAMS)).isEqualTo(1);
        assertThat(counted(Counter.BINDING_EVENTS)).isEqualTo(2);
        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
            assertThat(gap.getExporter()).isEqualTo("2001:db8::99");
        });
        kafka.awaitSent(1);
        while (kafka.producer.completeNext()) {
            assertThat(kafka.producer.closed()).isFalse();
        }
    }

    @Test
    void aConnectionTooManyIsClosed() {
        SyslogIntake intake = intake(OptionalLong.empty());
        EmbeddedChannel first = connect(intake);
        EmbeddedChannel second = connect(intake);
        assertThat(connect(intake).isOpen()).isFalse();
        assertThat(counted(Counter.REFUSED_CONNECTIONS)).isEqualTo(1);

        assertThat(first.close().isSuccess()).isTrue();
        assertThat(connect(intake).isOpen()).isTrue();
        assertThat(second.isOpen()).isTrue();
    }

    @Test
    void aBrokenConnectionOfAnExporterOfBindingsIsAGap() {
        SyslogIntake intake = intake(OptionalLong.empty());
        EmbeddedChannel exporter = connect(intake);
        EmbeddedChannel other = connect(intake);
        exporter.writeInbound(text(BINDING + "\n"));
        other.writeInbound(text("<13>1 2023-11-14T22:13:20Z host root - - - hello\n"));
        clock.advance(5000);
        exporter.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        other.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));

        assertThat(exporter.isOpen()).isFalse();
        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
            assertThat(gap.getFromMillis()).isEqualTo(T0 - MARGIN);
            assertThat(gap.getToMillis()).isEqualTo(T0 + 5000);
        });
    }

    @Test
    void aCollectorThatWasAwayOwnsUpToItOnceForEachExporterOfBindings() {
        EmbeddedChannel channel = connect(intake(OptionalLong.of(T0 - 60_000)));
        channel.writeInbound(text("<13>1 2023-11-14T22:13:20Z host root - - - hello\n"));
        assertThat(kafka.gaps()).isEmpty();
        channel.writeInbound(text(BINDING + "\n"));
        channel.writeInbound(text(BINDING + "\n"));

        assertThat(kafka.gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
            assertThat(gap.getFromMillis()).isEqualTo(T0 - 60_000 - MARGIN);
            assertThat(gap.getToMillis()).isEqualTo(T0);
        });
    }

    @Test
    void kernelDropsAreAGapOfEveryExporterByUdp() {
        SyslogIntake intake = intake(OptionalLong.empty());
        connect(intake).writeInbound(text(BINDING + "\n"));
        intake.onKernelDrops(T0, T0 + 1000);
        assertThat(kafka.gaps()).isEmpty();

        new EmbeddedChannel(intake.datagrams()).writeInbound(datagram(BINDING));
        intake.onKernelDrops(T0, T0 + 1000);
        assertThat(kafka.gaps())
                .singleElement()
                .satisfies(gap -> assertThat(gap.getToMillis()).isEqualTo(T0 + 1000));
    }
}
