package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.List;

/**
 * Messages of NAT logging whose octets tshark, nfcapd and nfacctd have read, and the templates that they use. All are
 * exported at 1700000000 in observation domain 1.
 */
final class NatLoggingVectors {

    static final long EXPORT_TIME_SECONDS = 1_700_000_000L;
    static final long EVENT_MILLIS = 1_700_000_000_123L;
    static final long B4_HIGH = 0x2001_0db8_0000_0100L;
    static final long B4_LOW = 0x0000_c000_0201_0022L;
    static final int PUBLIC_IPV4 = 0xc000_0201;

    /** Template 256 and one port block allocation. */
    static final String MINI =
            "000a006c6553f10000000000000000010002002c010000090143000800e60001001b001000e1000401690002016a0002"
                    + "016b0002016c000201cf0004010000300000018bcfe5687b1020010db8000001000000c00002010022c000020188008b"
                    + "ff0001040000000001000000";

    /** Withdrawal of template 256. */
    static final String WITHDRAWAL = "000a00186553f10000000001000000010002000801000000";

    /** Templates 256-264 and options template 512. */
    static final String TEMPLATES =
            "000a01286553f1000000000000000001000200fc010000090143000800e60001001b001000e1000401690002016a0002"
                    + "016b0002016c000201cf0004010100070143000800e60001001b001000e1000401690002016a000201cf000401020009"
                    + "0143000800e600010008000400e10004000400010007000200e30002001b001001cf0004010300050143000800e60001"
                    + "001b001000e1000401cf0004010400040143000800e6000101d2000401da0004010500030143000800e60001011b0004"
                    + "010600050143000800e6000101d30004011b000401dc0004010700040143000800e6000100e100040004000101080007"
                    + "0143000800e60001001b001000e1000401690002016a00020173ffff0003001c0200000400010090000400290008002a"
                    + "0008002800080000";

    /** A record or two of each of {@link #TEMPLATES}. */
    static final String RECORDS =
            "000a01e46553f1000000000000000001010000300000018bcfe5687b1020010db8000001000000c00002010022c00002"
                    + "0188008bff0001040000000001000000010100500000018bcfe5687b1020010db8000001000000c00002010022c00002"
                    + "0188008bff000000010000018bcfe652db1120010db8000001000000c00002010022c000020188008bff000000010000"
                    + "010200580000018bcfe5687b04c0a8010ac0000209069c4007d020010db8000001000000c00002010022000000010000"
                    + "018bcfe57c0305c0a8010ac0000209069c4007d020010db8000001000000c0000201002200000001010300480000018b"
                    + "cfe5687b0e20010db8000001000000c00002010022c0000201000000010000018bcfe5687b0f20010db8000001000000"
                    + "c00002010022c0000201000000010000010400180000018bcfe5687b0d00000004000003e8000000010500140000018b"
                    + "cfe5687b03000000070000000106001c0000018bcfe5687b12000000010000000700000384000000010700140000018b"
                    + "cfe5687b0cc0000201110000010800380000018bcfe5687b1020010db8000001000000c00002010022c000020188008b"
                    + "ff0f737562736372696265722d303030310000000200002000000001000000000000000a000000000000000b00000000"
                    + "00003039";

    static final Template PORT_BLOCK = Template.of(
            256,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END,
            Iana.PORT_RANGE_STEP_SIZE,
            Iana.PORT_RANGE_NUM_PORTS,
            Iana.NAT_INSTANCE_ID);

    static final Template MINIMAL_PORT_BLOCK = Template.of(
            257,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END,
            Iana.NAT_INSTANCE_ID);

    static final Template DS_LITE_SESSION = Template.of(
            258,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV4_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PROTOCOL_IDENTIFIER,
            Iana.SOURCE_TRANSPORT_PORT,
            Iana.POST_NAPT_SOURCE_TRANSPORT_PORT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.NAT_INSTANCE_ID);

    static final Template ADDRESS_BINDING = Template.of(
            259,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.NAT_INSTANCE_ID);

    static final Template QUOTA_OF_SUBSCRIBERS = Template.of(
            260,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.NAT_QUOTA_EXCEEDED_EVENT,
            Iana.MAX_SUBSCRIBERS);

    static final Template ADDRESSES_EXHAUSTED =
            Template.of(261, Iana.OBSERVATION_TIME_MILLISECONDS, Iana.NAT_EVENT, Iana.NAT_POOL_ID);

    static final Template POOL_HIGH = Template.of(
            262,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.NAT_THRESHOLD_EVENT,
            Iana.NAT_POOL_ID,
            Iana.ADDRESS_POOL_HIGH_THRESHOLD);

    static final Template PORTS_EXHAUSTED = Template.of(
            263,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PROTOCOL_IDENTIFIER);

    static final Template PORT_BLOCK_OF_USER = Template.of(
            264,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END,
            Iana.USER_NAME);

    static final Template EXPORT_STATISTICS = Template.ofOptions(
            512,
            1,
            Iana.EXPORTING_PROCESS_ID,
            Iana.EXPORTED_MESSAGE_TOTAL_COUNT,
            Iana.EXPORTED_FLOW_RECORD_TOTAL_COUNT,
            Iana.EXPORTED_OCTET_TOTAL_COUNT);

    static final List<Template> ALL_TEMPLATES = List.of(
            PORT_BLOCK,
            MINIMAL_PORT_BLOCK,
            DS_LITE_SESSION,
            ADDRESS_BINDING,
            QUOTA_OF_SUBSCRIBERS,
            ADDRESSES_EXHAUSTED,
            POOL_HIGH,
            PORTS_EXHAUSTED,
            PORT_BLOCK_OF_USER,
            EXPORT_STATISTICS);

    private NatLoggingVectors() {}

    static ByteBuf octets(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
    }
}
