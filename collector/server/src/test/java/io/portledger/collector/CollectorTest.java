package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.portledger.records.BindingEventReader;
import io.portledger.records.BindingFact;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.Undecodable;
import io.portledger.settings.HostPort;
import io.portledger.syslog.SyslogMessage;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole collector: real sockets, a real Kafka broker, programs of others. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CollectorTest {

    private static final String PREFIX = "PORTLEDGER_COLLECTOR_";
    private static final List<String> TOPICS =
            Stream.of(Topic.values()).map(Topic::topicName).toList();

    private @TempDir Path directory;
    private KafkaBroker broker;
    private final Map<TopicPartition, Long> before = new HashMap<>();
    private @Nullable Collector running;

    @SuppressWarnings("NullAway.Init") // set before all tests
    CollectorTest() {}

    @BeforeAll
    void startBroker() throws Exception {
        broker = new KafkaBroker(Files.createTempDirectory("portledger-kafka"));
        broker.start();
    }

    @AfterAll
    void stopBroker() {
        broker.close();
    }

    /** Tests share the broker: each looks only at what came behind these. */
    @BeforeEach
    void rememberWhatIsThere() {
        for (String topic : TOPICS) {
            before.putAll(broker.endOffsets(topic));
        }
    }

    @AfterEach
    void stopCollector() {
        if (running != null) {
            running.close();
        }
    }

    /** Starts a collector with more settings, each an environment variable without its prefix, and its value. */
    private Collector start(String... moreSettings) {
        Map<String, String> environment = new HashMap<>(Map.of(
                PREFIX + "IPFIX_UDP", "127.0.0.1:0",
                PREFIX + "IPFIX_TCP", "127.0.0.1:0",
                PREFIX + "SYSLOG_UDP", "127.0.0.1:0",
                PREFIX + "SYSLOG_TCP", "127.0.0.1:0",
                PREFIX + "NAME", "the-collector-under-test",
                PREFIX + "STATE_DIRECTORY", newStateDirectory(),
                PREFIX + "METRICS_LISTEN", "127.0.0.1:0",
                PREFIX + "UDP_RECEIVE_BUFFER_OCTETS", "65536",
                PREFIX + "KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers()));
        for (int i = 0; i < moreSettings.length; i += 2) {
            environment.put(PREFIX + moreSettings[i], moreSettings[i + 1]);
        }
        Collector collector = Collector.start(CollectorSettings.read(null, environment));
        running = collector;
        return collector;
    }

    private String newStateDirectory() {
        return directory.resolve("state-" + UUID.randomUUID()).toString();
    }

    private static void await(BooleanSupplier condition) {
        Awaitility.await()
                .atMost(60, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(50))
                .until(condition::getAsBoolean);
    }

    private static void awaitCount(Collector collector, Counter counter, long count) {
        await(() -> collector.counters().get(counter) >= count);
    }

    private <T extends MessageLite> List<T> read(Topic topic, Parser<T> parser) throws InvalidProtocolBufferException {
        List<T> messages = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.records(topic.topicName(), before)) {
            T message = parser.parseFrom(record.value());
            boolean isMark = (message instanceof BindingEvents events && events.hasMark())
                    || (message instanceof ExporterGap gap && gap.hasMark());
            if (!isMark) {
                messages.add(message);
            }
        }
        return messages;
    }

    private List<BindingEvent> events() throws InvalidProtocolBufferException {
        List<BindingEvent> events = new ArrayList<>();
        for (BindingEvents batch : read(Topic.NAT_EVENTS, BindingEvents.parser())) {
            events.addAll(BindingEventReader.read(batch));
        }
        return events;
    }

    /**
     * Gaps but those that every collector publishes when it starts on a Kafka with records, and those of messages that
     * are of the year 2023.
     */
    private List<ExporterGap> gaps() throws InvalidProtocolBufferException {
        return read(Topic.EXPORTER_HEALTH, ExporterGap.parser()).stream()
                .filter(gap ->
                        gap.getCause() != ExporterGap.Cause.NOT_COLLECTED && gap.getCause() != ExporterGap.Cause.SKEW)
                .toList();
    }

    private static void sendUdp(HostPort to, byte[]... datagrams) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            for (byte[] datagram : datagrams) {
                socket.send(new DatagramPacket(datagram, datagram.length, to.toSocketAddress()));
            }
        }
    }

    private static void sendTcp(HostPort to, byte[] octets) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), to.port());
                OutputStream out = socket.getOutputStream()) {
            out.write(octets);
        }
    }

    private static byte[] binding(int psid) {
        return ("<134>1 2023-11-14T22:13:20.123Z lwaftr1 NAT 4711 PTADD [nprng NATINST=\"1\" SSUBIX=\"1\""
                        + " SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
                        + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" PORTMN=\""
                        + 1024 * psid + "\" PORTMX=\"" + (1024 * psid + 1023) + "\" TRIG=\"ADMIN\"]")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            whole.writeBytes(part);
        }
        return whole.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void theSameBindingByIpfixAndByEverySyslogTransportIsTheSameFact() throws Exception {
        Collector collector = start();
        byte[] line = binding(34);
        sendUdp(collector.ipfixUdp(), Messages.MINI);
        sendUdp(collector.syslogUdp(), line);
        sendTcp(collector.syslogTcp(), concat(line, ascii("\n"), ascii(line.length + " "), line));
        awaitCount(collector, Counter.BINDING_EVENTS, 4);
        collector.close();

        List<BindingEvent> events = events();
        assertThat(events).hasSize(4);
        assertThat(events.stream().map(BindingFact::from).distinct()).hasSize(1);
        assertThat(events.stream()
                        .map(event -> event.toBuilder().clearEvidence().build())
                        .distinct())
                .hasSize(1);
        assertThat(events.stream().map(event -> event.getEvidence().getTransport()))
                .containsExactlyInAnyOrder(
                        Evidence.Transport.IPFIX_UDP,
                        Evidence.Transport.SYSLOG_UDP,
                        Evidence.Transport.SYSLOG_TCP,
                        Evidence.Transport.SYSLOG_TCP);
        assertThat(events)
                .filteredOn(event -> event.getEvidence().getTransport() != Evidence.Transport.IPFIX_UDP)
                .allSatisfy(event ->
                        assertThat(event.getEvidence().getRaw().toByteArray()).isEqualTo(line));
        assertThat(broker.records(Topic.NAT_EVENTS.topicName(), before))
                .filteredOn(record -> record.key() == null)
                .as("records of events, which are all of one address")
                .isNotEmpty()
                .extracting(ConsumerRecord::partition)
                .containsOnly(RecordKey.partition(0xc0000201, 8));
        assertThat(gaps()).isEmpty();
    }

    @Test
    void ipfixAndSyslogComeByTlsFromThoseWhoseCertificateIsTrusted() throws Exception {
        Certificates own = new Certificates(directory, "collector");
        Certificates exporter = new Certificates(directory, "exporter");
        Certificates stranger = new Certificates(directory, "stranger");
        Collector collector = start(
                "IPFIX_TLS", "127.0.0.1:0",
                "SYSLOG_TLS", "127.0.0.1:0",
                "TLS_CERTIFICATE", own.certificate.toString(),
                "TLS_KEY", own.key.toString(),
                "TLS_TRUSTED", exporter.certificate.toString());
        HostPort ipfix = collector.endPoints().get("ipfix.tls");
        HostPort syslog = collector.endPoints().get("syslog.tls");
        byte[] line = binding(34);

        sendTls(own.trustedBy(exporter), ipfix, Messages.MINI);
        sendTls(own.trustedBy(exporter), syslog, concat(ascii(line.length + " "), line));
        awaitCount(collector, Counter.BINDING_EVENTS, 2);
        for (SSLContext refused : List.of(own.trustedBy(null), own.trustedBy(stranger))) {
            assertThatThrownBy(() -> sendTls(refused, ipfix, Messages.MINI)).isInstanceOf(IOException.class);
        }
        sendTcp(Objects.requireNonNull(ipfix), Messages.MINI);
        sendTcp(Objects.requireNonNull(collector.endPoints().get("ipfix.tcp")), Messages.MINI);
        awaitCount(collector, Counter.BINDING_EVENTS, 3);
        collector.close();

        assertThat(events())
                .extracting(event -> event.getEvidence().getTransport())
                .containsExactlyInAnyOrder(
                        Evidence.Transport.IPFIX_TLS, Evidence.Transport.SYSLOG_TLS, Evidence.Transport.IPFIX_TCP);
    }

    /** Sends, and waits until the other side has closed as well, so that its refusal is noticed. */
    private static void sendTls(SSLContext tls, @Nullable HostPort to, byte[] octets) throws IOException {
        try (SSLSocket socket = (SSLSocket) tls.getSocketFactory()
                .createSocket(
                        InetAddress.getLoopbackAddress(),
                        Objects.requireNonNull(to).port())) {
            socket.setSoTimeout(20_000);
            socket.startHandshake();
            socket.getOutputStream().write(octets);
            socket.getOutputStream().flush();
            socket.shutdownOutput();
            assertThat(socket.getInputStream().read()).isNegative();
        }
    }

    @Test
    void tlsWithoutItsFilesIsOneSentence() {
        assertThatThrownBy(() -> start("IPFIX_TLS", "127.0.0.1:0"))
                .hasMessageContaining("need tls.certificate, tls.key and tls.trusted");
        assertThatThrownBy(() -> start(
                        "IPFIX_TLS", "127.0.0.1:0",
                        "TLS_CERTIFICATE", "no-such.pem",
                        "TLS_KEY", "no-such.key",
                        "TLS_CLIENT_AUTHENTICATION", "none"))
                .isInstanceOf(CollectorException.class)
                .hasMessageContaining("collector.tls: ")
                .hasMessageContaining("no-such.pem");
    }

    @Test
    void theVectorsOfNatLoggingArriveInKafka() throws Exception {
        Collector collector = start();
        sendUdp(collector.ipfixUdp(), Messages.TEMPLATES, Messages.RECORDS);
        awaitCount(collector, Counter.IPFIX_RECORDS, 13);
        collector.close();

        assertThat(events())
                .hasSize(8)
                .allSatisfy(
                        event -> assertThat(event.getEvidence().getExporter()).isEqualTo("127.0.0.1"));
        assertThat(read(Topic.NAT_CONDITIONS, NatCondition.parser())).hasSize(4);
        assertThat(read(Topic.UNDECODABLE, Undecodable.parser())).hasSize(1).allMatch(Undecodable::getNotAboutBindings);
    }

    @ParameterizedTest
    @CsvSource({"10, IPFIX_MESSAGES", "9, NETFLOW_PACKETS"})
    void softflowdIsDecodedCountedAndNamedAsNotAboutBindings(String version, Counter messages) throws Exception {
        String softflowd = Programs.find("softflowd", "softflowd");
        Collector collector = start();
        Path capture = directory.resolve("flows.pcap");
        writeCapture(capture);
        Programs.run(List.of(
                softflowd,
                "-r",
                capture.toString(),
                "-v",
                version,
                "-d",
                "-p",
                directory.resolve("softflowd.pid").toString(),
                "-c",
                "none",
                "-n",
                collector.ipfixUdp().toString()));
        awaitCount(collector, Counter.OTHER_IPFIX_RECORDS, 3);
        collector.close();

        CollectorCounters counters = collector.counters();
        assertThat(counters.get(messages)).isPositive();
        assertThat(counters.get(Counter.IPFIX_TEMPLATES)).isPositive();
        assertThat(counters.get(Counter.IPFIX_RECORDS)).isEqualTo(counters.notAboutBindings());
        assertThat(counters.undecodable()).isZero();
        assertThat(counters.gaps())
                .as("none but that of the start")
                .isEqualTo(counters.get(Counter.GAPS_NOT_COLLECTED))
                .isLessThanOrEqualTo(1);
        assertThat(counters.get(Counter.BINDING_EVENTS)).isZero();
        assertThat(read(Topic.UNDECODABLE, Undecodable.parser()))
                .allMatch(Undecodable::getNotAboutBindings)
                .anyMatch(undecodable -> undecodable.getReason().contains("no natEvent"));
    }

    /** Three UDP flows of two packets each, raw Ethernet frames in a pcap file. */
    private static void writeCapture(Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            out.writeInt(0xa1b2c3d4);
            out.writeShort(2);
            out.writeShort(4);
            out.writeInt(0);
            out.writeInt(0);
            out.writeInt(65535);
            out.writeInt(1);
            for (int packet = 0; packet < 6; packet++) {
                byte[] payload = new byte[20];
                int ipLength = 20 + 8 + payload.length;
                out.writeInt(1_700_000_000 + packet);
                out.writeInt(0);
                out.writeInt(14 + ipLength);
                out.writeInt(14 + ipLength);
                out.write(new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0});
                out.writeShort(0x4500);
                out.writeShort(ipLength);
                out.writeInt(0);
                out.writeShort(0x4011);
                out.writeShort(0);
                out.writeInt(0xc0000201);
                out.writeInt(0xc6336401);
                out.writeShort(40_000 + packet % 3);
                out.writeShort(53);
                out.writeShort(8 + payload.length);
                out.writeShort(0);
                out.write(payload);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--udp", "--tcp", "--tcp --octet-count"})
    void loggerIsDecodedCountedAndNamedAsNotAboutBindings(String transport) throws Exception {
        String logger = Programs.find("logger", "bsdutils");
        Collector collector = start();
        HostPort to = transport.contains("tcp") ? collector.syslogTcp() : collector.syslogUdp();
        List<String> command = new ArrayList<>(List.of(logger, "--rfc5424", "--server", to.host(), "--port"));
        command.add(Integer.toString(to.port()));
        command.addAll(List.of(transport.split(" ", -1)));
        command.addAll(List.of("--msgid", "LOGIN", "Somebody signed in"));
        Programs.run(command);
        awaitCount(collector, Counter.SYSLOG_MESSAGES, 1);
        collector.close();

        assertThat(collector.counters().get(Counter.SYSLOG_MESSAGES)).isEqualTo(1);
        assertThat(collector.counters().get(Counter.OTHER_SYSLOG_MESSAGES)).isEqualTo(1);
        assertThat(collector.counters().undecodable()).isZero();
        assertThat(read(Topic.UNDECODABLE, Undecodable.parser()))
                .singleElement()
                .satisfies(undecodable -> {
                    assertThat(undecodable.getNotAboutBindings()).isTrue();
                    assertThat(undecodable.getReason())
                            .isEqualTo(
                                    "neither the NAT logging draft nor any dialect has such a message, so it does not speak of a"
                                            + " binding");
                    SyslogMessage message =
                            SyslogMessage.parse(undecodable.getSource().getRaw().toByteArray());
                    assertThat(message.msgId()).isEqualTo("LOGIN");
                    assertThat(message.message()).contains("Somebody signed in");
                    assertThat(undecodable.getSource().getHostname()).isNotEmpty();
                });
    }

    @Test
    void garbageGoesToUndecodableWithItsReasonAndAGapFollows() throws Exception {
        Collector collector = start();
        sendUdp(collector.ipfixUdp(), ascii("this is no IPFIX"));
        sendUdp(collector.syslogUdp(), ascii("this is no syslog"));
        sendTcp(collector.syslogTcp(), ascii("<134>1 - - - - - [cut off"));
        await(() -> collector.counters().undecodable() == 3);
        awaitCount(collector, Counter.GAPS_UNDECODABLE, 1);
        collector.close();

        assertThat(read(Topic.UNDECODABLE, Undecodable.parser()))
                .noneMatch(Undecodable::getNotAboutBindings)
                .extracting(Undecodable::getReason)
                .containsExactlyInAnyOrder(
                        "message header: version 29800, expected 10",
                        "the message begins with neither a priority such as <134> nor a date and time, and is of no"
                                + " dialect",
                        "the connection was closed before the frame's end");
        assertThat(gaps()).isNotEmpty().allSatisfy(gap -> {
            assertThat(gap.getExporter()).isEqualTo("127.0.0.1");
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.UNDECODABLE);
        });
    }

    @Test
    void aLostMessageBecomesAGapInKafka() throws Exception {
        Collector collector = start("IPFIX_REORDER_WINDOW", "100ms");
        long now = System.currentTimeMillis() / 1000;
        Messages.Exporter exporter = new Messages.Exporter();
        byte[] template = exporter.template(now);
        byte[] first = exporter.records(2, now);
        byte[] lost = exporter.records(5, now);
        byte[] last = exporter.records(3, now);
        assertThat(lost).isNotEmpty();
        sendUdp(collector.ipfixUdp(), template, first, last);
        awaitCount(collector, Counter.GAPS_SEQUENCE, 1);
        collector.close();

        assertThat(gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.SEQUENCE);
            assertThat(gap.getLostRecords()).isEqualTo(5);
            assertThat(gap.getObservationDomain()).isEqualTo(1);
            assertThat(gap.getFromMillis()).isLessThan(gap.getToMillis());
        });
        assertThat(events()).hasSize(5);
    }

    @Test
    void aRestartedCollectorSaysThatItWasAway() throws Exception {
        Collector first = start();
        sendUdp(first.ipfixUdp(), Messages.MINI);
        awaitCount(first, Counter.BINDING_EVENTS, 1);
        first.close();
        long until = lastMark().getUntilMillis();
        // The jobs refuse records while no collector runs.
        broker.send(
                Topic.UNDECODABLE.topicName(),
                new byte[] {1},
                Undecodable.getDefaultInstance().toByteArray());
        rememberWhatIsThere();

        Collector second = start();
        sendUdp(second.ipfixUdp(), Messages.MINI);
        awaitCount(second, Counter.BINDING_EVENTS, 1);
        second.close();

        assertThat(read(Topic.EXPORTER_HEALTH, ExporterGap.parser()))
                .as("for whoever was not heard yet, and for the exporter that was, whose clock shows the year 2023")
                .filteredOn(gap -> gap.getCause() != ExporterGap.Cause.SKEW)
                .allSatisfy(gap -> {
                    assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
                    assertThat(gap.getFromMillis()).isEqualTo(until - 2000);
                })
                .extracting(ExporterGap::getExporter)
                .containsExactlyInAnyOrder("*", "127.0.0.1");
    }

    @Test
    void whatIsGivenUpAtTheStopIsMissingFromItsReceptionOn() throws Exception {
        Collector first = start("KAFKA_STOP_TIMEOUT", "1s");
        sendTcp(first.syslogTcp(), concat(binding(0), ascii("\n")));
        awaitCount(first, Counter.BINDING_EVENTS, 1);
        await(() -> first.counters().get(Counter.STORED) == 1 + first.counters().gaps());
        broker.stop();
        long before = System.currentTimeMillis();
        sendTcp(first.syslogTcp(), concat(binding(1), ascii("\n")));
        awaitCount(first, Counter.BINDING_EVENTS, 2);
        TimeUnit.SECONDS.sleep(6);
        first.close();
        broker.start();
        rememberWhatIsThere();
        assertThat(lastMark().getUntilMillis()).isLessThan(before);

        Collector second = start();
        awaitCount(second, Counter.GAPS_NOT_COLLECTED, 1);
        second.close();
        assertThat(read(Topic.EXPORTER_HEALTH, ExporterGap.parser()))
                .singleElement()
                .satisfies(gap -> {
                    assertThat(gap.getExporter()).isEqualTo("*");
                    assertThat(gap.getCause()).isEqualTo(ExporterGap.Cause.NOT_COLLECTED);
                    assertThat(gap.getFromMillis()).isLessThan(before);
                    assertThat(gap.getToMillis()).isGreaterThan(before + 6_000);
                });
    }

    @Test
    void whileKafkaIsAwayNoMarkPassesWhatWaitsForIt() throws Exception {
        Collector collector = start();
        sendTcp(collector.syslogTcp(), concat(binding(0), ascii("\n")));
        awaitCount(collector, Counter.STORED, 1);
        long stored = collector.counters().get(Counter.STORED);
        broker.stop();
        long before = System.currentTimeMillis();
        sendTcp(collector.syslogTcp(), concat(binding(1), ascii("\n")));
        awaitCount(collector, Counter.BINDING_EVENTS, 2);
        TimeUnit.SECONDS.sleep(11);
        broker.start();
        awaitCount(collector, Counter.STORED, stored + 1);
        collector.close();

        List<Long> marks = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.records("exporter-health-v1", this.before)) {
            ExporterGap gap = ExporterGap.parseFrom(record.value());
            if (gap.hasMark()) {
                marks.add(gap.getMark().getUntilMillis());
            }
        }
        assertThat(marks).isSorted();
        assertThat(marks.stream().filter(until -> until < before))
                .as("set while Kafka was away")
                .hasSizeGreaterThanOrEqualTo(2);
        assertThat(marks.getLast()).as("set at the stop").isGreaterThan(before);
    }

    /** The last mark in Kafka. */
    private CollectorMark lastMark() throws InvalidProtocolBufferException {
        return CollectorMark.parseFrom(broker.records(Topic.COLLECTOR_MARKS.topicName(), Map.of())
                .getLast()
                .value());
    }

    @Test
    void nothingThatSyslogOverTcpBroughtIsLostWhileTheBrokerIsAway() throws Exception {
        Collector collector = start();
        sendTcp(collector.syslogTcp(), concat(binding(0), ascii("\n")));
        awaitCount(collector, Counter.BINDING_EVENTS, 1);
        await(() -> collector.counters().get(Counter.STORED)
                == 1 + collector.counters().gaps());
        long stored = collector.counters().get(Counter.STORED);

        broker.stop();
        try (Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), collector.syslogTcp().port());
                OutputStream out = socket.getOutputStream()) {
            for (int i = 0; i < 5000; i++) {
                out.write(binding(i % 64));
                out.write('\n');
            }
            out.flush();
            awaitCount(collector, Counter.BINDING_EVENTS, 5001);
            assertThat(collector.counters().get(Counter.STORED)).isEqualTo(stored);
            broker.start();
            awaitCount(collector, Counter.STORED, stored + 5000);
        }

        List<BindingEvent> events = events();
        assertThat(events).hasSize(5001);
        List<String> expected = new ArrayList<>(List.of("0/6/0"));
        for (int i = 0; i < 5000; i++) {
            expected.add("0/6/" + i % 64);
        }
        assertThat(events.stream().map(BindingEvent::getPorts)).containsExactlyElementsOf(expected);
        assertThat(collector.counters().get(Counter.NOT_STORED)).isZero();
    }

    @Test
    void tcpSendersWaitWhileTheSpillIsFullAndNothingIsLost() throws Exception {
        Collector collector = start("KAFKA_BUFFER_OCTETS", "1048576", "SPILL_MAX_OCTETS", "16777216");
        broker.stop();
        int messages = 60_000;
        Thread sender = Thread.ofPlatform().start(() -> {
            try (Socket socket = new Socket(
                            InetAddress.getLoopbackAddress(),
                            collector.syslogTcp().port());
                    OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 65_536)) {
                for (int i = 0; i < messages; i++) {
                    out.write(binding(i % 64));
                    out.write('\n');
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        awaitCount(collector, Counter.TCP_PAUSES, 1);
        assertThat(collector.counters().get(Counter.BINDING_EVENTS)).isLessThan(messages);

        broker.start();
        sender.join();
        awaitCount(collector, Counter.BINDING_EVENTS, messages);
        collector.close();

        assertThat(events()).hasSize(messages);
        assertThat(collector.counters().get(Counter.NOT_STORED)).isZero();
    }

    @Test
    void aCollectorThatStopsHasStoredEverythingItTook() throws Exception {
        Collector collector = start();
        byte[][] datagrams = new byte[64][];
        for (int i = 0; i < datagrams.length; i++) {
            datagrams[i] = binding(i);
        }
        sendUdp(collector.syslogUdp(), datagrams);
        awaitCount(collector, Counter.BINDING_EVENTS, 64);
        collector.close();

        assertThat(collector.counters().get(Counter.STORED))
                .isEqualTo(64 + collector.counters().gaps());
        assertThat(events()).hasSize(64);
    }

    @Test
    void missingTopicsAreMadeAsTheSettingsSay() throws Exception {
        try (KafkaBroker fresh = new KafkaBroker(Files.createTempDirectory("portledger-kafka"))) {
            fresh.start();
            start(
                            "KAFKA_BOOTSTRAP_SERVERS", fresh.bootstrapServers(),
                            "KAFKA_NAT_EVENTS_PARTITIONS", "3",
                            "KAFKA_UNDECODABLE_RETENTION", "1h")
                    .close();
            try (Admin admin = fresh.admin()) {
                Map<String, TopicDescription> topics =
                        admin.describeTopics(TOPICS).allTopicNames().get();
                assertThat(topics.get("nat-events-v1")).isNotNull();
                assertThat(topics.values())
                        .filteredOn(topic -> topic.name().equals("nat-events-v1"))
                        .allSatisfy(topic -> assertThat(topic.partitions()).hasSize(3));
                assertThat(retention(admin, "nat-events-v1")).isEqualTo("-1");
                assertThat(retention(admin, "exporter-health-v1")).isEqualTo("-1");
                assertThat(retention(admin, "undecodable-v1")).isEqualTo("3600000");
            }
        }
    }

    private static String retention(Admin admin, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource))
                .all()
                .get()
                .values()
                .iterator()
                .next()
                .get("retention.ms")
                .value();
    }

    @Test
    void anExporterThatSpeaksIpv4ToASocketOfBothFamiliesIsKnownByItsIpv4Address() throws Exception {
        Collector collector = start("IPFIX_UDP", "[::]:0", "SYSLOG_TCP", "[::]:0");
        assertThat(collector.ipfixUdp().toString()).startsWith("[::]:");
        sendUdp(new HostPort("127.0.0.1", collector.ipfixUdp().port()), Messages.MINI);
        sendTcp(collector.syslogTcp(), concat(binding(1), ascii("\n")));
        awaitCount(collector, Counter.BINDING_EVENTS, 2);
        collector.close();

        assertThat(events())
                .extracting(event -> event.getEvidence().getExporter())
                .containsExactly("127.0.0.1", "127.0.0.1");
    }

    private static HttpResponse<String> get(Collector collector, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://" + collector.metrics().orElseThrow() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void theNumbersThatAreServedAreThoseOfTheDocument() throws Exception {
        Collector collector = start();
        sendTcp(collector.syslogTcp(), concat(binding(3), ascii("\n")));
        awaitCount(collector, Counter.STORED, 1);
        String metrics = get(collector, "/metrics").body();
        Set<String> served = new TreeSet<>();
        for (String line : metrics.split("\n", -1)) {
            if (line.startsWith("# TYPE ")) {
                String name = line.split(" ", -1)[2];
                served.add(name);
            }
        }
        Set<String> expected = new TreeSet<>();
        Set<String> documentedCounters = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("../../docs/collector.md"))) {
            Matcher gauge = Pattern.compile("\\| `(collector_[a-z_]+)`.*").matcher(line);
            if (gauge.matches()) {
                expected.add(gauge.group(1));
            } else if (line.startsWith("| `")) {
                Matcher counter = Pattern.compile("`([A-Z][A-Z0-9_]+)`").matcher(line.split("\\|", -1)[1]);
                while (counter.find()) {
                    documentedCounters.add(counter.group(1));
                }
            }
        }
        for (Counter counter : Counter.values()) {
            assertThat(documentedCounters).contains(counter.name());
            expected.add(Metrics.nameOf(counter) + "_total");
        }
        assertThat(served).isEqualTo(expected);
        assertThat(metrics)
                .contains("collector_binding_events_total 1.0\n")
                .contains("collector_exporter_last_heard_timestamp_seconds{exporter=\"127.0.0.1\"} ");
        HttpResponse<String> health = get(collector, "/health");
        assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
        assertThat(get(collector, "/nonsense").statusCode()).isEqualTo(404);
    }

    @Test
    void aTakenPortIsAClearError() throws Exception {
        Collector first = start();
        String taken = first.syslogTcp().toString();
        assertThatThrownBy(() -> start("SYSLOG_TCP", taken))
                .isInstanceOf(CollectorException.class)
                .hasMessageStartingWith("collector.syslog.tcp: cannot listen on " + taken)
                .hasMessageEndingWith("stop what uses the port, or set another");
    }

    @Test
    void aBrokerThatDoesNotAnswerIsAClearError() {
        assertThatThrownBy(() -> Collector.start(CollectorSettings.read(
                        null,
                        Map.of(
                                "PORTLEDGER_COLLECTOR_STATE_DIRECTORY", newStateDirectory(),
                                "PORTLEDGER_COLLECTOR_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1",
                                "PORTLEDGER_COLLECTOR_KAFKA_START_TIMEOUT", "1s"))))
                .isInstanceOf(CollectorException.class)
                .hasMessage("Kafka at 127.0.0.1:1 did not answer within 1 s; start it, or set"
                        + " collector.kafka.bootstrap-servers");
    }
}
