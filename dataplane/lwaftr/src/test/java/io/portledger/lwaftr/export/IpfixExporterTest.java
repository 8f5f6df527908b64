package io.portledger.lwaftr.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.IpfixException;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.ReverseElements;
import io.portledger.ipfix.Template;
import io.portledger.ipfix.TemplateStore;
import io.portledger.settings.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IpfixExporterTest {

    private static final Lw4o6Elements OWN = Lw4o6Elements.of(Lw4o6Elements.DOCUMENTATION_ENTERPRISE);
    private static final Instant NOW = Instant.parse("2026-11-23T14:02:07Z");
    private static final Duration SOON = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofMinutes(5);

    /** Of binding events, of service classes, and of statistics. */
    private static final int TEMPLATES = 12 + 3 + 1;

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private UdpReceiver collector;

    @BeforeEach
    void openCollector() throws IOException {
        collector = UdpReceiver.open(0);
    }

    @AfterEach
    void closeAll() {
        collector.close();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @Test
    void sendsCopiesOfItsTemplatesBeforeTheFirstRecord() throws Exception {
        try (IpfixExporter exporter = start(LONG, 1232, SOON, 100)) {
            exporter.onChange(Changes.created(Changes.RANGE, Changes.BR, "subscriber-0001"));
            await().until(() -> received().records.size() == 1);
        }
        Received received = received();
        assertThat(received.messages).hasSize(4);
        assertThat(received.templatesOfMessage.subList(0, 3)).allMatch(templates -> templates == TEMPLATES);
        assertThat(received.templatesOfMessage.get(3)).isZero();
        assertThat(received.messages)
                .allMatch(header -> header.observationDomainId() == 7
                        && header.exportTimeSeconds() == NOW.getEpochSecond()
                        && header.sequenceNumber() == 0);
        assertThat(received.records).containsExactly("#0 259 1700000000123 16 34816-35839 subscriber-0001");
    }

    @Test
    void countsRecordsInTheSequenceAndKeepsTheirOrderAndTheLimitOfMessages() throws Exception {
        int changes = 2000;
        try (IpfixExporter exporter = start(LONG, 1232, SOON, changes)) {
            for (int i = 0; i < changes; i++) {
                exporter.onChange(Changes.numbered(i));
            }
            await().until(() -> received().records.size() == changes);
            assertThat(exporter.recordCount()).isEqualTo(changes);
            assertThat(exporter.dropCount()).isZero();
            assertThat(exporter.messageCount()).isEqualTo(collector.datagrams().size());
        }
        assertThat(received().records)
                .isEqualTo(IntStream.range(0, changes)
                        .mapToObj(i -> "#" + i + " 257 " + (1_700_000_000_123L + i) + " 16 " + (i & 1023) * 64 + "-"
                                + ((i & 1023) * 64 + 63) + " null")
                        .toList());
        assertThat(collector.datagrams()).allMatch(datagram -> datagram.length <= 1232);
    }

    @Test
    void recordsThatComeTogetherShareAMessage() throws Exception {
        try (IpfixExporter exporter = start(LONG, 1232, SOON, 100)) {
            whileTheLoopIsBusy(() -> {
                for (int i = 0; i < 20; i++) {
                    exporter.onChange(Changes.numbered(i));
                }
            });
            await().until(() -> received().records.size() == 20);
            assertThat(exporter.messageCount()).isEqualTo(IpfixExporter.TEMPLATE_COPIES + 1);
        }
    }

    @Test
    void whatAFullQueueDropsIsAGapInTheSequence() throws Exception {
        try (IpfixExporter exporter = start(LONG, 1232, SOON, 10)) {
            whileTheLoopIsBusy(() -> {
                for (int i = 0; i < 25; i++) {
                    exporter.onChange(Changes.numbered(i));
                }
                assertThat(exporter.queuedCount()).isEqualTo(10);
            });
            await().until(() -> received().records.size() == 10);
            exporter.onChange(Changes.numbered(25));
            await().until(() -> received().records.size() == 11);
            assertThat(exporter.dropCount()).isEqualTo(15);
            assertThat(exporter.recordCount()).isEqualTo(11);
        }
        assertThat(received().records.get(9)).startsWith("#9 257 1700000000132 ");
        assertThat(received().records.get(10)).startsWith("#25 257 1700000000148 ");
    }

    @Test
    void aRecordThatNoMessageCanHoldIsDroppedAndMissingInTheSequence() throws Exception {
        try (IpfixExporter exporter = start(LONG, 512, SOON, 100)) {
            exporter.onChange(Changes.numbered(0));
            exporter.onChange(Changes.created(Changes.RANGE, Changes.BR, "x".repeat(500)));
            exporter.onChange(Changes.numbered(2));
            await().until(() -> received().records.size() == 2);
            assertThat(exporter.dropCount()).isEqualTo(1);
        }
        assertThat(received().records.get(1)).startsWith("#2 ");
    }

    @Test
    void templatesThatDoNotFitOneMessageTakeMore() throws Exception {
        try (IpfixExporter exporter = start(LONG, 512, SOON, 100)) {
            exporter.onChange(Changes.created(Changes.RANGE, Changes.BR, null));
            await().until(() -> received().records.size() == 1);
        }
        assertThat(collector.datagrams()).hasSize(2 * IpfixExporter.TEMPLATE_COPIES + 1);
        assertThat(collector.datagrams()).allMatch(datagram -> datagram.length <= 512);
        List<Integer> templates = received().templatesOfMessage;
        assertThat(templates.get(0) + templates.get(1)).isEqualTo(TEMPLATES);
    }

    @Test
    void repeatsItsTemplatesInEachInterval() throws Exception {
        try (IpfixExporter exporter = start(Duration.ofSeconds(1), 1232, SOON, 100)) {
            await().until(() -> collector.datagrams().size() >= IpfixExporter.TEMPLATE_COPIES + 2);
            assertThat(exporter.recordCount()).isZero();
        }
        assertThat(received().templatesOfMessage).allMatch(templates -> templates == TEMPLATES);
    }

    @Test
    void tellsItsStatisticsWithEachRepetitionOfTheTemplates() throws Exception {
        try (IpfixExporter exporter = start(Duration.ofSeconds(1), 1232, SOON, 2)) {
            whileTheLoopIsBusy(() -> {
                for (int i = 0; i < 5; i++) {
                    exporter.onChange(Changes.numbered(i));
                }
            });
            await().until(() -> received().statistics.size() >= 2);
            assertThat(exporter.recordCount()).isEqualTo(2);
            assertThat(exporter.dropCount()).isEqualTo(3);
        }
        String process = Long.toString(ProcessHandle.current().pid());
        List<String> statistics = received().statistics;
        // Three copies of the templates and the message with the records; what was dropped counts in the sequence.
        assertThat(statistics.get(0)).isEqualTo("#5 of " + process + ": messages 4 records 2 not sent 3");
        assertThat(statistics.get(1)).isEqualTo("#6 of " + process + ": messages 5 records 2 not sent 3");
    }

    @Test
    void changesGoBeforeEventsOfServiceClassesAndThoseBeforeUsage() throws Exception {
        try (IpfixExporter exporter = startWithUsage(100)) {
            whileTheLoopIsBusy(() -> {
                exporter.onUsage(Changes.usage(Changes.RANGE, "subscriber-0001"), false);
                exporter.onUsage(Changes.usage(Changes.SCATTERED, null), false);
                exporter.onPoolEvent(Changes.HIGH);
                exporter.onChange(Changes.numbered(0));
            });
            await().until(() -> received().records.size() == 4);
            assertThat(exporter.recordCount()).isEqualTo(4);
        }
        Received received = received();
        assertThat(received.records)
                .containsExactly(
                        "#0 257 1700000000123 16 0-63 null",
                        "#1 268 1700000000123 18 pool 2 default",
                        "#0 272 1700000000123-1700000060123 up 11/12 down 13/14 default 7 subscriber-0001",
                        "#1 275 1700000000123-1700000060123 up 11/12 down 13/14 default 7 null");
        assertThat(received.messages.subList(2 * IpfixExporter.TEMPLATE_COPIES, received.messages.size()))
                .extracting(MessageHeader::observationDomainId)
                .containsExactly(7L, 0x8000_0007L);
        assertThat(received.templatesOfMessage.subList(0, 2)).containsExactly(TEMPLATES, 7);
    }

    @Test
    void usageThatFindsNoRoomIsAGapInItsOwnSequenceAndHalfOfTheRoomIsForEnds() throws Exception {
        try (IpfixExporter exporter = startWithUsage(4)) {
            whileTheLoopIsBusy(() -> {
                assertThat(exporter.hasRoomForUsage()).isTrue();
                exporter.onUsage(Changes.usage(Changes.RANGE, null), false);
                exporter.onUsage(Changes.usage(Changes.RANGE, null), false);
                assertThat(exporter.hasRoomForUsage()).isFalse();
                for (int i = 0; i < 5; i++) {
                    exporter.onUsage(Changes.usage(Changes.RANGE, null), false);
                }
                exporter.onUsage(Changes.usage(Changes.RANGE, null), true);
                assertThat(exporter.queuedCount()).isEqualTo(5);
            });
            await().until(() -> received().records.size() == 5);
            assertThat(exporter.dropCount()).isEqualTo(3);
            assertThat(exporter.hasRoomForUsage()).isTrue();
            exporter.onChange(Changes.numbered(0));
            await().until(() -> received().records.size() == 6);
        }
        assertThat(received().records.get(3)).startsWith("#3 271 ");
        assertThat(received().records.get(4)).startsWith("#7 271 ");
        assertThat(received().records.get(5)).startsWith("#0 257 ");
    }

    @Test
    void saysNothingOfUsageIfNoneIsWanted() throws Exception {
        try (IpfixExporter exporter = start(LONG, 1232, SOON, 100)) {
            exporter.onUsage(Changes.usage(Changes.RANGE, null), true);
            assertThat(exporter.hasRoomForUsage()).isFalse();
            assertThat(exporter.queuedCount()).isZero();
        }
    }

    @Test
    void sendsWhatWaitsWhenItIsClosed() throws Exception {
        IpfixExporter exporter = start(LONG, 1232, Duration.ofMinutes(1), 100);
        for (int i = 0; i < 5; i++) {
            exporter.onChange(Changes.numbered(i));
        }
        exporter.close();
        assertThat(exporter.recordCount()).isEqualTo(5);
        await().until(() -> received().records.size() == 5);
        exporter.close();
        exporter.onChange(Changes.numbered(5));
        assertThat(exporter.dropCount()).isEqualTo(1);
    }

    @Test
    void neitherThrowsNorBlocksWhenItsThreadIsGone() throws Exception {
        IpfixExporter exporter = start(LONG, 1232, SOON, 1);
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        exporter.onChange(Changes.numbered(0));
        exporter.onChange(Changes.numbered(1));
        assertThat(exporter.dropCount()).isEqualTo(1);
        exporter.close();
    }

    @Test
    void aCollectorThatStartsLateGetsTheTemplatesBeforeTheFirstRecord() throws Exception {
        int port = UdpReceiver.freePort();
        HostPort late = new HostPort("127.0.0.1", port);
        try (IpfixExporter exporter =
                IpfixExporter.start(loop, late, settings(late, LONG, 1232, SOON, 100), () -> NOW)) {
            exporter.onChange(Changes.numbered(0));
            await().until(() -> exporter.socketErrorCount() > 0);
            long errors = exporter.socketErrorCount();
            exporter.onChange(Changes.numbered(1));
            await().until(() -> exporter.socketErrorCount() > errors);
            collector.close();
            collector = UdpReceiver.open(port);
            exporter.onChange(Changes.numbered(2));
            await().until(() -> !received().records.isEmpty());
        }
        assertThat(received().templatesOfMessage.getFirst()).isEqualTo(TEMPLATES);
        assertThat(received().records).hasSize(1).allMatch(record -> record.startsWith("#2 257 1700000000125 "));
    }

    private IpfixExporter start(Duration templateInterval, int maxOctets, Duration maxDelay, int queueRecords) {
        HostPort to = collector.address();
        return IpfixExporter.start(
                loop, to, settings(to, templateInterval, maxOctets, maxDelay, queueRecords), () -> NOW);
    }

    private IpfixExporter startWithUsage(int queueRecords) {
        HostPort to = collector.address();
        ExportSettings settings = new ExportSettings(
                32473,
                0,
                new ExportSettings.Ipfix(List.of(to), 7, LONG, 1232, SOON, queueRecords, LONG, 64),
                new ExportSettings.Syslog(List.of(), null, 1));
        return IpfixExporter.start(loop, to, settings, () -> NOW);
    }

    private static ExportSettings settings(
            HostPort to, Duration templateInterval, int maxOctets, Duration maxDelay, int queueRecords) {
        return new ExportSettings(
                32473,
                0,
                new ExportSettings.Ipfix(
                        List.of(to), 7, templateInterval, maxOctets, maxDelay, queueRecords, Duration.ZERO, 64),
                new ExportSettings.Syslog(List.of(), null, 1));
    }

    /** Runs the action while nothing can be sent. */
    private void whileTheLoopIsBusy(Runnable action) throws InterruptedException {
        CountDownLatch isBusy = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        loop.execute(() -> {
            isBusy.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        isBusy.await();
        try {
            action.run();
        } finally {
            mayGoOn.countDown();
        }
    }

    private Received received() throws IpfixException {
        return Received.of(collector.datagrams());
    }

    /** What a collector makes of the datagrams; every message must be sound and every template known. */
    private static final class Received implements IpfixVisitor {
        private final List<MessageHeader> messages = new ArrayList<>();
        private final List<Integer> templatesOfMessage = new ArrayList<>();
        private final List<String> records = new ArrayList<>();
        private final List<String> statistics = new ArrayList<>();

        static Received of(List<byte[]> datagrams) throws IpfixException {
            Received received = new Received();
            IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana().with(OWN.all()));
            TemplateStore session = new TemplateStore(TemplateStore.Session.UNRELIABLE);
            for (byte[] datagram : datagrams) {
                ByteBuf octets = Unpooled.wrappedBuffer(datagram);
                decoder.decode(octets, session, received);
                assertThat(octets.isReadable()).isFalse();
            }
            return received;
        }

        @Override
        public void onMessage(MessageHeader header) {
            messages.add(header);
            templatesOfMessage.add(0);
        }

        @Override
        public void onTemplate(TemplateChange change, Template template) {
            templatesOfMessage.set(templatesOfMessage.size() - 1, templatesOfMessage.getLast() + 1);
        }

        @Override
        public void onRecord(DataRecord record) {
            if (record.template().isOptions()) {
                statistics.add("#" + record.sequenceNumber() + " of " + record.unsigned(Iana.EXPORTING_PROCESS_ID)
                        + ": messages " + record.unsigned(Iana.EXPORTED_MESSAGE_TOTAL_COUNT) + " records "
                        + record.unsigned(Iana.EXPORTED_FLOW_RECORD_TOTAL_COUNT) + " not sent "
                        + record.unsigned(Iana.NOT_SENT_FLOW_TOTAL_COUNT));
                return;
            }
            String user = record.has(Iana.USER_NAME) ? record.string(Iana.USER_NAME) : null;
            if (record.has(Iana.FLOW_START_MILLISECONDS)) {
                records.add("#" + record.sequenceNumber() + " "
                        + record.template().id() + " "
                        + record.epochMillis(Iana.FLOW_START_MILLISECONDS) + "-"
                        + record.epochMillis(Iana.FLOW_END_MILLISECONDS) + " up "
                        + record.unsigned(Iana.PACKET_DELTA_COUNT) + "/" + record.unsigned(Iana.OCTET_DELTA_COUNT)
                        + " down " + record.unsigned(ReverseElements.PACKET_DELTA_COUNT) + "/"
                        + record.unsigned(ReverseElements.OCTET_DELTA_COUNT) + " "
                        + record.string(OWN.serviceClass()) + " " + record.unsigned(OWN.portsInUse()) + " " + user);
                return;
            }
            if (record.has(Iana.NAT_POOL_ID)) {
                records.add(
                        "#" + record.sequenceNumber() + " " + record.template().id() + " "
                                + record.epochMillis(Iana.OBSERVATION_TIME_MILLISECONDS) + " "
                                + record.unsigned(Iana.NAT_EVENT) + " pool " + record.unsigned(Iana.NAT_POOL_ID) + " "
                                + record.string(Iana.NAT_POOL_NAME));
                return;
            }
            records.add("#" + record.sequenceNumber() + " " + record.template().id() + " "
                    + record.epochMillis(Iana.OBSERVATION_TIME_MILLISECONDS) + " " + record.unsigned(Iana.NAT_EVENT)
                    + " " + record.unsigned(Iana.PORT_RANGE_START) + "-" + record.unsigned(Iana.PORT_RANGE_END) + " "
                    + user);
        }

        @Override
        public void onUnknownSet(int setId, ByteBuf octets) {
            throw new AssertionError("records of template " + setId + " came before it");
        }
    }
}
