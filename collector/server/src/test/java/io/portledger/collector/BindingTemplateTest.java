package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
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
import io.portledger.ipfix.NokiaElements;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.ReverseElements;
import io.portledger.ipfix.Template;
import io.portledger.ipfix.TemplateStore;
import io.portledger.records.BindingFact;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent.Kind;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BindingTemplateTest {

    private static final String OCTETS_OF_LWAFTR =
            "000a023c6553f1000000000000000001000200f80112000c0098000800990008001b001000e1000401cf0004"
                    + "0002000800010008800200080000727980010008000072798006ffff00007ed98005000400007ed90173ffff"
                    + "0113000e0098000800990008001b001000e100048001000100007ed98002000100007ed98003000200007ed9"
                    + "01cf00040002000800010008800200080000727980010008000072798006ffff00007ed98005000400007ed9"
                    + "010c00070143000800e6000101d30004011b000401dc000401cf0004011cffff010d00070143000800e60001"
                    + "01d30004011b000401dd000401cf0004011cffff010e00050143000800e60001011b000401cf0004011cffff"
                    + "011200680000018bcfe5687b0000018bcfe652db20010db8000001000000c00002010022c000020100000001"
                    + "000000000000000b000000000000000c000000000000000d000000000000000e0764656661756c7400000007"
                    + "0f737562736372696265722d303030310113005c0000018bcfe5687b0000018bcfe652db20010db800000100"
                    + "0000c00002010022c00002010406002200000001000000000000000b000000000000000c000000000000000d"
                    + "000000000000000e0764656661756c7400000007010c00280000018bcfe5687b120000000100000002000000"
                    + "cd000000010764656661756c74000000010d00280000018bcfe5687b120000000200000002000000c0000000"
                    + "010764656661756c74000000010e00200000018bcfe5687b0300000002000000010764656661756c74000000";
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
                Arguments.of(record(Iana.NAT_EVENT, 4L), "the record has no postNAPTSourceTransportPort"),
                Arguments.of(
                        record(Iana.NAT_EVENT, 12L),
                        "natEvent is 12, but the record does not have the fields that RFC 8158 gives it; the exporter"
                                + " seems to number events in another way"),
                Arguments.of(
                        record(
                                Iana.NAT_EVENT, 1L,
                                Iana.POST_NAPT_SOURCE_TRANSPORT_PORT, 5L,
                                Iana.NAT_ORIGINATING_ADDRESS_REALM, 2L),
                        "natOriginatingAddressRealm is 2: the session came from outside, and which address is the public"
                                + " one cannot be told"),
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
    @CsvSource({
        "1, ALLOCATED, true", "2, RELEASED, true", "4, ALLOCATED, true", "5, RELEASED, true",
        "6, ALLOCATED, true", "7, RELEASED, true", "8, ALLOCATED, false", "9, RELEASED, false",
        "10, ALLOCATED, false", "11, RELEASED, false",
    })
    void sessionsAndMappingsAreOfOnePort(long natEvent, Kind kind, boolean isSession) throws IpfixException {
        Ipv4Address inside = Ipv4Address.parse("10.0.0.7");
        Ipv4Address far = Ipv4Address.parse("198.51.100.1");
        assertThat(read(record(
                        Iana.NAT_EVENT, natEvent,
                        Iana.SOURCE_IPV4_ADDRESS, inside,
                        Iana.PROTOCOL_IDENTIFIER, 6L,
                        Iana.SOURCE_TRANSPORT_PORT, 40_000L,
                        Iana.POST_NAPT_SOURCE_TRANSPORT_PORT, 1024L,
                        Iana.DESTINATION_IPV4_ADDRESS, far,
                        Iana.DESTINATION_TRANSPORT_PORT, 443L)))
                .isEqualTo(new Reading.Binding(new BindingFact(
                        kind,
                        AT,
                        PUBLIC,
                        new PortRange(1024, 1024),
                        B4,
                        inside,
                        null,
                        0,
                        null,
                        isSession ? new NatMapping(6, 40_000, far, 443) : new NatMapping(6, 40_000, null, 0))));
    }

    @Test
    void theFarEndIsAsThePublicSideSeesIt() throws IpfixException {
        assertThat(read(record(
                        Iana.NAT_EVENT, 4L,
                        Iana.POST_NAPT_SOURCE_TRANSPORT_PORT, 1024L,
                        Iana.DESTINATION_IPV4_ADDRESS, Ipv4Address.parse("10.9.9.9"),
                        Iana.DESTINATION_TRANSPORT_PORT, 53L,
                        Iana.POST_NAT_DESTINATION_IPV4_ADDRESS, Ipv4Address.parse("198.51.100.1"),
                        Iana.POST_NAPT_DESTINATION_TRANSPORT_PORT, 5353L)))
                .isInstanceOfSatisfying(
                        Reading.Binding.class,
                        binding -> assertThat(binding.fact().mapping())
                                .isEqualTo(new NatMapping(0, 0, Ipv4Address.parse("198.51.100.1"), 5353)));
    }

    @ParameterizedTest
    @CsvSource({"8, ALLOCATED", "9, RELEASED", "10, ALLOCATED", "11, RELEASED"})
    void mappingsWithoutAPortAreOfTheWholeAddress(long natEvent, Kind kind) throws IpfixException {
        assertThat(read(record(Iana.NAT_EVENT, natEvent)))
                .isEqualTo(new Reading.Binding(
                        new BindingFact(kind, AT, PUBLIC, PortSet.WHOLE_ADDRESS, B4, null, null, 0, null)));
    }

    @ParameterizedTest
    @CsvSource({"1, ALLOCATED", "2, RELEASED", "14, ALLOCATED", "15, RELEASED"})
    void earlyNumbersWithAPortRangeAreBlocks(long natEvent, Kind kind) throws IpfixException {
        assertThat(read(record(Iana.NAT_EVENT, natEvent, Iana.PORT_RANGE_START, 1000L, Iana.PORT_RANGE_END, 1099L)))
                .isEqualTo(new Reading.Binding(
                        new BindingFact(kind, AT, PUBLIC, new PortRange(1000, 1099), B4, null, null, 0, null)));
    }

    static List<Arguments> conditions() {
        return List.of(
                Arguments.of(
                        List.of(Iana.NAT_EVENT, 3L, Iana.NAT_POOL_ID, 7L, Iana.NAT_POOL_NAME, "north"),
                        NatCondition.newBuilder()
                                .setKind(NatCondition.Kind.ADDRESSES_EXHAUSTED)
                                .setPoolId(7)
                                .setPoolName("north")),
                Arguments.of(
                        List.of(
                                Iana.NAT_EVENT, 12L,
                                Iana.POST_NAT_SOURCE_IPV4_ADDRESS, PUBLIC,
                                Iana.PROTOCOL_IDENTIFIER, 17L),
                        NatCondition.newBuilder()
                                .setKind(NatCondition.Kind.PORTS_EXHAUSTED)
                                .setIpv4(PUBLIC.bits())
                                .setProtocol(17)),
                Arguments.of(
                        List.of(
                                Iana.NAT_EVENT, 13L,
                                Iana.NAT_QUOTA_EXCEEDED_EVENT, 3L,
                                Iana.MAX_ENTRIES_PER_USER, 500L,
                                Iana.SOURCE_IPV4_ADDRESS, Ipv4Address.parse("10.0.0.7"),
                                Iana.NAT_INSTANCE_ID, 2L),
                        NatCondition.newBuilder()
                                .setKind(NatCondition.Kind.QUOTA_EXCEEDED)
                                .setDetail(3)
                                .setLimit(500)
                                .setNatInstance(2)
                                .setHolder(Holder.newBuilder()
                                        .setInsideIpv4(0x0a000007)
                                        .setNatInstance(2))),
                Arguments.of(
                        List.of(Iana.NAT_EVENT, 18L, Iana.NAT_THRESHOLD_EVENT, 2L, Iana.ADDRESS_POOL_LOW_THRESHOLD, 5L),
                        NatCondition.newBuilder()
                                .setKind(NatCondition.Kind.THRESHOLD_REACHED)
                                .setDetail(2)
                                .setLimit(5)),
                Arguments.of(
                        List.of(
                                Iana.NAT_EVENT, 18L,
                                Iana.NAT_THRESHOLD_EVENT, 4L,
                                Iana.ADDRESS_PORT_MAPPING_LOW_THRESHOLD, 9L),
                        NatCondition.newBuilder()
                                .setKind(NatCondition.Kind.THRESHOLD_REACHED)
                                .setDetail(4)
                                .setLimit(9)));
    }

    @ParameterizedTest
    @MethodSource("conditions")
    void exhaustionQuotasAndThresholdsAreConditions(List<Object> fields, NatCondition.Builder expected)
            throws IpfixException {
        assertThat(read(fields(fields)))
                .isEqualTo(new Reading.Condition(expected.setEventTimeMillis(AT).build()));
    }

    private static List<Map.Entry<InformationElement, Object>> fields(List<Object> pairs) {
        List<Map.Entry<InformationElement, Object>> fields =
                new ArrayList<>(List.of(Map.entry(Iana.OBSERVATION_TIME_MILLISECONDS, AT)));
        for (int i = 0; i < pairs.size(); i += 2) {
            fields.add(Map.entry((InformationElement) pairs.get(i), pairs.get(i + 1)));
        }
        return fields;
    }

    /** The lwAFTR's {@code UsageTemplatesTest} writes the same octets. */
    @Test
    void whatTheLwaftrSaysOfUsageAndServiceClassesIsRead() throws IpfixException {
        ByteBuf message = Unpooled.wrappedBuffer(HexFormat.of().parseHex(OCTETS_OF_LWAFTR));
        List<Reading> readings = new ArrayList<>();
        new IpfixDecoder(ElementRegistry.iana().with(OWN.all()))
                .decode(message, new TemplateStore(TemplateStore.Session.UNRELIABLE), new IpfixVisitor() {
                    @Override
                    public void onRecord(DataRecord record) {
                        readings.add(new BindingTemplate(record.template(), OWN).read(record));
                    }
                });
        Holder holder = Holder.newBuilder()
                .setIpv6(ByteString.copyFrom(
                        Ipv6Address.parse("2001:db8:0:100:0:c000:201:22").toBytes()))
                .setNatInstance(1)
                .build();
        PortUsage usage = PortUsage.newBuilder()
                .setFromMillis(AT)
                .setToMillis(AT + 60_000)
                .setIpv4(PUBLIC.bits())
                .setPorts("0/0/0")
                .setHolder(holder.toBuilder().setSubscriber("subscriber-0001"))
                .setPortsInUse(7)
                .setPacketsUp(11)
                .setOctetsUp(12)
                .setPacketsDown(13)
                .setOctetsDown(14)
                .setServiceClass("default")
                .build();
        NatCondition condition = NatCondition.newBuilder()
                .setEventTimeMillis(AT)
                .setNatInstance(1)
                .setPoolId(2)
                .setPoolName("default")
                .build();
        assertThat(readings)
                .containsExactly(
                        new Reading.Usage(usage),
                        new Reading.Usage(usage.toBuilder()
                                .setHolder(holder)
                                .setPorts("4/6/34")
                                .build()),
                        new Reading.Condition(condition.toBuilder()
                                .setKind(NatCondition.Kind.THRESHOLD_REACHED)
                                .setDetail(1)
                                .setLimit(205)
                                .build()),
                        new Reading.Condition(condition.toBuilder()
                                .setKind(NatCondition.Kind.THRESHOLD_REACHED)
                                .setDetail(2)
                                .setLimit(192)
                                .build()),
                        new Reading.Condition(condition.toBuilder()
                                .setKind(NatCondition.Kind.ADDRESSES_EXHAUSTED)
                                .build()));
    }

    @Test
    void theUseOfABindingIsReadWithBothDirections() throws IpfixException {
        List<Object> pairs = List.of(
                Iana.FLOW_START_MILLISECONDS,
                AT,
                Iana.FLOW_END_MILLISECONDS,
                AT + 60_000,
                Iana.SOURCE_IPV6_ADDRESS,
                B4,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
                PUBLIC,
                Iana.PORT_RANGE_START,
                34816L,
                Iana.PORT_RANGE_END,
                35839L,
                Iana.OCTET_DELTA_COUNT,
                1000L,
                Iana.PACKET_DELTA_COUNT,
                10L,
                ReverseElements.OCTET_DELTA_COUNT,
                9000L,
                ReverseElements.PACKET_DELTA_COUNT,
                20L,
                OWN.portsInUse(),
                77L,
                OWN.serviceClass(),
                "residential");
        List<Map.Entry<InformationElement, Object>> fields = fields(pairs);
        assertThat(read(fields.subList(1, fields.size())))
                .isEqualTo(new Reading.Usage(PortUsage.newBuilder()
                        .setFromMillis(AT)
                        .setToMillis(AT + 60_000)
                        .setIpv4(PUBLIC.bits())
                        .setPorts("0/6/34")
                        .setHolder(Holder.newBuilder().setIpv6(ByteString.copyFrom(B4.toBytes())))
                        .setPortsInUse(77)
                        .setPacketsUp(10)
                        .setOctetsUp(1000)
                        .setPacketsDown(20)
                        .setOctetsDown(9000)
                        .setServiceClass("residential")
                        .build()));
    }

    @ParameterizedTest
    @CsvSource({
        // event, source before, source after, destination before, destination after, what it is
        "1, 10.0.0.7, 192.0.2.1, 198.51.100.1, 198.51.100.1, ALLOCATED",
        "2, 10.0.0.7, 192.0.2.1, 198.51.100.1, 0.0.0.0, RELEASED",
        "5, 10.0.0.7, 192.0.2.1, 198.51.100.1, 198.51.100.1, nothing",
        "3, 10.0.0.7, 192.0.2.1, 198.51.100.1, 198.51.100.1, nothing",
        "1, 10.0.0.7, 10.0.0.7, 198.51.100.1, 198.51.100.1, nothing",
        "1, 10.0.0.7, 0.0.0.0, 198.51.100.1, 198.51.100.1, nothing",
        "1, 198.51.100.1, 198.51.100.1, 192.0.2.1, 10.0.0.7, nothing",
        "1, 198.51.100.1, 10.0.0.1, 192.0.2.1, 10.0.0.7, nothing",
    })
    void firewallsTellOfSourcesThatTheyTranslated(
            long event, String before, String after, String far, String farAfter, String expected)
            throws IpfixException {
        Reading reading = read(fields(List.of(
                Iana.FIREWALL_EVENT,
                event,
                Iana.PROTOCOL_IDENTIFIER,
                6L,
                Iana.SOURCE_IPV4_ADDRESS,
                Ipv4Address.parse(before),
                Iana.SOURCE_TRANSPORT_PORT,
                40_000L,
                Iana.DESTINATION_IPV4_ADDRESS,
                Ipv4Address.parse(far),
                Iana.DESTINATION_TRANSPORT_PORT,
                443L,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
                Ipv4Address.parse(after),
                Iana.POST_NAPT_SOURCE_TRANSPORT_PORT,
                1024L,
                Iana.POST_NAT_DESTINATION_IPV4_ADDRESS,
                Ipv4Address.parse(farAfter),
                Iana.POST_NAPT_DESTINATION_TRANSPORT_PORT,
                443L)));
        if (expected.equals("nothing")) {
            assertThat(reading)
                    .isInstanceOfSatisfying(
                            Reading.NoBinding.class,
                            noBinding -> assertThat(noBinding.isSound()).isTrue());
        } else {
            assertThat(reading)
                    .isEqualTo(new Reading.Binding(new BindingFact(
                            Kind.valueOf(expected),
                            AT,
                            PUBLIC,
                            new PortRange(1024, 1024),
                            null,
                            Ipv4Address.parse("10.0.0.7"),
                            null,
                            0,
                            null,
                            new NatMapping(6, 40_000, Ipv4Address.parse("198.51.100.1"), 443))));
        }
    }

    @ParameterizedTest
    @CsvSource({"true, ALLOCATED", "false, RELEASED"})
    void flowRecordsOfNokiasNatHaveTheOutsideAsTheirSource(boolean isBeginning, Kind kind) throws IpfixException {
        List<Map.Entry<InformationElement, Object>> fields = fields(List.of(
                NokiaElements.NAT_INSIDE_SERVICE,
                3L,
                NokiaElements.NAT_OUTSIDE_SERVICE,
                4L,
                NokiaElements.NAT_SUBSCRIBER,
                "LSN-Host@10.10.10.101",
                Iana.PROTOCOL_IDENTIFIER,
                17L,
                Iana.SOURCE_IPV4_ADDRESS,
                PUBLIC,
                Iana.DESTINATION_IPV4_ADDRESS,
                Ipv4Address.parse("198.51.100.1"),
                Iana.SOURCE_TRANSPORT_PORT,
                2001L,
                Iana.DESTINATION_TRANSPORT_PORT,
                53L,
                isBeginning ? Iana.FLOW_START_MILLISECONDS : Iana.FLOW_END_MILLISECONDS,
                AT));
        assertThat(read(fields.subList(1, fields.size())))
                .isEqualTo(new Reading.Binding(new BindingFact(
                        kind,
                        AT,
                        PUBLIC,
                        new PortRange(2001, 2001),
                        null,
                        null,
                        "LSN-Host@10.10.10.101",
                        3,
                        null,
                        new NatMapping(17, 0, Ipv4Address.parse("198.51.100.1"), 53))));
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
