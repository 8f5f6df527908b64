package io.portledger.ipfix;

import static io.portledger.ipfix.NatLoggingVectors.ADDRESSES_EXHAUSTED;
import static io.portledger.ipfix.NatLoggingVectors.ADDRESS_BINDING;
import static io.portledger.ipfix.NatLoggingVectors.B4_HIGH;
import static io.portledger.ipfix.NatLoggingVectors.B4_LOW;
import static io.portledger.ipfix.NatLoggingVectors.DS_LITE_SESSION;
import static io.portledger.ipfix.NatLoggingVectors.EVENT_MILLIS;
import static io.portledger.ipfix.NatLoggingVectors.EXPORT_STATISTICS;
import static io.portledger.ipfix.NatLoggingVectors.EXPORT_TIME_SECONDS;
import static io.portledger.ipfix.NatLoggingVectors.MINIMAL_PORT_BLOCK;
import static io.portledger.ipfix.NatLoggingVectors.POOL_HIGH;
import static io.portledger.ipfix.NatLoggingVectors.PORTS_EXHAUSTED;
import static io.portledger.ipfix.NatLoggingVectors.PORT_BLOCK;
import static io.portledger.ipfix.NatLoggingVectors.PORT_BLOCK_OF_USER;
import static io.portledger.ipfix.NatLoggingVectors.PUBLIC_IPV4;
import static io.portledger.ipfix.NatLoggingVectors.QUOTA_OF_SUBSCRIBERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class IpfixEncoderTest {

    private static final RecordMapping<Consumer<RecordWriter>> BY_CALLER = Consumer::accept;

    private final ByteBuf out = Unpooled.buffer();
    private final IpfixEncoder encoder = new IpfixEncoder(1, 1232);

    @Test
    void writesATemplateAndItsRecordInOneMessage() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        assertThat(encoder.isEmpty()).isTrue();
        assertThat(encoder.addTemplate(PORT_BLOCK)).isTrue();
        assertThat(encoder.isEmpty()).isFalse();
        add(
                PORT_BLOCK,
                fields -> portBlock(fields, EVENT_MILLIS, 16)
                        .putUnsigned(1)
                        .putUnsigned(1024)
                        .putUnsigned(1));
        assertThat(encoder.end()).isEqualTo(1);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(NatLoggingVectors.MINI);
        assertThat(encoder.sequenceNumber()).isEqualTo(1);
    }

    @Test
    void writesAWithdrawal() {
        encoder.skip(1);
        encoder.begin(out, EXPORT_TIME_SECONDS);
        assertThat(encoder.addWithdrawal(PORT_BLOCK)).isTrue();
        encoder.end();
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(NatLoggingVectors.WITHDRAWAL);
    }

    @Test
    void writesWithdrawalsOfAll() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        encoder.addWithdrawalOfAll(false);
        encoder.addWithdrawalOfAll(true);
        encoder.end();
        assertThat(ByteBufUtil.hexDump(out)).endsWith("00020008" + "00020000" + "00030008" + "00030000");
    }

    @Test
    void writesEveryTemplateOfNatLogging() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        for (Template template : NatLoggingVectors.ALL_TEMPLATES) {
            assertThat(encoder.addTemplate(template)).isTrue();
        }
        assertThat(encoder.end()).isZero();
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(NatLoggingVectors.TEMPLATES);
        assertThat(encoder.sequenceNumber()).isZero();
    }

    @Test
    void writesARecordOfEveryTemplate() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        add(
                PORT_BLOCK,
                fields -> portBlock(fields, EVENT_MILLIS, 16)
                        .putUnsigned(1)
                        .putUnsigned(1024)
                        .putUnsigned(1));
        add(MINIMAL_PORT_BLOCK, fields -> portBlock(fields, EVENT_MILLIS, 16).putUnsigned(1));
        add(
                MINIMAL_PORT_BLOCK,
                fields -> portBlock(fields, EVENT_MILLIS + 60_000, 17).putUnsigned(1));
        add(DS_LITE_SESSION, fields -> session(fields, EVENT_MILLIS, 4));
        add(DS_LITE_SESSION, fields -> session(fields, EVENT_MILLIS + 5_000, 5));
        add(ADDRESS_BINDING, fields -> holder(fields, EVENT_MILLIS, 14).putUnsigned(1));
        add(ADDRESS_BINDING, fields -> holder(fields, EVENT_MILLIS, 15).putUnsigned(1));
        add(QUOTA_OF_SUBSCRIBERS, fields -> event(fields, 13).putUnsigned(4).putUnsigned(1000));
        add(ADDRESSES_EXHAUSTED, fields -> event(fields, 3).putUnsigned(7));
        add(POOL_HIGH, fields -> event(fields, 18).putUnsigned(1).putUnsigned(7).putUnsigned(900));
        add(PORTS_EXHAUSTED, fields -> event(fields, 12).putIpv4(PUBLIC_IPV4).putUnsigned(17));
        add(PORT_BLOCK_OF_USER, fields -> portBlock(fields, EVENT_MILLIS, 16).putString("subscriber-0001"));
        add(
                EXPORT_STATISTICS,
                fields -> fields.putUnsigned(1).putUnsigned(10).putUnsigned(11).putUnsigned(12345));
        assertThat(encoder.end()).isEqualTo(13);
        assertThat(ByteBufUtil.hexDump(out)).isEqualTo(NatLoggingVectors.RECORDS);
        assertThat(encoder.sequenceNumber()).isEqualTo(13);
    }

    @Test
    void writesEnterpriseFields() {
        Lw4o6Elements own = Lw4o6Elements.of(32473);
        Template template = Template.of(300, own.psid(), Iana.NAT_EVENT);
        encoder.begin(out, EXPORT_TIME_SECONDS);
        encoder.addTemplate(template);
        add(template, fields -> fields.putUnsigned(34).putUnsigned(16));
        encoder.end();
        assertThat(ByteBufUtil.hexDump(out))
                .endsWith(
                        "00020014" + "012c0002" + "8003000200007ed9" + "00e60001" + "012c0008" + "0022" + "10" + "00");
    }

    @Test
    void sharesASetAmongConsecutiveRecordsOfOneTemplate() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        for (int i = 0; i < 3; i++) {
            add(ADDRESSES_EXHAUSTED, fields -> event(fields, 3).putUnsigned(7));
        }
        encoder.end();
        assertThat(out.readableBytes()).isEqualTo(16 + 4 + 3 * 13 + 1);
    }

    @Test
    void doesNotPadWherePaddingWouldBeTakenForARecord() throws IpfixException {
        Template event = Template.of(300, Iana.NAT_EVENT);
        encoder.begin(out, EXPORT_TIME_SECONDS);
        encoder.addTemplate(event);
        add(event, fields -> fields.putUnsigned(16));
        encoder.addTemplate(Template.of(301, Iana.NAT_EVENT));
        encoder.end();
        TextualVisitor visitor = new TextualVisitor();
        new IpfixDecoder(ElementRegistry.iana())
                .decode(out, new TemplateStore(TemplateStore.Session.UNRELIABLE), visitor);
        assertThat(visitor.lines)
                .containsExactly("message 1700000000 #0 domain 1", "DEFINED 300", "#0 300 natEvent=16", "DEFINED 301");
    }

    @Test
    void usesTheLongFormFrom255OctetsOn() {
        Template user = Template.of(300, Iana.USER_NAME);
        encoder.begin(out, EXPORT_TIME_SECONDS);
        add(user, fields -> fields.putString("a".repeat(254)));
        add(user, fields -> fields.putString("b".repeat(255)));
        encoder.end();
        assertThat(out.getUnsignedByte(20)).isEqualTo((short) 254);
        assertThat(ByteBufUtil.hexDump(out, 20 + 255, 4)).isEqualTo("ff00ff62");
    }

    @Test
    void fillsUpTextOfFixedLengthWithZeros() {
        Template user = Template.of(300, List.of(new FieldSpecifier(Iana.USER_NAME, 4)));
        encoder.begin(out, EXPORT_TIME_SECONDS);
        add(user, fields -> fields.putString("é"));
        encoder.end();
        assertThat(ByteBufUtil.hexDump(out)).endsWith("c3a90000");
    }

    @Test
    void leavesTheMessageAsItWasIfARecordDoesNotFit() {
        IpfixEncoder small = new IpfixEncoder(1, 64);
        small.begin(out, EXPORT_TIME_SECONDS);
        RecordMapping<Integer> mapping = (pool, fields) -> event(fields, 3).putUnsigned(pool);
        assertThat(small.addRecord(ADDRESSES_EXHAUSTED, 1, mapping)).isTrue();
        assertThat(small.addRecord(ADDRESSES_EXHAUSTED, 2, mapping)).isTrue();
        assertThat(small.addRecord(ADDRESSES_EXHAUSTED, 3, mapping)).isTrue();
        assertThat(small.addRecord(ADDRESSES_EXHAUSTED, 4, mapping)).isFalse();
        assertThat(small.addTemplate(ADDRESSES_EXHAUSTED)).isFalse();
        assertThat(small.end()).isEqualTo(3);
        assertThat(out.readableBytes()).isEqualTo(60);
        assertThat(out.getUnsignedShort(2)).isEqualTo(60);
        assertThat(out.getUnsignedShort(18)).isEqualTo(44);
        out.clear();
        small.begin(out, EXPORT_TIME_SECONDS);
        assertThat(small.addRecord(ADDRESSES_EXHAUSTED, 4, mapping)).isTrue();
        small.end();
        assertThat(out.getInt(8)).isEqualTo(3);
    }

    @Test
    void saysSoIfNoMessageCouldHoldARecord() {
        IpfixEncoder small = new IpfixEncoder(1, 64);
        small.begin(out, EXPORT_TIME_SECONDS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> small.addRecord(
                        PORT_BLOCK_OF_USER,
                        "subscriber-0001",
                        (user, fields) -> portBlock(fields, EVENT_MILLIS, 16).putString(user)))
                .withMessage("a message with nothing else would have 72 octets, but at most 64 are allowed");
        assertThat(small.isEmpty()).isTrue();
    }

    @Test
    void refusesValuesThatDoNotFitTheirFieldAndLeavesTheMessageAsItWas() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        refuses(
                fields -> fields.putUnsigned(65536),
                Iana.PORT_RANGE_END,
                "template 300: 65536 does not fit, portRangeEnd has length 2");
        refuses(
                fields -> fields.putUnsigned(-1),
                Iana.PORT_RANGE_END,
                "template 300: 18446744073709551615 does not fit, portRangeEnd has length 2");
        refuses(
                fields -> fields.putSigned(128),
                Iana.NAT_EVENT,
                "template 300: 128 does not fit, natEvent has length 1");
        refuses(
                fields -> fields.putIpv4(1),
                Iana.PORT_RANGE_END,
                "template 300: portRangeEnd has length 2, the value needs 4");
        refuses(
                fields -> fields.putIpv6(1, 1),
                Iana.USER_NAME,
                "template 300: userName has length 65535 (variable), the value needs 16");
        refuses(
                fields -> fields.putUnsigned(1),
                Iana.SOURCE_IPV6_ADDRESS,
                "template 300: sourceIPv6Address has length 16, the value needs 1-8");
        refuses(
                fields -> fields.putFloating(1),
                Iana.NAT_EVENT,
                "template 300: natEvent has length 1, the value needs 4 or 8");
        refuses(
                fields -> fields.putOctets(new byte[3]),
                Iana.NAT_INSTANCE_ID,
                "template 300: natInstanceID has length 4, the value needs 3");
        refuses(
                fields -> fields.putString("abc"),
                Iana.PORT_RANGE_END,
                "template 300: 3 octets does not fit, portRangeEnd has length 2");
        refuses(
                fields -> fields.putString("x".repeat(65536)),
                Iana.USER_NAME,
                "template 300: 65536 octets does not fit, userName has length 65535 (variable)");
        refuses(
                fields -> fields.putEpochMillis(-1),
                Iana.OBSERVATION_TIME_MILLISECONDS,
                "template 300: -1 ms does not fit, observationTimeMilliseconds has length 8");
        refuses(
                fields -> fields.putEpochMillis(1L << 43),
                Iana.OBSERVATION_TIME_SECONDS,
                "template 300: 8796093022208 ms does not fit, observationTimeSeconds has length 4");
        refuses(
                fields -> fields.putEpochMillis(1L << 43),
                Iana.OBSERVATION_TIME_NANOSECONDS,
                "template 300: 8796093022208 ms does not fit, observationTimeNanoseconds has length 8");
        refuses(
                fields -> fields.putEpochMillis(0),
                Iana.NAT_EVENT,
                "template 300: natEvent is no time, but UNSIGNED_8");
        assertThat(encoder.isEmpty()).isTrue();
    }

    @Test
    void refusesRecordsWithMissingOrSurplusFields() {
        encoder.begin(out, EXPORT_TIME_SECONDS);
        assertThatIllegalStateException()
                .isThrownBy(() -> add(ADDRESSES_EXHAUSTED, fields -> event(fields, 3)))
                .withMessage("template 261 has 3 fields, but the record was given 2");
        assertThatIllegalStateException()
                .isThrownBy(() -> add(
                        ADDRESSES_EXHAUSTED,
                        fields -> event(fields, 3).putUnsigned(7).putUnsigned(7)))
                .withMessage("template 261 has 3 fields, but the record was given more");
        assertThat(encoder.isEmpty()).isTrue();
    }

    @Test
    void keepsMessagesApart() {
        assertThatIllegalStateException().isThrownBy(encoder::end);
        assertThatIllegalStateException().isThrownBy(() -> encoder.addTemplate(PORT_BLOCK));
        encoder.begin(out, EXPORT_TIME_SECONDS);
        assertThatIllegalStateException().isThrownBy(() -> encoder.begin(out, EXPORT_TIME_SECONDS));
        assertThatIllegalStateException().isThrownBy(() -> encoder.skip(1));
    }

    @Test
    void wrapsTheSequenceNumber() {
        encoder.skip(0xffff_ffffL);
        encoder.begin(out, EXPORT_TIME_SECONDS);
        add(ADDRESSES_EXHAUSTED, fields -> event(fields, 3).putUnsigned(7));
        encoder.end();
        assertThat(out.getInt(8)).isEqualTo(-1);
        assertThat(encoder.sequenceNumber()).isZero();
    }

    @Test
    void refusesNumbersThatTheHeaderCannotHold() {
        assertThatIllegalArgumentException().isThrownBy(() -> new IpfixEncoder(1L << 32, 1232));
        assertThatIllegalArgumentException().isThrownBy(() -> new IpfixEncoder(-1, 1232));
        assertThatIllegalArgumentException().isThrownBy(() -> new IpfixEncoder(1, 65536));
        assertThatIllegalArgumentException().isThrownBy(() -> new IpfixEncoder(1, 63));
    }

    private void refuses(Consumer<RecordWriter> record, InformationElement element, String fault) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> add(Template.of(300, element), record))
                .withMessage(fault);
    }

    private void add(Template template, Consumer<RecordWriter> record) {
        assertThat(encoder.addRecord(template, record, BY_CALLER)).isTrue();
    }

    private static RecordWriter event(RecordWriter fields, int natEvent) {
        return fields.putEpochMillis(EVENT_MILLIS).putUnsigned(natEvent);
    }

    private static RecordWriter holder(RecordWriter fields, long epochMillis, int natEvent) {
        return fields.putEpochMillis(epochMillis)
                .putUnsigned(natEvent)
                .putIpv6(B4_HIGH, B4_LOW)
                .putIpv4(PUBLIC_IPV4);
    }

    private static RecordWriter portBlock(RecordWriter fields, long epochMillis, int natEvent) {
        return holder(fields, epochMillis, natEvent).putUnsigned(34816).putUnsigned(35839);
    }

    private static void session(RecordWriter fields, long epochMillis, int natEvent) {
        fields.putEpochMillis(epochMillis)
                .putUnsigned(natEvent)
                .putIpv4(0xc0a8_010a)
                .putIpv4(0xc000_0209)
                .putUnsigned(6)
                .putUnsigned(40000)
                .putUnsigned(2000)
                .putIpv6(B4_HIGH, B4_LOW)
                .putUnsigned(1);
    }
}
