package io.portledger.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.Mapping;
import io.portledger.records.v1.Undecodable;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BindingFactTest {

    private static final Evidence EVIDENCE =
            Evidence.newBuilder().setExporter("2001:db8::1").build();
    private static final BindingFact FACT = new BindingFact(
            BindingEvent.Kind.ALLOCATED,
            1_700_000_000_123L,
            Ipv4Address.parse("203.0.113.7"),
            new PortSet(6, 4, 3),
            Ipv6Address.parse("2001:db8::b4"),
            null,
            "subscriber-1",
            7,
            Ipv6Address.parse("2001:db8::b"));

    @Test
    void aFactBecomesARecordFieldByField() {
        BindingEvent event = FACT.toEvent(EVIDENCE);

        assertThat(event.getKind()).isEqualTo(BindingEvent.Kind.ALLOCATED);
        assertThat(event.getEventTimeMillis()).isEqualTo(1_700_000_000_123L);
        assertThat(event.getIpv4()).isEqualTo(0xcb007107);
        assertThat(event.getPorts()).isEqualTo("6/4/3");
        assertThat(event.getHolder().getIpv6().toByteArray())
                .isEqualTo(Ipv6Address.parse("2001:db8::b4").toBytes());
        assertThat(event.getHolder().getInsideIpv4()).isZero();
        assertThat(event.getHolder().getSubscriber()).isEqualTo("subscriber-1");
        assertThat(event.getHolder().getNatInstance()).isEqualTo(7);
        assertThat(event.getBr().toByteArray())
                .isEqualTo(Ipv6Address.parse("2001:db8::b").toBytes());
        assertThat(event.getEvidence()).isEqualTo(EVIDENCE);
    }

    @Test
    void theSamePortsAreAlwaysTheSameFact() {
        BindingFact asSet = withPorts(new PortSet(1, 5, 2));

        assertThat(asSet).isEqualTo(withPorts(new PortSet(0, 6, 34)));
        assertThat(asSet).isEqualTo(withPorts(new PortRange(34816, 35839)));
        assertThat(BindingFact.from(asSet.toEvent(EVIDENCE).toBuilder()
                        .setPorts("34816-35839")
                        .build()))
                .isEqualTo(asSet);
    }

    @Test
    void portsThatAreNoPortSetKeepTheirBounds() {
        BindingFact fact = withPorts(new PortRange(1000, 1099));

        assertThat(fact.toEvent(EVIDENCE).getPorts()).isEqualTo("1000-1099");
        assertThat(BindingFact.from(fact.toEvent(EVIDENCE))).isEqualTo(fact);
    }

    private static BindingFact withPorts(Ports ports) {
        return new BindingFact(FACT.kind(), 1, FACT.ipv4(), ports, null, Ipv4Address.parse("10.0.0.1"), null, 0, null);
    }

    static List<Arguments> nonsense() {
        return List.of(
                damaged(
                        event -> event.setKind(BindingEvent.Kind.KIND_UNSPECIFIED),
                        "kind is KIND_UNSPECIFIED (allowed: ALLOCATED, RELEASED)"),
                damaged(
                        BindingEvent.Builder::clearEventTimeMillis,
                        "event_time_millis is 0 (allowed: 1-253402300799999, the years 1970 to 9999)"),
                damaged(
                        event -> event.setEventTimeMillis(Long.MAX_VALUE),
                        "event_time_millis is 9223372036854775807 (allowed: 1-253402300799999, the years 1970 to"
                                + " 9999)"),
                damaged(BindingEvent.Builder::clearIpv4, "ipv4 is 0.0.0.0, which nobody can hold"),
                damaged(BindingEvent.Builder::clearPorts, "ports: \"\" is neither a/k/psid nor first-last"),
                damaged(
                        event -> event.setPorts("9/9/0"),
                        "ports: PSID offset 9 and PSID length 9 together exceed the 16 bits of a port"),
                damaged(
                        event -> event.setPorts("5-70000"),
                        "ports: port range 5-70000 is not within 0-65535 with its lower port first"),
                damaged(
                        BindingEvent.Builder::clearHolder,
                        "holder is nobody: it has neither an ipv6 nor an inside_ipv4 nor a subscriber"),
                damaged(
                        event -> event.setHolder(Holder.newBuilder().setIpv6(ByteString.copyFrom(new byte[4]))),
                        "holder.ipv6 has 4 octets (allowed: 0, 16)"),
                damaged(event -> event.setBr(ByteString.copyFrom(new byte[15])), "br has 15 octets (allowed: 0, 16)"),
                damaged(
                        event -> event.setHolder(Holder.newBuilder().setSubscriber("x".repeat(256))),
                        "subscriber has 256 characters (allowed: 1-255)"),
                damaged(
                        event -> event.setMapping(
                                Mapping.newBuilder().setProtocol(6).setInsidePort(1)),
                        "ports 6/4/3 are 4032, but a mapping has a single one, unless it is no more than a protocol"),
                damaged(
                        event -> event.setMapping(Mapping.newBuilder().setProtocol(256)),
                        "mapping.protocol is 256 (allowed: 0-255)"),
                damaged(
                        event -> event.setMapping(Mapping.newBuilder().setDestinationPort(443)),
                        "mapping.destination_port is 443, but there is no destination_ipv4"));
    }

    private static Arguments damaged(UnaryOperator<BindingEvent.Builder> damage, String message) {
        return Arguments.of(damage.apply(FACT.toEvent(EVIDENCE).toBuilder()).build(), message);
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseFromKafkaIsRefusedWithItsField(BindingEvent event, String message) {
        assertThatThrownBy(() -> BindingFact.from(event))
                .isInstanceOf(InvalidRecordException.class)
                .hasMessage(message);
    }

    @Test
    void aBlockMayBeOfOneProtocol() {
        BindingFact ofTcp = BindingFact.from(FACT.toEvent(EVIDENCE).toBuilder()
                .setMapping(Mapping.newBuilder().setProtocol(6))
                .build());
        assertThat(ofTcp.mapping()).isEqualTo(new NatMapping(6, 0, null, 0));
        assertThat(ofTcp.ports()).isEqualTo(FACT.ports());
        assertThat(BindingFact.from(ofTcp.toEvent(EVIDENCE))).isEqualTo(ofTcp);
    }

    @Test
    void addressesAreSpreadOverAllPartitionsAndStayWhereTheyAre() {
        assertThat(RecordKey.partition(FACT.ipv4().bits(), 1)).isZero();
        for (int step : new int[] {1, 2, 64, 256, 1024}) {
            int[] counts = new int[8];
            for (int i = 0; i < 8000; i++) {
                counts[RecordKey.partition(0xc6120000 + i * step, 8)]++;
            }
            assertThat(counts).as("every %d-th address", step).doesNotContain(0);
            assertThat(IntStream.of(counts).max().orElseThrow()).isLessThan(2000);
        }
        // Whoever changes this breaks the order of what is in Kafka.
        assertThat(IntStream.range(0, 4).map(i -> RecordKey.partition(0xcb007107 + i, 8)))
                .containsExactly(3, 0, 5, 2);
    }

    @Test
    void recordsOfOneExporterShareTheirKey() {
        byte[] exporter = "2001:db8::1".getBytes(StandardCharsets.UTF_8);
        assertThat(RecordKey.of(
                        ExporterGap.newBuilder().setExporter("2001:db8::1").build()))
                .isEqualTo(exporter);
        assertThat(RecordKey.of(Undecodable.newBuilder().setSource(EVIDENCE).build()))
                .isEqualTo(exporter);
    }

    @Test
    void recordsPassThroughKafkasSerializers() {
        BindingEvent event = FACT.toEvent(EVIDENCE);
        String topic = Topic.NAT_EVENTS.topicName();
        try (ProtobufSerializer<BindingEvent> serializer = new ProtobufSerializer<>();
                ProtobufDeserializer<BindingEvent> deserializer = new ProtobufDeserializer<>(BindingEvent.parser())) {
            byte[] octets = serializer.serialize(topic, event);

            assertThat(deserializer.deserialize(topic, octets)).isEqualTo(event);
            assertThat(deserializer.deserialize(topic, null)).isNull();
            assertThatThrownBy(() -> deserializer.deserialize(topic, new byte[] {(byte) 0xff}))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageStartingWith("1 octets in topic nat-events-v1 are no record of it");
        }
    }
}
