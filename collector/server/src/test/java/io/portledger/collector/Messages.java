package io.portledger.collector;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.Template;
import io.portledger.softwire.Ipv6Address;
import java.util.HexFormat;

/** IPFIX messages for tests: those whose octets Debian's collectors have read, and more of their kind. */
final class Messages {

    static final long EXPORT_SECONDS = 1_700_000_000L;
    static final long EVENT_MILLIS = 1_700_000_000_123L;
    static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");

    /** Template 256 and one port block allocation. */
    static final byte[] MINI = HexFormat.of()
            .parseHex("000a006c6553f10000000000000000010002002c010000090143000800e60001001b001000e1000401690002016a0002"
                    + "016b0002016c000201cf0004010000300000018bcfe5687b1020010db8000001000000c00002010022c000020188008b"
                    + "ff0001040000000001000000");

    /** Templates 256-264 and options template 512. */
    static final byte[] TEMPLATES = HexFormat.of()
            .parseHex("000a01286553f1000000000000000001000200fc010000090143000800e60001001b001000e1000401690002016a0002"
                    + "016b0002016c000201cf0004010100070143000800e60001001b001000e1000401690002016a000201cf000401020009"
                    + "0143000800e600010008000400e10004000400010007000200e30002001b001001cf0004010300050143000800e60001"
                    + "001b001000e1000401cf0004010400040143000800e6000101d2000401da0004010500030143000800e60001011b0004"
                    + "010600050143000800e6000101d30004011b000401dc0004010700040143000800e6000100e100040004000101080007"
                    + "0143000800e60001001b001000e1000401690002016a00020173ffff0003001c0200000400010090000400290008002a"
                    + "0008002800080000");

    /** A record or two of each of {@link #TEMPLATES}: 4 of port blocks, 2 of whole addresses, 7 others. */
    static final byte[] RECORDS = HexFormat.of()
            .parseHex("000a01e46553f1000000000000000001010000300000018bcfe5687b1020010db8000001000000c00002010022c00002"
                    + "0188008bff0001040000000001000000010100500000018bcfe5687b1020010db8000001000000c00002010022c00002"
                    + "0188008bff000000010000018bcfe652db1120010db8000001000000c00002010022c000020188008bff000000010000"
                    + "010200580000018bcfe5687b04c0a8010ac0000209069c4007d020010db8000001000000c00002010022000000010000"
                    + "018bcfe57c0305c0a8010ac0000209069c4007d020010db8000001000000c0000201002200000001010300480000018b"
                    + "cfe5687b0e20010db8000001000000c00002010022c0000201000000010000018bcfe5687b0f20010db8000001000000"
                    + "c00002010022c0000201000000010000010400180000018bcfe5687b0d00000004000003e8000000010500140000018b"
                    + "cfe5687b03000000070000000106001c0000018bcfe5687b12000000010000000700000384000000010700140000018b"
                    + "cfe5687b0cc0000201110000010800380000018bcfe5687b1020010db8000001000000c00002010022c000020188008b"
                    + "ff0f737562736372696265722d303030310000000200002000000001000000000000000a000000000000000b00000000"
                    + "00003039");

    static final Template PORT_BLOCK = Template.of(
            300,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END);

    private static final RecordMapping<Integer> MAPPING = (psid, fields) -> fields.putEpochMillis(EVENT_MILLIS)
            .putUnsigned(16)
            .putIpv6(B4.high(), B4.low() + psid)
            .putIpv4(0xc0000201)
            .putUnsigned(1024L * psid)
            .putUnsigned(1024L * psid + 1023);

    private Messages() {}

    /** An exporter's session that allocates 1024 ports a record, from PSID 0 on. */
    static final class Exporter {
        private final IpfixEncoder encoder = new IpfixEncoder(1, 1400);
        private int psid;

        /** A message of the template alone. */
        byte[] template(long exportSeconds) {
            ByteBuf out = Unpooled.buffer();
            encoder.begin(out, exportSeconds);
            encoder.addTemplate(PORT_BLOCK);
            encoder.end();
            return ByteBufUtil.getBytes(out);
        }

        /** A message of records alone. */
        byte[] records(int count, long exportSeconds) {
            ByteBuf out = Unpooled.buffer();
            encoder.begin(out, exportSeconds);
            for (int i = 0; i < count; i++) {
                encoder.addRecord(PORT_BLOCK, psid++ % 64, MAPPING);
            }
            encoder.end();
            return ByteBufUtil.getBytes(out);
        }
    }
}
