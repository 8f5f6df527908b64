package io.portledger.ipfix;

import static io.portledger.ipfix.NetflowV9Packets.flowset;
import static io.portledger.ipfix.NetflowV9Packets.packet;
import static io.portledger.ipfix.NetflowV9Packets.template;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetflowV9DecoderTest {

    private final NetflowV9Decoder decoder = new NetflowV9Decoder(ElementRegistry.iana());
    private final TemplateStore session = new TemplateStore(TemplateStore.Session.UNRELIABLE);

    private List<String> read(String hex) throws IpfixException {
        return TextualVisitor.read(decoder, session, hex);
    }

    @Test
    void readsIanasFieldTypesAndCiscosOwn() throws IpfixException {
        List<MessageHeader> headers = new ArrayList<>();
        List<Long> sequences = new ArrayList<>();
        decoder.decode(Unpooled.wrappedBuffer(NetflowV9Packets.octets(NetflowV9Packets.FIREWALL)), session, record -> {
            headers.add(record.header());
            sequences.add(record.sequenceNumber());
            assertThat(record.ipv4(NetflowElements.XLATE_SOURCE_IPV4_ADDRESS)).isEqualTo(0xc0000201);
            assertThat(record.unsigned(NetflowElements.XLATE_SOURCE_PORT)).isEqualTo(0x8801);
            assertThat(record.unsigned(NetflowElements.FIREWALL_EVENT)).isEqualTo(1);
            assertThat(record.epochMillis(Iana.OBSERVATION_TIME_MILLISECONDS)).isEqualTo(1_700_000_000_123L);
        });
        assertThat(headers).containsExactly(new MessageHeader(9, 120, 1_700_000_000L, 7, 5));
        assertThat(sequences).containsExactly(7L);
    }

    @Test
    void everyRecordOfAPacketHasThePacketsSequenceNumber() throws IpfixException {
        List<Long> sequences = new ArrayList<>();
        decoder.decode(
                Unpooled.wrappedBuffer(NetflowV9Packets.octets(
                        packet(4, 9, flowset(0, template(256, "00e60001")), flowset(256, "040506")))),
                session,
                record -> sequences.add(record.sequenceNumber()));
        assertThat(sequences).containsExactly(9L, 9L, 9L);
    }

    @Test
    void readsOptionsWithTheirScope() throws IpfixException {
        String options = flowset(1, "0200" + "0004" + "0008" + "00010004" + "00220004" + "00230001" + "0000");
        assertThat(read(packet(1, 0, options))).hasSize(2);
        assertThat(session.find(5, 512)).satisfies(template -> {
            assertThat(template.isOptions()).isTrue();
            assertThat(template.scopeFieldCount()).isEqualTo(1);
            assertThat(template.fields().getFirst().element().name()).isEqualTo("scope System");
            assertThat(template.has(Iana.OCTET_DELTA_COUNT)).isFalse();
        });
        assertThat(read(packet(1, 1, flowset(512, "00000000" + "00000064" + "02" + "000000"))))
                .hasSize(2);
    }

    @Test
    void theNumberInTheHeaderDoesNotMatter() throws IpfixException {
        String records = flowset(256, "0405");
        read(packet(1, 0, flowset(0, template(256, "00e60001"))));
        assertThat(read(packet(0, 1, records))).hasSize(3);
        assertThat(read(packet(999, 2, records))).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"00", "0000", "000000", "00000000", "0000000000000000"})
    void zerosBehindTheLastFlowsetAndTemplateArePadding(String zeros) throws IpfixException {
        assertThat(read(packet(1, 0, flowset(0, template(256, "00e60001"), zeros), zeros)))
                .hasSize(2)
                .last()
                .isEqualTo("DEFINED 256");
    }

    @Test
    void octetsBehindTheLastFlowsetThatAreTooFewForAnotherArePadding() throws IpfixException {
        assertThat(read(packet(1, 0, flowset(0, template(256, "00e60001")), "323556")))
                .last()
                .isEqualTo("DEFINED 256");
    }

    @Test
    void anotherDefinitionReplacesATemplate() throws IpfixException {
        read(packet(1, 0, flowset(0, template(256, "00e60001"))));
        assertThat(read(packet(1, 1, flowset(0, template(256, "00040001"))))).contains("REPLACED 256");
    }

    @Test
    void aFlowsetBeforeItsTemplateIsShownAsOctetsAndReadLater() throws IpfixException {
        List<ByteBuf> unknown = new ArrayList<>();
        IpfixVisitor visitor = new IpfixVisitor() {
            @Override
            public void onRecord(DataRecord record) {
                assertThat(record.unsigned(Iana.NAT_EVENT)).isEqualTo(4);
                assertThat(record.sequenceNumber()).isEqualTo(3);
            }

            @Override
            public void onUnknownSet(int setId, ByteBuf octets) {
                unknown.add(Unpooled.copiedBuffer(octets));
            }
        };
        decoder.decode(
                Unpooled.wrappedBuffer(NetflowV9Packets.octets(packet(1, 3, flowset(256, "04")))), session, visitor);
        assertThat(unknown).hasSize(1);
        read(packet(1, 4, flowset(0, template(256, "00e60001"))));
        assertThat(decoder.decodeSet(
                        new MessageHeader(9, 25, 1_700_000_000L, 3, 5), 256, unknown.getFirst(), session, visitor))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0009                           | packet header: 2 octets, expected 20
            000a000100000000000000000000000000000000 | packet header: version 10, expected 9
            0009000100000000000000000000000000000000 010000 | flowset header: 3 octets left in the packet, expected 4
            0009000100000000000000000000000000000000 01000003 | flowset 256: length 3, expected 4-4, which is what is left of the packet
            0009000100000000000000000000000000000000 01000009 | flowset 256: length 9, expected 4-4, which is what is left of the packet
            0009000100000000000000000000000000000000 00050004 | flowset id 5 is reserved (allowed: 0, 1, 256-65535)
            0009000100000000000000000000000000000000 0000000800050001 | template 5: the id is out of range (allowed: 256-65535)
            0009000100000000000000000000000000000000 0000000801000001 | template 256: field count 1, expected 1-0, which is what the flowset has room for
            0009000100000000000000000000000000000000 0001000a010000040004 | options template 256: field count 2, expected 1-0, which is what the flowset has room for
            """)
    void namesTheFault(String hex, String fault) {
        assertThatThrownBy(() -> read(hex.replace(" ", "")))
                .isInstanceOf(IpfixException.class)
                .hasMessage(fault);
    }

    @Test
    void nothingOfAMalformedPacketCounts() {
        assertThatThrownBy(() -> read(packet(1, 0, flowset(0, template(256, "00e60001")), "01000009")))
                .isInstanceOf(IpfixException.class);
        assertThat(session.size()).isZero();
    }
}
