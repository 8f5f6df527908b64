package io.portledger.ipfix;

import static io.portledger.ipfix.NetflowV9Packets.flowset;
import static io.portledger.ipfix.NetflowV9Packets.packet;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class NetflowV9Properties {

    @Property(tries = 500)
    void everyRecordComesBackWithItsOctets(
            @ForAll @Size(min = 1, max = 20) List<@IntRange(max = 12) Integer> lengths,
            @ForAll @IntRange(max = 30) int count,
            @ForAll @IntRange(max = 3) int padding,
            @ForAll Random random)
            throws IpfixException {
        // Field types of every kind, at lengths that suit them or not; the first has an octet at least.
        StringBuilder fields = new StringBuilder();
        int recordLength = 0;
        int empty = 0;
        for (int i = 0; i < lengths.size(); i++) {
            boolean mustHaveOctets = i == 0 || empty == 15;
            int length = mustHaveOctets ? Math.max(1, lengths.get(i)) : lengths.get(i);
            empty += length == 0 ? 1 : 0;
            fields.append(String.format("%04x%04x", random.nextInt(65_536), length));
            recordLength += length;
        }
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] octets = new byte[recordLength];
            random.nextBytes(octets);
            sent.add(HexFormat.of().formatHex(octets));
        }
        String template = String.format("0100%04x", lengths.size()) + fields;
        String pad = "00".repeat(Math.min(padding, recordLength - 1));
        TemplateStore session = new TemplateStore(TemplateStore.Session.UNRELIABLE);
        List<String> got = new ArrayList<>();
        int shown = new NetflowV9Decoder(ElementRegistry.iana())
                .decode(
                        Unpooled.wrappedBuffer(NetflowV9Packets.octets(packet(
                                random.nextInt(65_536),
                                1,
                                flowset(0, template),
                                flowset(256, String.join("", sent), pad)))),
                        session,
                        record -> got.add(HexFormat.of().formatHex(record.rawOctets())));
        assertThat(got).isEqualTo(sent);
        assertThat(shown).isEqualTo(count);
    }

    @Property(tries = 2000)
    void damagedPacketsEndInRecordsOrTheDocumentedException(
            @ForAll @IntRange(max = 119) int at, @ForAll byte octet, @ForAll @IntRange(max = 120) int length) {
        byte[] packet = NetflowV9Packets.octets(NetflowV9Packets.FIREWALL);
        packet[at] = octet;
        ByteBuf in = Unpooled.wrappedBuffer(packet, 0, length);
        TemplateStore session = new TemplateStore(TemplateStore.Session.UNRELIABLE);
        List<byte[]> records = new ArrayList<>();
        try {
            assertThat(new NetflowV9Decoder(ElementRegistry.iana())
                            .decode(in, session, record -> records.add(record.rawOctets())))
                    .isEqualTo(records.size());
        } catch (IpfixException e) {
            assertThat(e.getMessage()).isNotBlank();
            assertThat(records).isEmpty();
            assertThat(session.size()).isZero();
        }
        assertThat(in.isReadable()).isFalse();
    }
}
