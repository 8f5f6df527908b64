package io.portledger.ipfix;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class IpfixProperties {

    private static final RecordMapping<List<byte[]>> OCTETS = (values, fields) -> {
        for (byte[] value : values) {
            fields.putOctets(value);
        }
    };

    /** A template and records of it, each the octets of its fields. */
    record Export(Template template, List<List<byte[]>> records) {}

    @Property(tries = 500)
    void everyRecordComesBackWithItsOctetsAndItsNumber(
            @ForAll("exports") @Size(min = 1, max = 6) List<Export> exports,
            @ForAll @IntRange(min = 2048, max = 65535) int maxLength)
            throws IpfixException {
        IpfixEncoder encoder = new IpfixEncoder(7, maxLength);
        List<ByteBuf> messages = new ArrayList<>();
        List<String> sent = new ArrayList<>();
        messages.add(begin(encoder));
        for (int i = 0; i < exports.size(); i++) {
            Template template = withId(exports.get(i).template(), 256 + i);
            if (!encoder.addTemplate(template)) {
                encoder.end();
                messages.add(begin(encoder));
                assertThat(encoder.addTemplate(template)).isTrue();
            }
            for (List<byte[]> record : exports.get(i).records()) {
                if (!encoder.addRecord(template, record, OCTETS)) {
                    encoder.end();
                    messages.add(begin(encoder));
                    assertThat(encoder.addRecord(template, record, OCTETS)).isTrue();
                }
                sent.add(sent.size() + " " + template + " " + hex(record));
            }
        }
        encoder.end();

        IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana());
        TemplateStore session = new TemplateStore(TemplateStore.Session.RELIABLE);
        List<String> received = new ArrayList<>();
        for (ByteBuf message : messages) {
            assertThat(message.readableBytes()).isLessThanOrEqualTo(maxLength);
            decoder.decode(message, session, record -> {
                List<byte[]> values = new ArrayList<>();
                for (int i = 0; i < record.fieldCount(); i++) {
                    values.add(record.octets(i));
                }
                received.add(record.sequenceNumber() + " " + record.template() + " " + hex(values));
            });
            assertThat(message.isReadable()).isFalse();
        }
        assertThat(received).isEqualTo(sent);
    }

    @Property
    void numbersOfEverySizeComeBack(@ForAll long value, @ForAll @IntRange(min = 1, max = 8) int length)
            throws IpfixException {
        Template template = Template.of(
                256,
                List.of(
                        new FieldSpecifier(Iana.OCTET_DELTA_COUNT, length),
                        new FieldSpecifier(Iana.PACKET_DELTA_COUNT, length)));
        long unsigned = length == 8 ? value : value & ((1L << (8 * length)) - 1);
        long signed = (value << (64 - 8 * length)) >> (64 - 8 * length);
        RecordMapping<Long> mapping =
                (ignored, fields) -> fields.putUnsigned(unsigned).putSigned(signed);
        decodeOne(template, value, mapping, record -> {
            assertThat(record.unsigned(0)).isEqualTo(unsigned);
            assertThat(record.signed(1)).isEqualTo(signed);
        });
    }

    @Property
    void millisecondsComeBackFromEveryTimeThatCanHoldThem(@ForAll("timesOfAllTypes") long epochMillis)
            throws IpfixException {
        Template template = Template.of(
                256,
                Iana.OBSERVATION_TIME_SECONDS,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.OBSERVATION_TIME_MICROSECONDS,
                Iana.OBSERVATION_TIME_NANOSECONDS);
        RecordMapping<Long> mapping = (millis, fields) -> {
            for (int i = 0; i < 4; i++) {
                fields.putEpochMillis(millis);
            }
        };
        decodeOne(template, epochMillis, mapping, record -> {
            assertThat(record.epochMillis(0)).isEqualTo(epochMillis / 1000 * 1000);
            assertThat(record.epochMillis(1)).isEqualTo(epochMillis);
            assertThat(record.epochMillis(2)).isEqualTo(epochMillis);
            assertThat(record.epochMillis(3)).isEqualTo(epochMillis);
        });
    }

    @Property
    void textComesBack(@ForAll("texts") String text) throws IpfixException {
        Template template = Template.of(256, Iana.USER_NAME);
        RecordMapping<String> mapping = (value, fields) -> fields.putString(value);
        decodeOne(
                template, text, mapping, record -> assertThat(record.string(0)).isEqualTo(text));
    }

    @Property(tries = 2000)
    void anyOctetsGiveRecordsOrTheDocumentedException(@ForAll byte[] octets) {
        decodeAnything(octets);
    }

    @Property(tries = 2000)
    void anyOctetsBehindASoundHeaderGiveRecordsOrTheDocumentedException(
            @ForAll("sets") @Size(max = 8) List<byte[]> sets) {
        ByteBuf message = Unpooled.buffer().writeLong(0).writeLong(1);
        for (byte[] set : sets) {
            message.writeBytes(set);
        }
        message.setShort(0, 10).setShort(2, message.readableBytes());
        byte[] octets = new byte[message.readableBytes()];
        message.readBytes(octets);
        decodeAnything(octets);
    }

    @Property(tries = 2000)
    void damagedMessagesGiveRecordsOrTheDocumentedException(
            @ForAll("vectors") byte[] vector, @ForAll Random random, @ForAll @IntRange(min = 1, max = 12) int flips) {
        byte[] damaged = vector.clone();
        for (int i = 0; i < flips; i++) {
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
        }
        decodeAnything(damaged);
    }

    @Property(tries = 500)
    void truncatedMessagesAreRefused(@ForAll("vectors") byte[] vector, @ForAll Random random) {
        byte[] truncated = Arrays.copyOf(vector, random.nextInt(vector.length));
        TextualVisitor visitor = new TextualVisitor();
        assertThat(decodeAll(truncated, TemplateStore.Session.UNRELIABLE, visitor))
                .isFalse();
        assertThat(visitor.lines).isEmpty();
    }

    /** Decodes in sessions of both kinds that know templates, and reads every field of every record. */
    private static void decodeAnything(byte[] octets) {
        for (TemplateStore.Session kind : TemplateStore.Session.values()) {
            CountingVisitor visitor = new CountingVisitor();
            decodeAll(octets, kind, visitor);
            assertThat(visitor.octetsShown).isLessThanOrEqualTo(octets.length);
        }
    }

    private static boolean decodeAll(byte[] octets, TemplateStore.Session kind, IpfixVisitor visitor) {
        IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana());
        TemplateStore session = new TemplateStore(kind);
        try {
            decoder.decode(NatLoggingVectors.octets(NatLoggingVectors.TEMPLATES), session, record -> {});
        } catch (IpfixException e) {
            throw new AssertionError("the vector is sound", e);
        }
        ByteBuf in = Unpooled.wrappedBuffer(octets);
        boolean isSound = in.isReadable();
        while (in.isReadable()) {
            try {
                decoder.decode(in, session, visitor);
            } catch (IpfixException e) {
                assertThat(e).hasMessageMatching("(?s)[a-z].*");
                isSound = false;
            }
        }
        return isSound;
    }

    private static final class CountingVisitor implements IpfixVisitor {
        private int octetsShown;

        @Override
        public void onRecord(DataRecord record) {
            octetsShown += record.rawLength();
            int octetsOfFields = 0;
            for (int i = 0; i < record.fieldCount(); i++) {
                octetsOfFields += record.length(i);
                assertThat(TextualVisitor.value(
                                record,
                                i,
                                record.template().fields().get(i).element().type()))
                        .isNotNull();
            }
            assertThat(octetsOfFields).isLessThanOrEqualTo(record.rawLength());
            assertThat(record.raw().readableBytes()).isEqualTo(record.rawLength());
        }

        @Override
        public void onUnknownSet(int setId, ByteBuf octets) {
            octetsShown += octets.readableBytes();
        }
    }

    @Provide
    Arbitrary<List<Export>> exports() {
        return Arbitraries.integers()
                .between(1, 8)
                .flatMap(fieldCount -> fields().list().ofSize(fieldCount))
                .flatMap(fields -> Combinators.combine(
                                Arbitraries.integers().between(0, fields.size()), records(fields))
                        .as((scope, records) -> new Export(
                                scope == 0 ? Template.of(256, fields) : Template.ofOptions(256, scope, fields),
                                records)))
                .list();
    }

    @Provide
    Arbitrary<byte[]> vectors() {
        return Arbitraries.of(
                        NatLoggingVectors.MINI,
                        NatLoggingVectors.TEMPLATES,
                        NatLoggingVectors.RECORDS,
                        NatLoggingVectors.WITHDRAWAL)
                .map(HexFormat.of()::parseHex);
    }

    @Provide
    Arbitrary<List<byte[]>> sets() {
        Arbitrary<Integer> ids = Arbitraries.of(2, 2, 3, 256, 257, 264, 512, 300, 4);
        Arbitrary<byte[]> contents = Arbitraries.oneOf(
                Arbitraries.bytes().array(byte[].class).ofMaxSize(80),
                // Numbers that are likely to be ids and lengths.
                Arbitraries.of(0, 1, 2, 4, 8, 16, 225, 230, 256, 264, 300, 371, 0x8001, 65535)
                        .list()
                        .ofMaxSize(20)
                        .map(words -> {
                            byte[] octets = new byte[2 * words.size()];
                            for (int i = 0; i < words.size(); i++) {
                                octets[2 * i] = (byte) (words.get(i) >> 8);
                                octets[2 * i + 1] = (byte) (int) words.get(i);
                            }
                            return octets;
                        }));
        return Combinators.combine(ids, contents)
                .as((id, content) -> {
                    byte[] set = new byte[4 + content.length];
                    set[0] = (byte) (id >> 8);
                    set[1] = (byte) (int) id;
                    set[3] = (byte) set.length;
                    System.arraycopy(content, 0, set, 4, content.length);
                    return set;
                })
                .list();
    }

    @Provide
    Arbitrary<Long> timesOfAllTypes() {
        return Arbitraries.longs().between(0, 4_233_462_143_999L);
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings()
                .all()
                .ofMaxLength(400)
                .filter(text ->
                        text.codePoints().noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    }

    private static Arbitrary<FieldSpecifier> fields() {
        return Arbitraries.oneOf(
                Arbitraries.of(Iana.ELEMENTS).map(FieldSpecifier::of),
                Combinators.combine(
                                Arbitraries.longs().between(0, 0xffff_ffffL),
                                Arbitraries.integers().between(1000, 0x7fff),
                                Arbitraries.oneOf(
                                        Arbitraries.integers().between(1, 40),
                                        Arbitraries.just(FieldSpecifier.VARIABLE_LENGTH)))
                        .as((enterprise, id, length) ->
                                new FieldSpecifier(ElementRegistry.iana().find(enterprise, id), length)));
    }

    private static Arbitrary<List<List<byte[]>>> records(List<FieldSpecifier> fields) {
        return Combinators.combine(fields.stream()
                        .map(field -> field.isVariable()
                                ? Arbitraries.bytes()
                                        .array(byte[].class)
                                        .ofMaxSize(300)
                                        .edgeCases(config -> config.none())
                                : Arbitraries.bytes().array(byte[].class).ofSize(field.length()))
                        .toList())
                .as(values -> values)
                .list()
                .ofMaxSize(20);
    }

    private static Template withId(Template template, int id) {
        return template.isOptions()
                ? Template.ofOptions(id, template.scopeFieldCount(), template.fields())
                : Template.of(id, template.fields());
    }

    private static ByteBuf begin(IpfixEncoder encoder) {
        ByteBuf message = Unpooled.buffer();
        encoder.begin(message, 1_700_000_000L);
        return message;
    }

    private static <T> void decodeOne(Template template, T value, RecordMapping<T> mapping, IpfixVisitor visitor)
            throws IpfixException {
        IpfixEncoder encoder = new IpfixEncoder(1, 65535);
        ByteBuf message = begin(encoder);
        encoder.addTemplate(template);
        assertThat(encoder.addRecord(template, value, mapping)).isTrue();
        encoder.end();
        IpfixDecoder decoder = new IpfixDecoder(ElementRegistry.iana());
        assertThat(decoder.decode(message, new TemplateStore(TemplateStore.Session.UNRELIABLE), visitor))
                .isEqualTo(1);
    }

    private static String hex(List<byte[]> values) {
        return String.join(" ", values.stream().map(HexFormat.of()::formatHex).toList());
    }
}
