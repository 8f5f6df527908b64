package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.records.BindingEventReader;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.ExporterGap;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Ipv4Address;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
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
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Collectors whose Kafka goes away, and that are stopped or killed meanwhile: real processes, a real broker. */
class CollectorOutageTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private @TempDir Path directory;
    private KafkaBroker broker;

    @SuppressWarnings("NullAway.Init") // set before each test
    CollectorOutageTest() {}

    @BeforeEach
    void startBroker() throws Exception {
        broker = new KafkaBroker(Files.createTempDirectory("portledger-kafka"));
        broker.start();
    }

    @AfterEach
    void stopBroker() {
        broker.close();
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(120, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(100));
    }

    /** A binding of a whole block; what tells one from another is its public address. */
    private static byte[] binding(int ipv4, Instant at) {
        return ("<134>1 " + at.truncatedTo(ChronoUnit.MILLIS) + " nat1 NAT 4711 PTADD [nprng NATINST=\"1\" SSUBIX=\"1\""
                        + " SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
                        + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\""
                        + new Ipv4Address(ipv4) + "\" PORTMN=\"1024\" PORTMX=\"2047\" TRIG=\"ADMIN\"]")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private Collector startHere(Path state) {
        Map<String, String> environment = new HashMap<>();
        Map.of(
                        "IPFIX_UDP", "127.0.0.1:0",
                        "SYSLOG_UDP", "127.0.0.1:0",
                        "SYSLOG_TCP", "127.0.0.1:0",
                        "METRICS_LISTEN", "127.0.0.1:0",
                        "STATE_DIRECTORY", state.toString(),
                        "METRICS_KAFKA_SILENCE", "2s",
                        "KAFKA_STOP_TIMEOUT", "1s",
                        "KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers())
                .forEach((key, value) -> environment.put("PORTLEDGER_COLLECTOR_" + key, value));
        return Collector.start(CollectorSettings.read(null, environment));
    }

    private static Instant send(HostPort syslogTcp, int firstIpv4, int count) throws IOException {
        Instant at = Instant.ofEpochMilli(System.currentTimeMillis());
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), syslogTcp.port());
                OutputStream out = new BufferedOutputStream(socket.getOutputStream())) {
            for (int i = 0; i < count; i++) {
                out.write(binding(firstIpv4 + i, at));
                out.write('\n');
            }
        }
        return at;
    }

    private static HttpResponse<String> get(HostPort metrics, String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://" + metrics + path)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private Set<Integer> addressesInKafka() throws Exception {
        Set<Integer> addresses = new TreeSet<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.records(Topic.NAT_EVENTS.topicName(), Map.of())) {
            for (BindingEvent event : BindingEventReader.read(BindingEvents.parseFrom(record.value()))) {
                addresses.add(event.getIpv4());
            }
        }
        return addresses;
    }

    private List<ExporterGap> gapsOfAll() throws Exception {
        List<ExporterGap> gaps = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.records(Topic.EXPORTER_HEALTH.topicName(), Map.of())) {
            ExporterGap gap = ExporterGap.parseFrom(record.value());
            if (!gap.hasMark() && gap.getExporter().equals("*")) {
                gaps.add(gap);
            }
        }
        return gaps;
    }

    @Test
    void aRestartDuringAnOutageLosesNothingAndCallsNoMoreTimeLostThanItWasAway() throws Exception {
        Path state = directory.resolve("state");
        int first = 0xc6120000;
        Instant stopped;
        Instant started;
        try (Collector collector = startHere(state)) {
            send(collector.syslogTcp(), first, 10);
            await().until(() -> collector.counters().get(Counter.STORED) >= 10);
            broker.stop();
            send(collector.syslogTcp(), first + 10, 2000);
            await().until(() -> collector.counters().get(Counter.ACCEPTED) >= 2010);
            assertThatThrownBy(() -> startHere(state))
                    .isInstanceOf(CollectorException.class)
                    .hasMessageStartingWith("another collector uses the state directory " + state);
            stopped = Instant.now();
        }
        try (Collector collector = startHere(state)) {
            started = Instant.now();
            send(collector.syslogTcp(), first + 2010, 100);
            await().until(() -> collector.counters().get(Counter.ACCEPTED) >= 100);
            assertThat(collector.counters().get(Counter.STORED)).isZero();
            await().until(() ->
                    get(collector.metrics().orElseThrow(), "/health").statusCode() == 503);
            assertThat(get(collector.metrics().orElseThrow(), "/health").body())
                    .matches("Kafka has not answered for \\d+ s\n");
            broker.start();
            await().until(() -> addressesInKafka().size() == 2110);
            await().until(() -> !gapsOfAll().isEmpty());
            await().until(() ->
                    get(collector.metrics().orElseThrow(), "/health").statusCode() == 200);
        }
        assertThat(gapsOfAll()).singleElement().satisfies(gap -> {
            assertThat(gap.getFromMillis()).isBetween(stopped.toEpochMilli() - 20_000, stopped.toEpochMilli() + 5_000);
            assertThat(gap.getToMillis()).isBetween(stopped.toEpochMilli(), started.toEpochMilli());
        });
        try (Collector collector = startHere(state)) {
            await().until(() -> collector.counters().get(Counter.GAPS_NOT_COLLECTED) >= 1);
        }
        assertThat(addressesInKafka()).hasSize(2110);
        assertThat(gapsOfAll()).hasSize(2);
    }

    /** A process of its own, that can be killed. */
    private final class CollectorProcess {
        private final Process process;
        private final Properties ready = new Properties();

        CollectorProcess(Path state, int round) throws Exception {
            Path config = directory.resolve("collector.yaml");
            Files.writeString(config, """
                    collector:
                      name: killed
                      state-directory: "%s"
                      ipfix: {udp: "127.0.0.1:0"}
                      syslog: {udp: "127.0.0.1:0", tcp: "127.0.0.1:0"}
                      metrics: {listen: "127.0.0.1:0"}
                      kafka: {bootstrap-servers: "%s"}
                    """.formatted(state, broker.bootstrapServers()));
            Path readyFile = directory.resolve("ready-" + round);
            Path log = directory.resolve("log-" + round);
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-Xmx192m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            CollectorCommand.class.getName(),
                            "--config",
                            config.toString(),
                            "--ready-file",
                            readyFile.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            await().until(() -> Files.exists(readyFile) || !process.isAlive());
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            try (var in = Files.newBufferedReader(readyFile)) {
                ready.load(in);
            }
        }

        HostPort at(String key) {
            return HostPort.parse(ready.getProperty(key));
        }

        /** How many events are certainly accepted: what is, less all gaps that might be among it. */
        long acceptedEvents() throws Exception {
            long accepted = 0;
            long gaps = 0;
            for (String line : get(at("metrics"), "/metrics").body().split("\n", -1)) {
                if (line.startsWith("collector_accepted_total ")) {
                    accepted = (long) Double.parseDouble(line.substring(line.indexOf(' ')));
                } else if (line.startsWith("collector_gaps_")) {
                    gaps += (long) Double.parseDouble(line.substring(line.indexOf(' ')));
                }
            }
            return accepted - gaps;
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whatWasAcceptedSurvivesKillsAndWhatWasNotIsInAGap() throws Exception {
        Path state = directory.resolve("state");
        Set<Integer> accepted = new TreeSet<>();
        Map<Integer, Instant> perhaps = new TreeMap<>();
        int next = 0xc6130000;
        for (int round = 0; round < 3; round++) {
            if (round == 1) {
                broker.stop();
            }
            CollectorProcess collector = new CollectorProcess(state, round);
            try (Socket socket = new Socket(
                            InetAddress.getLoopbackAddress(),
                            collector.at("syslog.tcp").port());
                    OutputStream out = socket.getOutputStream();
                    DatagramSocket udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
                int sent = 0;
                for (int i = 0; i < 10; i++) {
                    for (int j = 0; j < 100; j++) {
                        byte[] line = binding(next, Instant.now());
                        if (j % 10 == 0) {
                            udp.send(new DatagramPacket(
                                    line,
                                    line.length,
                                    collector.at("syslog.udp").toSocketAddress()));
                        } else {
                            out.write(line);
                            out.write('\n');
                        }
                        accepted.add(next++);
                        sent++;
                    }
                    long expected = sent;
                    await().until(() -> collector.acceptedEvents() >= expected);
                }
                int first = next;
                Thread sender = Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < 50_000; i++) {
                            Instant now = Instant.now();
                            byte[] line = binding(first + i, now);
                            perhaps.put(first + i, now);
                            if (i % 10 == 0) {
                                udp.send(new DatagramPacket(
                                        line,
                                        line.length,
                                        collector.at("syslog.udp").toSocketAddress()));
                            } else {
                                out.write(line);
                                out.write('\n');
                            }
                        }
                    } catch (IOException e) {
                        // It was killed, as it should be.
                        perhaps.putIfAbsent(first, Instant.now());
                    }
                });
                await().until(() -> collector.acceptedEvents() > 1100);
                collector.kill();
                sender.join();
            }
            next = 0xc6130000 + 0x10000 * (round + 1);
        }
        broker.start();
        CollectorProcess last = new CollectorProcess(state, 3);
        try {
            await().until(() -> addressesInKafka().containsAll(accepted));
            await().until(() -> last.acceptedEvents() >= 0 && gapsOfAll().size() >= 3);
            Set<Integer> there = addressesInKafka();
            List<ExporterGap> gaps = gapsOfAll();
            assertThat(perhaps).isNotEmpty();
            perhaps.forEach((ipv4, at) -> {
                if (!there.contains(ipv4)) {
                    assertThat(gaps)
                            .as("a gap has what was sent at %s and is not there", at)
                            .anyMatch(gap ->
                                    gap.getFromMillis() <= at.toEpochMilli() && gap.getToMillis() >= at.toEpochMilli());
                }
            });
            assertThat(gaps)
                    .allSatisfy(gap -> assertThat(gap.getToMillis() - gap.getFromMillis())
                            .as("no more than the time from the last mark to the next start")
                            .isLessThan(Duration.ofMinutes(4).toMillis()));
        } finally {
            last.kill();
        }
    }
}
