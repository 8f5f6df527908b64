package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes by way of rsyslog says the same as what comes straight from the NAT, whatever rsyslog makes of its header. */
class RelayTest {

    /** Rsyslog guesses years from its own clock, so the messages are of now. */
    private final Instant now = Instant.ofEpochSecond(Instant.now().getEpochSecond());

    private @TempDir Path directory;

    private List<String> messages() {
        String bsd =
                DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ENGLISH).format(now.atZone(ZoneOffset.UTC));
        return List.of(
                "<14>" + bsd + " cgnat1 nat: A VRF 7 INT 10.0.0.1 EXT 198.51.100.1:1024-1535",
                "<14>" + bsd + " vsr fp-cgnat[4269]: USER 100.64.0.1 (matching rule 1): NEW BLOCK (pool \"mypool\", ip"
                        + " public 192.0.2.33, proto 6, port 1 - 512)",
                "<14>" + bsd
                        + " bng1 RT_NAT: RT_SRC_NAT_PBA_ALLOC: Subscriber 100.64.60.74 used/maximum [10/15] blocks,"
                        + " allocates port block [24064-24191] from 203.0.113.100 in source pool POOL lsys_id: 0 epoch 0x"
                        + Long.toHexString(now.getEpochSecond()),
                "<134>" + bsd + " cgn0 CEF:0|A10|CFW|6.0.0-P1|CGN 106|Nat Port Batch Pool Allocated|5|proto=UDP"
                        + " src=100.65.140.73 sourceTranslatedAddress=198.51.100.12 sourceTranslatedPort=22016 cn3=22271"
                        + " cn3Label=Last Nat Port");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"RSYSLOG_TraditionalForwardFormat", "RSYSLOG_ForwardFormat", "RSYSLOG_SyslogProtocol23Format"})
    void aRelayedMessageIsTheSameFact(String template) throws Exception {
        String rsyslogd = Programs.find("rsyslogd", "rsyslog");
        try (DatagramSocket collector = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                DatagramSocket exporter = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            collector.setSoTimeout(500);
            int port = freePort();
            Path configuration = Files.writeString(directory.resolve("rsyslog.conf"), """
                    global(workDirectory="%s")
                    module(load="imudp")
                    ruleset(name="r") {
                      action(type="omfwd" target="127.0.0.1" port="%d" protocol="udp" template="%s")
                    }
                    input(type="imudp" address="127.0.0.1" port="%d" ruleset="r")
                    """.formatted(
                            directory, collector.getLocalPort(), template, port));
            ProcessBuilder builder = new ProcessBuilder(
                            rsyslogd,
                            "-n",
                            "-f",
                            configuration.toString(),
                            "-i",
                            directory.resolve("pid").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("rsyslog.log").toFile());
            builder.environment().put("TZ", "UTC");
            Process relay = builder.start();
            try {
                List<String> relayed = new ArrayList<>();
                for (String message : messages()) {
                    relayed.add(relay(message, exporter, port, collector));
                }
                assertThat(facts(relayed))
                        .isEqualTo(facts(messages()))
                        .hasSize(messages().size());
            } finally {
                relay.destroy();
            }
        }
    }

    private static int freePort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Sends until it comes out: at first rsyslog may not listen yet. */
    private static String relay(String message, DatagramSocket exporter, int port, DatagramSocket collector)
            throws Exception {
        byte[] octets = message.getBytes(StandardCharsets.US_ASCII);
        String host = message.split(" +", 5)[3];
        for (int tries = 0; tries < 100; tries++) {
            exporter.send(new DatagramPacket(octets, octets.length, InetAddress.getLoopbackAddress(), port));
            String received = receive(collector);
            while (received != null && !received.contains(" " + host + " ")) {
                received = receive(collector);
            }
            if (received != null) {
                return received;
            }
        }
        throw new AssertionError("rsyslog does not relay " + message);
    }

    private static @Nullable String receive(DatagramSocket collector) throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
        try {
            collector.receive(packet);
        } catch (SocketTimeoutException e) {
            return null;
        }
        return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
    }

    private List<BindingFact> facts(List<String> messages) throws Exception {
        SyslogSettings settings = CollectorSettings.read(null, Map.of()).syslog();
        try (KafkaInMemory kafka = new KafkaInMemory(true, 1 << 20)) {
            SyslogIntake intake = new SyslogIntake(
                    settings,
                    SyslogIntake.dialects(settings),
                    32473,
                    () -> now,
                    kafka.outbox,
                    kafka.gapBoard,
                    new SkewWatch(kafka.gapBoard, 5000, 0),
                    kafka.tally,
                    2000,
                    OptionalLong.empty());
            Outbox.Batch batch = kafka.outbox.new Batch();
            for (String message : messages) {
                intake.take(
                        message.getBytes(StandardCharsets.US_ASCII),
                        null,
                        SyslogIntake.Source.live("127.0.0.1", Evidence.Transport.SYSLOG_UDP, now.toEpochMilli()),
                        batch);
            }
            batch.flush();
            List<BindingFact> facts = new ArrayList<>();
            for (BindingEvent event : kafka.events()) {
                facts.add(BindingFact.from(event));
            }
            return facts;
        }
    }
}
