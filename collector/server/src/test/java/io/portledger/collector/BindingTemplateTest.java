package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.ElementRegistry;
import io.portledger.ipfix.FieldSpecifier;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.ipfix.IpfixDecoder;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.IpfixException;
import io.portledger.ipfix.IpfixVisitor;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.Template;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent.Kind;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BindingTemplateTest {

    private static final long AT = 1_700_000_000_123L;
    private static final Lw4o6Elements OWN = Lw4o6Elements.of(32473);
    private static final Ipv6Address B4 = Ipv6Address.parse("2001:db8::b4");
    private static final Ipv4Address PUBLIC = Ipv4Address.parse("192.0.2.1");

    /** A record with these fields in this order; a Long is a number or time, an Integer an IPv4 address. */
    private static Reading read(List<Map.Entry<InformationElement, Object>> fields) throws IpfixException {
        Template template = Template.of(
                256,
                fields.stream().map(field -> FieldSpecifier.of(field.getKey())).toList());
        IpfixEncoder encoder = new IpfixEncoder(1, 1400);
        ByteBuf message = Unpooled.buffer();
        encoder.begin(message, AT / 1000);
        encoder.addTemplate(template);
        encoder.addRecord(template, fields, BindingTemplateTest::write);
        encoder.end();
        List<Reading> readings = new ArrayList<>();
        new IpfixDecoder(ElementRegistry.iana().with(OWN.all()))
                .decode(message, new TemplateStore(TemplateStore.Session.UNRELIABLE), new IpfixVisitor() {
                    @Override
                    public void onRecord(DataRecord record) {
                        readings.add(new BindingTemplate(record.template(), OWN).read(record));
                    }
                });
        return readings.getFirst();
    }

    private static void write(List<Map.Entry<InformationElement, Object>> fields, RecordWriter out) {
        for (Map.Entry<InformationElement, Object> field : fields) {
            switch (field.getValue()) {
                case Long number when field.getKey().type().isTime() -> out.putEpochMillis(number);
                case Long number -> out.putUnsigned(number);
                case Ipv4Address ipv4 -> out.putIpv4(ipv4.bits());
                case Ipv6Address ipv6 -> out.putIpv6(ipv6.high(), ipv6.low());
                case String text -> out.putString(text);
                default -> throw new AssertionError(field);
            }
        }
    }

    private static List<Map.Entry<InformationElement, Object>> record(Object... more) {
        List<Map.Entry<InformationElement, Object>> fields = new ArrayList<>(List.of(
                Map.entry(Iana.OBSERVATION_TIME_MILLISECONDS, AT),
                Map.entry(Iana.SOURCE_IPV6_ADDRESS, B4),
                Map.entry(Iana.POST_NAT_SOURCE_IPV4_ADDRESS, PUBLIC)));
        for (int i = 0; i < more.length; i += 2) {
            fields.add(Map.entry((InformationElement) more[i], more[i + 1]));
        }
        return fields;
    }

    static List<Arguments> ports() {
        return List.of(
                Arguments.of(
                        record(Iana.PORT_RANGE_START, 1000L, Iana.PORT_RANGE_END, 1099L), new PortRange(1000, 1099)),
                Arguments.of(record(Iana.PORT_RANGE_START, 34816L, Iana.PORT_RANGE_END, 35839L), new PortSet(0, 6, 34)),
                Arguments.of(
                        record(
                                Iana.PORT_RANGE_START, 34816L,
                                Iana.PORT_RANGE_END, 35839L,
                                Iana.PORT_RANGE_STEP_SIZE, 1L,
                                Iana.PORT_RANGE_NUM_PORTS, 1024L),
                        new PortSet(0, 6, 34)),
                // nfcapd and others fill in zeros for what they do not know.
                Arguments.of(
                        record(
                                Iana.PORT_RANGE_START, 0L,
                                Iana.PORT_RANGE_END, 65535L,
                                Iana.PORT_RANGE_STEP_SIZE, 0L,
                                Iana.PORT_RANGE_NUM_PORTS, 0L),
                        PortSet.WHOLE_ADDRESS),
                Arguments.of(
                        record(Iana.PORT_RANGE_START, 1000L, Iana.PORT_RANGE_NUM_PORTS, 100L),
                        new PortRange(1000, 1099)),
                Arguments.of(
                        record(
                                Iana.PORT_RANGE_START,
                                4096L + 7,
                                Iana.PORT_RANGE_END,
                                61440L + 7,
                                Iana.PORT_RANGE_STEP_SIZE,
                                4096L,
                                Iana.PORT_RANGE_NUM_PORTS,
                                15L),
                        new PortSet(4, 12, 7)),
                Arguments.of(record(OWN.psidOffset(), 6L, OWN.psidLength(), 4L, OWN.psid(), 3L), new PortSet(6, 4, 3)));
    }

    @ParameterizedTest
    @MethodSource("ports")
    void readsThePortsOfABlock(List<Map.Entry<InformationElement, Object>> fields, Ports expected)
            throws IpfixException {
        List<Map.Entry<InformationElement, Object>> whole = new ArrayList<>(fields);
        whole.add(Map.entry(Iana.NAT_EVENT, 16L));

        assertThat(read(whole))
                .isEqualTo(new Reading.Binding(
                        new BindingFact(Kind.ALLOCATED, AT, PUBLIC, expected, B4, null, null, 0, null)));
    }

    @Test
    void readsEverythingThatIsKnownOfAHolder() throws IpfixException {
        assertThat(read(record(
                        Iana.NAT_EVENT,
                        15L,
                        Iana.SOURCE_IPV4_ADDRESS,
                        Ipv4Address.parse("10.0.0.7"),
                        Iana.USER_NAME,
                        "household-7",
                        Iana.NAT_INSTANCE_ID,
                        0xffff_ffffL,
                        OWN.brAddress(),
                        Ipv6Address.parse("2001:db8::b"))))
                .isEqualTo(new Reading.Binding(new BindingFact(
                        Kind.RELEASED,
                        AT,
                        PUBLIC,
                        PortSet.WHOLE_ADDRESS,
                        B4,
                        Ipv4Address.parse("10.0.0.7"),
                        "household-7",
                        -1,
                        Ipv6Address.parse("2001:db8::b"))));
    }

    @Test
    void unspecifiedAddressesAndAnEmptyNameAreNotThere() throws IpfixException {
        assertThat(read(record(
                        Iana.NAT_EVENT,
                        14L,
                        Iana.SOURCE_IPV4_ADDRESS,
                        new Ipv4Address(0),
                        Iana.USER_NAME,
                        "",
                        OWN.brAddress(),
                        Ipv6Address.UNSPECIFIED)))
                .isEqualTo(new Reading.Binding(
                        new BindingFact(Kind.ALLOCATED, AT, PUBLIC, PortSet.WHOLE_ADDRESS, B4, null, null, 0, null)));
    }

    static List<Arguments> unusable() {
        return List.of(
                Arguments.of(
                        record(Iana.NAT_EVENT, 16L),
                        "the record has neither portRangeStart nor PSID offset, PSID length and PSID of our enterprise"),
                Arguments.of(
                        record(Iana.NAT_EVENT, 16L, Iana.PORT_RANGE_START, 5L),
                        "the record has a portRangeStart, but neither portRangeEnd nor portRangeNumPorts says where the"
                                + " range ends"),
                Arguments.of(
                        record(Iana.NAT_EVENT, 17L, Iana.PORT_RANGE_START, 5L, Iana.PORT_RANGE_END, 4L),
                        "port range 5-4 is not within 0-65535 with its lower port first"),
                Arguments.of(
                        record(
                                Iana.NAT_EVENT, 17L,
                                Iana.PORT_RANGE_START, 0L,
                                Iana.PORT_RANGE_END, 1023L,
                                Iana.PORT_RANGE_NUM_PORTS, 64L),
                        "portRangeNumPorts is 64, but ports 0-1023 are 1024"),
                Arguments.of(
                        record(
                                Iana.NAT_EVENT, 16L,
                                Iana.PORT_RANGE_START, 5L,
                                Iana.PORT_RANGE_STEP_SIZE, 3L,
                                Iana.PORT_RANGE_NUM_PORTS, 64L),
                        "portRangeStart 5, portRangeStepSize 3 and portRangeNumPorts 64 are no port set of the"
                                + " generalised modulus algorithm (RFC 7597 §5.1)"),
                Arguments.of(
                        record(Iana.NAT_EVENT, 16L, OWN.psidOffset(), 6L, OWN.psidLength(), 4L, OWN.psid(), 16L),
                        "PSID 16 does not fit PSID length 4 (allowed: 0-15)"),
                Arguments.of(
                        record(Iana.NAT_EVENT, 19L), "natEvent is 19, which RFC 8158 does not define (expected 1-18)"),
                Arguments.of(
                        List.of(Map.entry(Iana.NAT_EVENT, (Object) 14L)),
                        "the record has no observationTimeMilliseconds or other observation time"),
                Arguments.of(
                        List.of(
                                Map.entry(Iana.NAT_EVENT, (Object) 14L),
                                Map.entry(Iana.OBSERVATION_TIME_MILLISECONDS, (Object) AT)),
                        "the record has no postNATSourceIPv4Address"),
                Arguments.of(
                        List.of(
                                Map.entry(Iana.NAT_EVENT, (Object) 14L),
                                Map.entry(Iana.OBSERVATION_TIME_MILLISECONDS, (Object) AT),
                                Map.entry(Iana.POST_NAT_SOURCE_IPV4_ADDRESS, (Object) PUBLIC)),
                        "holder is nobody: it has neither an ipv6 nor an inside_ipv4 nor a subscriber"));
    }

    @ParameterizedTest
    @MethodSource("unusable")
    void saysWhyABindingCannotBeUsed(List<Map.Entry<InformationElement, Object>> fields, String reason)
            throws IpfixException {
        assertThat(read(fields)).isEqualTo(new Reading.NoBinding(Counter.UNDECODABLE_IPFIX_RECORD, reason));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 18})
    void otherNatEventsAreSoundButNotAboutBindings(long natEvent) throws IpfixException {
        assertThat(read(record(Iana.NAT_EVENT, natEvent)))
                .isInstanceOfSatisfying(Reading.NoBinding.class, noBinding -> {
                    assertThat(noBinding.counter()).isEqualTo(Counter.OTHER_NAT_EVENTS);
                    assertThat(noBinding.isSound()).isTrue();
                });
    }

    @Test
    void flowRecordsAreSoundButNotAboutBindings() throws IpfixException {
        assertThat(read(List.of(Map.entry(Iana.SOURCE_IPV4_ADDRESS, PUBLIC))))
                .isInstanceOfSatisfying(Reading.NoBinding.class, noBinding -> {
                    assertThat(noBinding.counter()).isEqualTo(Counter.OTHER_IPFIX_RECORDS);
                    assertThat(noBinding.isSound()).isTrue();
                });
    }

    @ParameterizedTest
    @CsvSource({"SECONDS, 1700000000000", "MILLISECONDS, 1700000000123", "MICROSECONDS, 1700000000123"})
    void theTimeMayComeInAnyPrecision(String precision, long expected) throws IpfixException {
        InformationElement element = switch (precision) {
            case "SECONDS" -> Iana.OBSERVATION_TIME_SECONDS;
            case "MICROSECONDS" -> Iana.OBSERVATION_TIME_MICROSECONDS;
            default -> Iana.OBSERVATION_TIME_MILLISECONDS;
        };
        Reading reading = read(List.of(
                Map.entry(element, AT),
                Map.entry(Iana.NAT_EVENT, 14L),
                Map.entry(Iana.SOURCE_IPV6_ADDRESS, B4),
                Map.entry(Iana.POST_NAT_SOURCE_IPV4_ADDRESS, PUBLIC)));

        assertThat(reading)
                .isInstanceOfSatisfying(
                        Reading.Binding.class,
                        binding -> assertThat(binding.fact().eventTimeMillis()).isBetween(expected - 1, expected));
    }
}
