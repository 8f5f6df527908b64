package io.portledger.ipfix;

import static io.portledger.ipfix.NatLoggingVectors.MINI;
import static io.portledger.ipfix.NatLoggingVectors.RECORDS;
import static io.portledger.ipfix.NatLoggingVectors.TEMPLATES;
import static io.portledger.ipfix.NatLoggingVectors.WITHDRAWAL;
import static io.portledger.ipfix.NatLoggingVectors.octets;
import static io.portledger.ipfix.TemplateStore.Session.RELIABLE;
import static io.portledger.ipfix.TemplateStore.Session.UNRELIABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpfixDecoderTest {

    private static final String RECORD_OF_MINI =
            "0000018bcfe5687b1020010db8000001000000c00002010022c000020188008bff0001040000000001";

    private final IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana());
    private final TemplateStore udp = new TemplateStore(UNRELIABLE);
    private final TemplateStore tcp = new TemplateStore(RELIABLE);

    @Test
    void readsATemplateAndItsRecordInOneMessage() throws IpfixException {
        assertThat(read(udp, MINI))
                .containsExactly(
                        "message 1700000000 #0 domain 1",
                        "DEFINED 256",
                        "#0 256 observationTimeMilliseconds=1700000000123 natEvent=16"
                                + " sourceIPv6Address=20010db800000100:c00002010022 postNATSourceIPv4Address=c0000201"
                                + " portRangeStart=34816 portRangeEnd=35839 portRangeStepSize=1"
                                + " portRangeNumPorts=1024 natInstanceID=1");
    }

    @Test
    void readsEveryTemplateOfNatLogging() throws IpfixException {
        assertThat(read(udp, TEMPLATES))
                .containsExactly(
                        "message 1700000000 #0 domain 1",
                        "DEFINED 256",
                        "DEFINED 257",
                        "DEFINED 258",
                        "DEFINED 259",
                        "DEFINED 260",
                        "DEFINED 261",
                        "DEFINED 262",
                        "DEFINED 263",
                        "DEFINED 264",
                        "DEFINED 512");
        for (Template template : NatLoggingVectors.ALL_TEMPLATES) {
            assertThat(udp.find(1, template.id())).isEqualTo(template);
        }
    }

    @Test
    void readsARecordOfEveryTemplate() throws IpfixException {
        read(udp, TEMPLATES);
        String block = " sourceIPv6Address=20010db800000100:c00002010022 postNATSourceIPv4Address=c0000201"
                + " portRangeStart=34816 portRangeEnd=35839";
        String session = " sourceIPv4Address=c0a8010a postNATSourceIPv4Address=c0000209 protocolIdentifier=6"
                + " sourceTransportPort=40000 postNAPTSourceTransportPort=2000"
                + " sourceIPv6Address=20010db800000100:c00002010022 natInstanceID=1";
        String address = " sourceIPv6Address=20010db800000100:c00002010022 postNATSourceIPv4Address=c0000201"
                + " natInstanceID=1";
        String time = " observationTimeMilliseconds=1700000000123";
        assertThat(read(udp, RECORDS))
                .containsExactly(
                        "message 1700000000 #0 domain 1",
                        "#0 256" + time + " natEvent=16" + block
                                + " portRangeStepSize=1 portRangeNumPorts=1024 natInstanceID=1",
                        "#1 257" + time + " natEvent=16" + block + " natInstanceID=1",
                        "#2 257 observationTimeMilliseconds=1700000060123 natEvent=17" + block + " natInstanceID=1",
                        "#3 258" + time + " natEvent=4" + session,
                        "#4 258 observationTimeMilliseconds=1700000005123 natEvent=5" + session,
                        "#5 259" + time + " natEvent=14" + address,
                        "#6 259" + time + " natEvent=15" + address,
                        "#7 260" + time + " natEvent=13 natQuotaExceededEvent=4 maxSubscribers=1000",
                        "#8 261" + time + " natEvent=3 natPoolId=7",
                        "#9 262" + time + " natEvent=18 natThresholdEvent=1 natPoolId=7 addressPoolHighThreshold=900",
                        "#10 263" + time + " natEvent=12 postNATSourceIPv4Address=c0000201 protocolIdentifier=17",
                        "#11 264" + time + " natEvent=16" + block + " userName=subscriber-0001",
                        "#12 512 exportingProcessId=1 exportedMessageTotalCount=10 exportedFlowRecordTotalCount=11"
                                + " exportedOctetTotalCount=12345");
    }

    @Test
    void givesTheOctetsOfARecordAsTheyCame() throws IpfixException {
        List<String> raw = new ArrayList<>();
        decoder.decode(octets(MINI), udp, record -> {
            raw.add(HexFormat.of().formatHex(record.rawOctets()));
            raw.add(ByteBufUtil.hexDump(record.raw()));
            assertThat(record.rawLength()).isEqualTo(41);
        });
        assertThat(raw).containsExactly(RECORD_OF_MINI, RECORD_OF_MINI);
    }

    @Test
    void countsRecordsOfOptionsTemplatesToo() throws IpfixException {
        decoder.decode(octets(TEMPLATES), udp, record -> {});
        assertThat(decoder.decode(octets(RECORDS), udp, record -> {})).isEqualTo(13);
    }

    @Test
    void continuesTheSequenceAcrossItsWrap() throws IpfixException {
        read(udp, TEMPLATES);
        List<String> lines = read(udp, RECORDS.replaceFirst("(?<=^.{16})00000000", "ffffffff"));
        assertThat(lines.get(1)).startsWith("#4294967295 256");
        assertThat(lines.get(2)).startsWith("#0 257");
    }

    @Test
    void readsOneMessageAfterTheOtherFromOneBuffer() throws IpfixException {
        ByteBuf buffer = octets(TEMPLATES + RECORDS + MINI);
        TextualVisitor visitor = new TextualVisitor();
        int records = 0;
        while (buffer.isReadable()) {
            records += decoder.decode(buffer, udp, visitor);
        }
        assertThat(records).isEqualTo(14);
    }

    @Test
    void showsDataOfAnUnknownTemplateAsOctets() throws IpfixException {
        assertThat(read(udp, message("0102000c" + "0102030405060708")))
                .containsExactly("message 1700000000 #0 domain 1", "unknown set 258 0102030405060708");
    }

    @Test
    void keepsTemplatesOfObservationDomainsApart() throws IpfixException {
        read(udp, TEMPLATES);
        String otherDomain = RECORDS.replaceFirst("(?<=^.{24})00000001", "00000002");
        assertThat(read(udp, otherDomain))
                .hasSize(11)
                .allMatch(line -> line.startsWith("unknown set") || line.equals("message 1700000000 #0 domain 2"));
    }

    @Test
    void keepsTheTemplateObjectWhenTheTemplateComesAgain() throws IpfixException {
        read(udp, MINI);
        Template first = udp.find(1, 256);
        assertThat(read(udp, MINI)).contains("REFRESHED 256");
        assertThat(udp.find(1, 256)).isSameAs(first);
        assertThat(read(tcp, MINI)).contains("DEFINED 256");
        assertThat(read(tcp, MINI)).contains("REFRESHED 256");
    }

    @Test
    void replacesATemplateOverUdp() throws IpfixException {
        read(udp, MINI);
        assertThat(read(udp, message("0002000c" + "01000001" + "00e60001" + "01000005" + "10")))
                .containsExactly("message 1700000000 #0 domain 1", "REPLACED 256", "#0 256 natEvent=16");
    }

    @Test
    void readsEachSetByTheTemplateThatIsInForceAtItsPlace() throws IpfixException {
        read(udp, message("0002000c" + "01000001" + "00e60001"));
        assertThat(read(udp, message("0100000510" + "0002000c" + "01000001" + "00040001" + "0100000511")))
                .containsExactly(
                        "message 1700000000 #0 domain 1",
                        "#0 256 natEvent=16",
                        "REPLACED 256",
                        "#1 256 protocolIdentifier=17");
    }

    @Test
    void refusesAnotherDefinitionOfATemplateOverTcp() throws IpfixException {
        read(tcp, MINI);
        assertThatThrownBy(() -> read(tcp, message("0002000c" + "01000001" + "00e60001")))
                .isInstanceOf(IpfixException.class)
                .hasMessageStartingWith("template 256: defined anew without a withdrawal");
        assertThat(read(tcp, MINI)).contains("REFRESHED 256");
    }

    @Test
    void ignoresWithdrawalsOverUdp() throws IpfixException {
        read(udp, MINI);
        assertThat(read(udp, WITHDRAWAL)).containsExactly("message 1700000000 #1 domain 1", "ignored withdrawal 256");
        assertThat(read(udp, message("00020008" + "00020000"))).contains("ignored withdrawal 2");
        assertThat(udp.find(1, 256)).isNotNull();
    }

    @Test
    void obeysWithdrawalsOverTcp() throws IpfixException {
        read(tcp, MINI);
        assertThat(read(tcp, WITHDRAWAL)).containsExactly("message 1700000000 #1 domain 1", "WITHDRAWN 256");
        assertThat(tcp.find(1, 256)).isNull();
        assertThat(read(tcp, message("0002000c" + "01000001" + "00e60001"))).contains("DEFINED 256");
    }

    @Test
    void ignoresTheWithdrawalOfWhatIsNotThere() throws IpfixException {
        assertThat(read(tcp, WITHDRAWAL)).contains("ignored withdrawal 256");
        read(tcp, MINI);
        assertThat(read(tcp, message("00030008" + "01000000"))).contains("ignored withdrawal 256");
        assertThat(tcp.find(1, 256)).isNotNull();
    }

    @Test
    void withdrawsAllTemplatesOfTheDomainAndKindOverTcp() throws IpfixException {
        read(tcp, TEMPLATES);
        read(tcp, MINI.replaceFirst("(?<=^.{24})00000001", "00000002"));
        assertThat(read(tcp, message("00020008" + "00020000")))
                .hasSize(10)
                .filteredOn(line -> line.startsWith("WITHDRAWN"))
                .hasSize(9);
        assertThat(tcp.find(1, 512)).isNotNull();
        assertThat(tcp.find(2, 256)).isNotNull();
        assertThat(read(tcp, message("00030008" + "00030000"))).contains("WITHDRAWN 512");
        assertThat(tcp.size()).isEqualTo(1);
    }

    @Test
    void readsEnterpriseFieldsByNameIfTheyAreRegistered() throws IpfixException {
        String message = message("00020018" + "01000002" + "80030002" + "00007ed9" + "80bf0004" + "0000027d"
                + "0100000a" + "0022" + "0a0b0c0d");
        assertThat(read(udp, message))
                .contains("#0 256 element 3 of enterprise 32473=0022 element 191 of enterprise 637=0a0b0c0d");
        IpfixDecoder informed = new IpfixDecoder(ElementRegistry.iana()
                .with(Lw4o6Elements.of(Lw4o6Elements.DOCUMENTATION_ENTERPRISE).all()));
        assertThat(TextualVisitor.read(informed, new TemplateStore(UNRELIABLE), message))
                .contains("#0 256 lw4o6Psid=34 element 191 of enterprise 637=0a0b0c0d");
    }

    @Test
    void readsIntegersOfReducedSize() throws IpfixException {
        String message = message("00020010" + "01000002" + "00010003" + "01cf0001" + "01000008" + "010203" + "07");
        assertThat(read(udp, message)).contains("#0 256 octetDeltaCount=66051 natInstanceID=7");
    }

    @Test
    void readsBothFormsOfVariableLength() throws IpfixException {
        String text = "a".repeat(300);
        String message = message(
                "0002000c" + "01000001" + "0173ffff" + "01000137" + "0161" + "00" + "ff012c" + "61".repeat(300) + "01");
        assertThatThrownBy(() -> read(udp, message)).hasMessageContaining("userName has length 1, but only 0");
        assertThat(read(
                        udp,
                        message.substring(0, message.length() - 2)
                                .replace("01000137", "01000136")
                                .replaceFirst("(?<=^.{4}).{4}", String.format("%04x", message.length() / 2 - 1))))
                .containsExactly(
                        "message 1700000000 #0 domain 1",
                        "DEFINED 256",
                        "#0 256 userName=a",
                        "#1 256 userName=",
                        "#2 256 userName=" + text);
    }

    @Test
    void givesNoTextForOctetsThatAreNotUtf8() throws IpfixException {
        assertThat(read(udp, message("0002000c" + "01000001" + "0173ffff" + "01000007" + "02c328")))
                .contains("#0 256 userName=null");
    }

    @Test
    void leavesOutTheZerosBehindATextOfFixedLength() throws IpfixException {
        assertThat(read(udp, message("0002000c" + "01000001" + "01730004" + "01000008" + "61620000")))
                .contains("#0 256 userName=ab");
    }

    @Test
    void tellsRepeatedElementsApartByTheirPlace() throws IpfixException {
        String message =
                message("00020010" + "01000002" + "00080004" + "00080004" + "0100000c" + "c0000201" + "c0000202");
        decoder.decode(octets(message), udp, record -> {
            int first = record.template().indexOf(Iana.SOURCE_IPV4_ADDRESS);
            int second = record.template().indexOf(Iana.SOURCE_IPV4_ADDRESS, first + 1);
            assertThat(record.ipv4(first)).isEqualTo(0xc000_0201);
            assertThat(record.ipv4(second)).isEqualTo(0xc000_0202);
            assertThat(record.template().indexOf(Iana.SOURCE_IPV4_ADDRESS, second + 1))
                    .isEqualTo(-1);
        });
    }

    @Test
    void acceptsPaddingThatIsNotZero() throws IpfixException {
        assertThat(read(udp, MINI.replaceFirst("000000$", "ffffff"))).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "150, 4, 6553f100, 1700000000000",
        "323, 8, 0000018bcfe5687b, 1700000000123",
        // 2023-11-14T22:13:20Z is 3908988800 in NTP seconds.
        "324, 8, e8fe6f8020000000, 1700000000125",
        "325, 8, e8fe6f80ffffffff, 1700000000999",
        // A millisecond, just; microseconds do not look at the last 11 bits, and see less.
        "324, 8, e8fe6f8000418938, 1700000000000",
        "325, 8, e8fe6f8000418938, 1700000000001",
        // The NTP seconds of the years from 2036 on begin at 0 again.
        "325, 8, 0000000180000000, 2085978497500",
    })
    void readsTimesOfEveryType(int elementId, int length, String octets, long epochMillis) throws IpfixException {
        String message =
                message(String.format("0002000c" + "01000001" + "%04x%04x" + "0100%04x", elementId, length, 4 + length)
                        + octets);
        List<Long> times = new ArrayList<>();
        decoder.decode(octets(message), udp, record -> times.add(record.epochMillis(0)));
        assertThat(times).containsExactly(epochMillis);
    }

    @Test
    void readsSignedAndFloatingValuesAndTruth() throws IpfixException {
        IpfixDecoder informed = new IpfixDecoder(ElementRegistry.iana()
                .with(List.of(
                        new InformationElement(0, 434, "mibObjectValueInteger", DataType.SIGNED_32),
                        new InformationElement(0, 320, "absoluteError", DataType.FLOAT_64),
                        new InformationElement(0, 276, "dataRecordsReliability", DataType.BOOLEAN))));
        String message = message("0002001c" + "01000005" + "01b20002" + "01400004" + "01400008" + "01140001"
                + "01140001" + "01000014" + "fffe" + "3fc00000" + "c004000000000000" + "01" + "02");
        assertThat(TextualVisitor.read(informed, udp, message))
                .contains("#0 256 mibObjectValueInteger=-2 absoluteError=1.5 absoluteError=-2.5"
                        + " dataRecordsReliability=true dataRecordsReliability=false");
    }

    @Test
    void readersRefuseWhatTheCallerCannotMean() throws IpfixException {
        decoder.decode(octets(MINI), udp, record -> {
            assertThat(record.has(Iana.USER_NAME)).isFalse();
            assertThatThrownBy(() -> record.string(Iana.USER_NAME))
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessage("template 256 has no userName");
            assertThatIllegalStateException()
                    .isThrownBy(() -> record.unsigned(Iana.SOURCE_IPV6_ADDRESS))
                    .withMessage("template 256: sourceIPv6Address has 16 octets, expected at most 8");
            assertThatIllegalStateException()
                    .isThrownBy(() -> record.ipv4(Iana.PORT_RANGE_END))
                    .withMessage("template 256: portRangeEnd has 2 octets, expected 4");
            assertThatIllegalStateException()
                    .isThrownBy(() -> record.epochMillis(Iana.PORT_RANGE_END))
                    .withMessage("template 256: portRangeEnd is no time, but UNSIGNED_16");
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                                         | message header: 0 octets, expected 16
            000a00106553f1000000000000000              | message header: 14 octets, expected 16
            000900106553f1000000000000000001           | message header: version 9, expected 10 (this is NetFlow v9)
            000b00106553f1000000000000000001           | message header: version 11, expected 10
            000a000f6553f1000000000000000001           | message header: length 15, expected at least 16
            000a00146553f1000000000000000001           | message header: length 20, but only 16 octets are there
            """)
    void namesTheFaultOfAHeader(String hex, String fault) {
        String even = hex.length() % 2 == 0 ? hex : hex.substring(0, hex.length() - 1);
        ByteBuf message = octets(even);
        assertThatThrownBy(() -> decoder.decode(message, udp, new TextualVisitor()))
                .isInstanceOf(IpfixException.class)
                .hasMessage(fault);
        assertThat(message.isReadable()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            000200                             | set header: 3 octets left in the message, expected 4
            00020003                           | set 2: length 3, expected at least 4
            01000005                           | set 256: length 5, but only 4 octets are left in the message
            00000004                           | set id 0 is reserved (allowed: 2, 3, 256-65535)
            00ff0004                           | set id 255 is reserved (allowed: 2, 3, 256-65535)
            0002000c00ff000100e60001           | template 255: the id is out of range (allowed: 256-65535)
            000200080100ffff                   | template 256: field count 65535, but only 0 octets are left in the set
            0002000c0100000180010001           | template 256: the set ends within field 1 of 1
            0002000800ff0000                   | template 255: no such template can be withdrawn (allowed: 2 for all, 256-65535)
            0003000802000001                   | options template 512: the set ends before the scope field count
            0003000e02000001000200900004       | options template 512: scope field count 2, expected 1-1
            0002000c010000010173ffff010000050a | set 256: userName has length 10, but only 0 octets are left in the set
            0002000c010000010173ffff01000007ff0004 | set 256: userName has length 4, but only 0 octets are left in the set
            """)
    void namesTheFaultOfASet(String sets, String fault) {
        ByteBuf message = octets(message(sets));
        assertThatThrownBy(() -> decoder.decode(message, udp, new TextualVisitor()))
                .isInstanceOf(IpfixException.class)
                .hasMessage(fault);
        assertThat(message.isReadable()).isFalse();
    }

    @Test
    void aFieldOfAnUnusualLengthIsOctetsAndTheOthersAreRead() throws IpfixException {
        // natEvent in 2 octets, an IPv4 address in 6, a time in 4, a string of none, and a port as it should be.
        String template = "0002001c01000005" + "00e60002" + "00e10006" + "01430004" + "01730000" + "00e30002";
        assertThat(read(udp, message(template + "01000012" + "0010" + "c00002010000" + "6553f100" + "0050"))
                        .getLast())
                .contains("natEvent", "postNAPTSourceTransportPort=80");
    }

    @Test
    void aTemplateWhoseRecordsWouldHaveNoOctetsIsRefused() {
        assertThatThrownBy(() -> read(udp, message("0002000c0100000101d10000")))
                .hasMessage("template 256 has 1 fields of length 0 among 1 (allowed: at most 16, and not all)");
    }

    @Test
    void toleratesOptionsTemplatesWithoutAScopeAndMoreThanEnoughPadding() throws IpfixException {
        assertThat(read(udp, message("0003001e" + "01000001" + "0000" + "00e60001" + "00".repeat(16))))
                .hasSize(2);
        assertThat(udp.find(1, 256))
                .satisfies(template -> assertThat(template.isOptions()).isTrue());
    }

    @Test
    void templatesOverUdpExpireUnlessTheyComeAgain() throws IpfixException {
        udp.setTime(1000);
        read(udp, message("00020014" + "01000001" + "00e60001" + "01010001" + "00e60001"));
        udp.setTime(5000);
        read(udp, message("0002000c" + "01000001" + "00e60001"));
        assertThat(udp.expire(5000)).isEqualTo(1);
        assertThat(udp.find(1, 256)).isNotNull();
        assertThat(udp.find(1, 257)).isNull();
    }

    @Test
    void aFileRedefinesTemplatesAndWithdrawsThem() throws IpfixException {
        TemplateStore file = new TemplateStore(TemplateStore.Session.FILE);
        read(file, message("0002000c" + "01000001" + "00e60001"));
        assertThat(read(file, message("0002000c" + "01000001" + "00040001"))).contains("REPLACED 256");
        assertThat(read(file, message("00020008" + "01000000"))).contains("WITHDRAWN 256");
    }

    @Test
    void templatesAreKeptBeyondTheProcess() throws Exception {
        read(udp, TEMPLATES);
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        udp.write(new DataOutputStream(kept));
        TemplateStore again = new TemplateStore(UNRELIABLE);
        again.read(new DataInputStream(new ByteArrayInputStream(kept.toByteArray())), ElementRegistry.iana());

        assertThat(again.size()).isEqualTo(10);
        assertThat(read(again, RECORDS)).isEqualTo(read(udp, RECORDS));
        assertThat(read(again, TEMPLATES))
                .filteredOn(line -> line.startsWith("REFRESHED"))
                .hasSize(10);
        again.forget(1);
        assertThat(again.size()).isZero();
        byte[] cut = Arrays.copyOf(kept.toByteArray(), kept.size() - 1);
        assertThatThrownBy(() -> new TemplateStore(UNRELIABLE)
                        .read(new DataInputStream(new ByteArrayInputStream(cut)), ElementRegistry.iana()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void showsAndKeepsNothingOfAMalformedMessage() throws IpfixException {
        read(udp, message("0002000c" + "02000001" + "00e60001"));
        TextualVisitor visitor = new TextualVisitor();
        String message = message("0002000c" + "01000001" + "00e60001" + "0002000c" + "02000001" + "00040001"
                + "0100000510" + "01000005");
        assertThatThrownBy(() -> decoder.decode(octets(message), udp, visitor)).isInstanceOf(IpfixException.class);
        assertThat(visitor.lines).isEmpty();
        assertThat(udp.find(1, 256)).isNull();
        assertThat(udp.find(1, 512)).isEqualTo(Template.of(512, Iana.NAT_EVENT));
    }

    @Test
    void withdrawalsOfAMalformedMessageDoNotCount() throws IpfixException {
        read(tcp, TEMPLATES);
        assertThatThrownBy(() -> read(tcp, message("00020008" + "00020000" + "00020003")))
                .isInstanceOf(IpfixException.class);
        assertThat(tcp.size()).isEqualTo(10);
    }

    @Test
    void keepsNoMoreTemplatesThanAllowed() throws IpfixException {
        TemplateStore small = new TemplateStore(UNRELIABLE, 2);
        read(small, message("00020014" + "01000001" + "00e60001" + "01010001" + "00e60001"));
        assertThatThrownBy(() -> read(small, message("0002000c" + "01020001" + "00e60001")))
                .isInstanceOf(IpfixException.class)
                .hasMessage("template 258: the session already has 2 templates, more are not kept");
        assertThat(read(small, message("0002000c" + "01000001" + "00040001"))).contains("REPLACED 256");
    }

    @Test
    void fieldsOfAllTemplatesOfASessionAreLimited() throws IpfixException {
        String wide = "2ee0" + "00e60001".repeat(12_000);
        read(udp, message("0002bb88" + "0100" + wide));
        read(udp, message("0002bb88" + "0101" + wide));
        assertThat(udp.fieldCount()).isEqualTo(24_000);

        assertThatThrownBy(() -> read(udp, message("0002bb88" + "0102" + wide)))
                .isInstanceOf(IpfixException.class)
                .hasMessage(
                        "template 258: the session's other templates have 24000 fields, more than 32768 are not kept");
        assertThat(read(udp, message("0002bb88" + "0101" + "2ee0" + "00040001".repeat(12_000))))
                .as("what takes another's place needs no more room")
                .contains("REPLACED 257");
        assertThat(udp.fieldCount()).isEqualTo(24_000);
    }

    @Test
    void staysUsableAfterAVisitorThrew() throws IpfixException {
        assertThatIllegalStateException()
                .isThrownBy(() -> decoder.decode(octets(MINI), udp, record -> {
                    throw new IllegalStateException("from the visitor");
                }));
        assertThat(read(udp, MINI)).hasSize(3);
    }

    private List<String> read(TemplateStore session, String hex) throws IpfixException {
        return TextualVisitor.read(decoder, session, hex);
    }

    /** A message of these sets: exported at 1700000000, sequence number 0, domain 1. */
    private static String message(String sets) {
        return String.format("000a%04x6553f1000000000000000001", 16 + sets.length() / 2) + sets;
    }
}
