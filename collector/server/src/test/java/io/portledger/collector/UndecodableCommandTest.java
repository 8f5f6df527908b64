package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.portledger.records.BindingEventReader;
import io.portledger.records.BindingFact;
import io.portledger.records.RecordKey;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.Undecodable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Kept input in a real Kafka, as an operator looks at it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UndecodableCommandTest {

    private static final long RECEIVED = 1_764_000_000_000L;
    private static final String BINDING = "<134>1 2025-11-24T16:00:00.000Z nat1 NAT 4711 PTADD [nprng NATINST=\"1\""
            + " SSUBIX=\"1\" SV6ENC=\"2001:db8:0:100:0:c000:201:22\" IATYP=\"IPv6\""
            + " ISADDR=\"2001:db8:0:100:0:c000:201:22\" XATYP=\"IPv4\" XSADDR=\"192.0.2.1\" PORTMN=\"1024\""
            + " PORTMX=\"2047\" TRIG=\"ADMIN\"]";

    private KafkaBroker broker;
    private Path config;

    @SuppressWarnings("NullAway.Init") // set before all tests
    UndecodableCommandTest() {}

    @BeforeAll
    void keepSomeInput(@TempDir Path directory) throws Exception {
        broker = new KafkaBroker(Files.createTempDirectory("portledger-kafka"));
        broker.start();
        config = directory.resolve("collector.yaml");
        Files.writeString(config, """
                collector:
                  state-directory: "%s"
                  kafka: {bootstrap-servers: "%s", nat-events: {partitions: 1}}
                """.formatted(directory.resolve("state"), broker.bootstrapServers()));
        OptionalLong _ = KafkaAccess.prepareTopics(
                CollectorSettings.read(config, Map.of()).kafka(), "for-the-test");
        keep(
                "192.0.2.10",
                Evidence.Transport.SYSLOG_TCP,
                0,
                BINDING.getBytes(StandardCharsets.US_ASCII),
                "no dialect 7",
                false);
        keep("192.0.2.10", Evidence.Transport.SYSLOG_UDP, 0, new byte[] {1, 2, 27, 65}, "no dialect 8", false);
        keep("192.0.2.11", Evidence.Transport.IPFIX_UDP, 0, Messages.MINI, "version was not known", false);
        keep("192.0.2.11", Evidence.Transport.IPFIX_UDP, 300, new byte[40], "natEvent is 99", false);
        keep("192.0.2.12", Evidence.Transport.SYSLOG_UDP, 0, new byte[] {65}, "ordinary", true);
    }

    @AfterAll
    void stopBroker() {
        broker.close();
    }

    private void keep(
            String exporter, Evidence.Transport transport, int templateId, byte[] raw, String reason, boolean isOther)
            throws Exception {
        Undecodable kept = Undecodable.newBuilder()
                .setSource(Outbox.evidence(exporter, transport, RECEIVED, ByteString.copyFrom(raw))
                        .setTemplateId(templateId))
                .setReason(reason)
                .setNotAboutBindings(isOther)
                .build();
        broker.send(Topic.UNDECODABLE.topicName(), RecordKey.of(kept), kept.toByteArray());
    }

    private String run(int expectedCode, String... arguments) {
        StringWriter out = new StringWriter();
        List<String> all = new ArrayList<>(List.of("undecodable"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--config", config.toString()));
        int code = new CommandLine(new CollectorCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(out))
                .execute(all.toArray(String[]::new));
        assertThat(code).as(out.toString()).isEqualTo(expectedCode);
        return out.toString();
    }

    private List<BindingEvent> events() throws Exception {
        List<BindingEvent> events = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.records(Topic.NAT_EVENTS.topicName(), Map.of())) {
            events.addAll(BindingEventReader.read(BindingEvents.parseFrom(record.value())));
        }
        return events;
    }

    @Test
    void listCountsByExporterAndKindOfReason() {
        String all = run(0, "list");
        assertThat(all.lines()).hasSize(4);
        assertThat(all)
                .contains("         2  192.0.2.10")
                .contains("0:1")
                .contains("no dialect 8")
                .doesNotContain("192.0.2.12");
        assertThat(run(0, "list", "--other")).contains("192.0.2.12");
        assertThat(run(0, "list", "--exporter", "192.0.2.11", "--reason", "NATEVENT")
                        .lines())
                .hasSize(2);
        assertThat(run(0, "list", "--until", "2025-11-24T15:59:59Z").lines()).hasSize(1);
        assertThat(run(0, "list", "--exporter", "192.0.2.10", "--json"))
                .startsWith("[{\"count\":2,\"exporter\":\"192.0.2.10\",\"kind\":\"no dialect N\"");
    }

    @Test
    void showTellsEverythingAndNothingInItControlsTheTerminal() {
        String shown = run(0, "show", "0:1");
        assertThat(shown)
                .contains("192.0.2.10", "SYSLOG_UDP", "2025-11-24T16:00:00Z", "no dialect 8", "01 02 1b 41")
                .contains("\\u0001\\u0002\\u001bA")
                .doesNotContain("\u001b");
        assertThat(run(2, "show", "0:99")).contains("there is nothing at 0:99");
        assertThat(run(2, "show", "nonsense")).contains("is no place");
    }

    @Test
    void whatIsReadableNowIsToldAsIfItHadBeenThen() throws Exception {
        int before = events().size();
        assertThat(run(0, "replay", "--dry-run"))
                .contains("2 replayed with 2 records, 2 still fail; nothing was handed to Kafka");
        assertThat(events()).hasSize(before);

        String replayed = run(0, "replay");
        assertThat(replayed)
                .contains("0:0 of 192.0.2.10, received 2025-11-24T16:00:00Z: 1 records")
                .contains("0:2 of 192.0.2.11")
                .contains("only the octets of its record or set are kept, and not template N")
                .contains("2 replayed with 2 records, 2 still fail");
        List<BindingEvent> events = events();
        assertThat(events).hasSize(before + 2).allSatisfy(event -> {
            assertThat(event.getEvidence().getReceivedMillis()).isEqualTo(RECEIVED);
            assertThat(event.getEvidence().getExporter()).isIn("192.0.2.10", "192.0.2.11");
        });
        run(0, "replay");
        assertThat(events().stream().map(BindingFact::from).distinct())
                .as("the same facts")
                .hasSize(2);
        assertThat(events().stream().distinct()).as("and evidence").hasSize(2);
    }
}
