package io.portledger.collector.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.collector.dialect.Dialect;
import io.portledger.collector.dialect.Dialects;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.MessageHeader;
import io.portledger.ipfix.NetflowV9Decoder;
import io.portledger.ipfix.Template;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * What no exporter should send, made of what exporters do send: messages of IPFIX, NetFlow v9 and syslog with damage of
 * many kinds, and what is well-formed but too much of it, such as floods of templates. Some of it is sound. The same seed
 * gives the same input, but for the times in it. For one thread.
 */
public final class MalformedInput {

    /** The most that fits a datagram. */
    public static final int MAX_DATAGRAM = 65_507;

    private static final int VARIABLE_LENGTH = 0xffff;
    private static final int[] EDGES = {0, 1, 2, 3, 4, 15, 16, 255, 256, 257, 0x7fff, 0x8000, 0xfffe, 0xffff};
    /** What ends, nests, escapes or counts something in some form of syslog. */
    private static final List<String> SYNTAX = List.of(
            "\"",
            "\\",
            "\\\"",
            "]",
            "[",
            "[[",
            "]]",
            "=",
            "<",
            ">",
            "<999>",
            "|",
            "\u0000",
            "\n",
            "\r\n",
            "\t",
            "\u001b[0m",
            "\ufeff",
            "%n%s",
            "- - -",
            "9999999999999999999999",
            "[a b=\"[c d=\\\"e\\\"]\"]");

    private final SplittableRandom random;
    private final List<byte[]> messages;
    private final List<byte[]> lines;

    /** Input that begins. */
    public MalformedInput(long seed) {
        random = new SplittableRandom(seed);
        messages = List.of(blocks(), sessions(), conditions(), flowsOfNetflow());
        lines = Dialects.builtIn().stream()
                .map(Dialect::sampleMessages)
                .flatMap(List::stream)
                .map(message -> message.getBytes(UTF_8))
                .toList();
    }

    // --- IPFIX and NetFlow v9 ------------------------------------------------------------------------------------

    /** A message, or something like one, of 1 to {@value #MAX_DATAGRAM} octets. */
    public byte[] message() {
        byte[] octets = switch (random.nextInt(20)) {
            case 0 -> made(out -> templates(out, random.nextInt(1, 60), 1, 12));
            case 1 -> made(out -> templates(out, random.nextInt(1, 4), 1, 300));
            case 2 -> made(out -> templates(out, 1, 1, isRare(40) ? 16_000 : 100));
            case 3 -> made(this::redefinitions);
            case 4 -> made(this::dataWithoutTemplate);
            case 5 -> made(this::variableLengths);
            case 6 -> made(this::manyRecords);
            case 7 -> made(this::withdrawals);
            case 8 -> made(out -> set(out, random.nextInt(0x10000), this::noise));
            case 9 -> noise(random.nextInt(1, 200));
            case 10 -> spliced(any(messages), any(messages));
            case 11 -> any(messages).clone();
            default -> damaged(any(messages));
        };
        return octets.length <= MAX_DATAGRAM ? octets : Arrays.copyOf(octets, MAX_DATAGRAM);
    }

    private byte[] made(Consumer<ByteBuf> sets) {
        boolean isNetflow = random.nextInt(4) == 0;
        int domain = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(8);
        return message(isNetflow, domain, isRare(10) ? random.nextInt() : 0, out -> {
            for (int i = isRare(8) ? random.nextInt(2, 5) : 1; i > 0; i--) {
                sets.accept(out);
            }
        });
    }

    private static byte[] message(boolean isNetflow, int domain, int sequence, Consumer<ByteBuf> sets) {
        ByteBuf out = Unpooled.buffer();
        int seconds = (int) (System.currentTimeMillis() / 1000);
        if (isNetflow) {
            out.writeShort(NetflowV9Decoder.VERSION).writeShort(1).writeInt(1_000_000);
        } else {
            out.writeShort(MessageHeader.IPFIX_VERSION).writeShort(0);
        }
        out.writeInt(seconds).writeInt(sequence).writeInt(domain);
        sets.accept(out);
        if (!isNetflow) {
            out.setShort(2, Math.min(0xffff, out.writerIndex()));
        }
        return ByteBufUtil.getBytes(out);
    }

    private static boolean isNetflow(ByteBuf out) {
        return out.getUnsignedShort(0) == NetflowV9Decoder.VERSION;
    }

    private static void set(ByteBuf out, int id, Consumer<ByteBuf> content) {
        int start = out.writerIndex();
        out.writeShort(id).writeShort(0);
        content.accept(out);
        out.setShort(start + 2, Math.min(0xffff, out.writerIndex() - start));
    }

    private static void templateSet(ByteBuf out, Consumer<ByteBuf> content) {
        set(out, isNetflow(out) ? 0 : 2, content);
    }

    /** Sound definitions under ids of all kinds. */
    private void templates(ByteBuf out, int count, int leastFields, int mostFields) {
        templateSet(out, content -> {
            for (int i = 0; i < count; i++) {
                template(content, random.nextInt(256, 0x10000), random.nextInt(leastFields, mostFields + 1));
            }
        });
    }

    private void template(ByteBuf out, int id, int fields) {
        out.writeShort(id).writeShort(fields);
        for (int i = 0; i < fields; i++) {
            if (random.nextInt(6) == 0) {
                out.writeShort(0x8000 | random.nextInt(0x8000))
                        .writeShort(random.nextInt(1, 20))
                        .writeInt(random.nextInt());
            } else {
                out.writeShort(random.nextInt(1, 500))
                        .writeShort(random.nextInt(8) == 0 ? VARIABLE_LENGTH : random.nextInt(1, 17));
            }
        }
    }

    /** One id with one definition after the other, and data between them. */
    private void redefinitions(ByteBuf out) {
        int id = random.nextInt(256, 260);
        for (int i = random.nextInt(2, 12); i > 0; i--) {
            templateSet(out, content -> template(content, id, random.nextInt(1, 10)));
            set(out, id, this::noise);
        }
    }

    private void dataWithoutTemplate(ByteBuf out) {
        set(
                out,
                random.nextInt(256, 0x10000),
                content -> content.writeBytes(noise(isRare(50) ? random.nextInt(1, 60_000) : random.nextInt(1, 800))));
    }

    /** Fields that tell their own lengths, most of them wrong. */
    private void variableLengths(ByteBuf out) {
        int id = random.nextInt(260, 270);
        templateSet(out, content -> {
            content.writeShort(id).writeShort(3);
            content.writeShort(Iana.USER_NAME.id()).writeShort(VARIABLE_LENGTH);
            content.writeShort(Iana.NAT_POOL_NAME.id()).writeShort(VARIABLE_LENGTH);
            content.writeShort(Iana.NAT_EVENT.id()).writeShort(1);
        });
        set(out, id, content -> {
            for (int i = random.nextInt(1, 20); i > 0; i--) {
                int length = random.nextInt(0, 30);
                if (random.nextBoolean()) {
                    content.writeByte(255).writeShort(random.nextInt(3) == 0 ? edge() : length);
                } else {
                    content.writeByte(random.nextInt(10) == 0 ? random.nextInt(256) : length);
                }
                content.writeBytes(noise(length));
            }
        });
    }

    /** Records as short as can be, as many as fit. */
    private void manyRecords(ByteBuf out) {
        int id = random.nextInt(270, 280);
        templateSet(
                out,
                content -> content.writeShort(id)
                        .writeShort(1)
                        .writeShort(Iana.NAT_EVENT.id())
                        .writeShort(1));
        set(
                out,
                id,
                content -> content.writeBytes(noise(isRare(500) ? random.nextInt(1, 60_000) : random.nextInt(1, 60))));
    }

    private void withdrawals(ByteBuf out) {
        set(out, random.nextBoolean() ? 2 : 3, content -> {
            for (int i = random.nextInt(1, 20); i > 0; i--) {
                content.writeShort(random.nextInt(3) == 0 ? random.nextInt(0, 5) : random.nextInt(256, 280))
                        .writeShort(0);
            }
        });
    }

    // --- Syslog --------------------------------------------------------------------------------------------------

    /** A message without framing, or something like one; now and then longer than a datagram can be. */
    public byte[] line() {
        return switch (random.nextInt(12)) {
            case 0 -> noise(random.nextInt(1, 300));
            case 1 -> spliced(any(lines), any(lines));
            case 2 -> any(lines).clone();
            case 3 -> repeated(any(lines), isRare(100) ? 300_000 : 9_000);
            case 4, 5, 6, 7, 8 -> withSyntax(any(lines));
            default -> damaged(any(lines));
        };
    }

    /** A message as it stands in a stream of octets, octet-counted or ended by a line feed, rightly or wrongly. */
    public byte[] framed(byte[] line) {
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> joined(line.length + " ", line, "");
            case 3, 4 -> joined("", line, "\n");
            case 5 -> joined("", line, "");
            case 6 -> joined("", line, "\u0000");
            case 7 -> joined(random.nextInt(2 * line.length + 2) + " ", line, "");
            case 8 -> joined("0".repeat(random.nextInt(1, 20)) + line.length + " ", line, "\r\n");
            default -> joined(Long.toUnsignedString(random.nextLong()) + " ", line, "\n");
        };
    }

    private byte[] withSyntax(byte[] seed) {
        byte[] octets = seed;
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            String inserted = SYNTAX.get(random.nextInt(SYNTAX.size()));
            if (isRare(20)) {
                inserted = inserted.repeat(random.nextInt(1, 500));
            }
            int at = random.nextInt(octets.length + 1);
            octets = joined(
                    new String(octets, 0, at, ISO_8859_1),
                    inserted.getBytes(UTF_8),
                    new String(octets, at, octets.length - at, ISO_8859_1));
        }
        return octets;
    }

    private byte[] repeated(byte[] seed, int most) {
        int from = random.nextInt(seed.length);
        int length = random.nextInt(1, seed.length - from + 1);
        int times = random.nextInt(1, most) / length + 1;
        ByteBuf out = Unpooled.buffer(seed.length + times * length);
        out.writeBytes(seed, 0, from);
        for (int i = 0; i < times; i++) {
            out.writeBytes(seed, from, length);
        }
        out.writeBytes(seed, from + length, seed.length - from - length);
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] joined(String before, byte[] octets, String after) {
        ByteBuf out = Unpooled.buffer(before.length() + octets.length + after.length());
        out.writeCharSequence(before, ISO_8859_1);
        out.writeBytes(octets);
        out.writeCharSequence(after, ISO_8859_1);
        return ByteBufUtil.getBytes(out);
    }

    // --- Damage to anything --------------------------------------------------------------------------------------

    private byte[] damaged(byte[] seed) {
        byte[] octets = seed.clone();
        for (int faults = random.nextInt(1, 5); faults > 0 && octets.length > 2; faults--) {
            switch (random.nextInt(6)) {
                case 0, 1 -> octets[random.nextInt(octets.length)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> octets[random.nextInt(octets.length)] = (byte) random.nextInt();
                case 3 -> {
                    int at = random.nextInt(octets.length - 1) & ~1;
                    int value = edge();
                    octets[at] = (byte) (value >> 8);
                    octets[at + 1] = (byte) value;
                }
                case 4 -> octets = Arrays.copyOf(octets, random.nextInt(1, octets.length));
                default -> octets = spliced(octets, octets);
            }
        }
        return octets;
    }

    /** The beginning of one and the end of another. */
    private byte[] spliced(byte[] one, byte[] other) {
        int from = random.nextInt(other.length);
        byte[] octets = Arrays.copyOf(one, random.nextInt(1, one.length + 1) + other.length - from);
        System.arraycopy(other, from, octets, octets.length - (other.length - from), other.length - from);
        return octets;
    }

    private void noise(ByteBuf out) {
        out.writeBytes(noise(random.nextInt(0, 120)));
    }

    private byte[] noise(int length) {
        byte[] octets = new byte[length];
        random.nextBytes(octets);
        return octets;
    }

    private int edge() {
        return EDGES[random.nextInt(EDGES.length)];
    }

    private boolean isRare(int oneOf) {
        return random.nextInt(oneOf) == 0;
    }

    private byte[] any(List<byte[]> seeds) {
        return seeds.get(random.nextInt(seeds.size()));
    }

    // --- What it is made of --------------------------------------------------------------------------------------

    private static byte[] blocks() {
        Template template = Template.of(
                256,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.SOURCE_IPV6_ADDRESS,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
                Iana.PORT_RANGE_START,
                Iana.PORT_RANGE_END);
        return encoded(encoder -> {
            encoder.addTemplate(template);
            for (int block = 1; block < 4; block++) {
                int first = 1024 * block;
                encoder.addRecord(
                        template,
                        first,
                        (port, fields) -> fields.putEpochMillis(System.currentTimeMillis())
                                .putUnsigned(16)
                                .putIpv6(0x2001_0db8_0000_0000L, port)
                                .putIpv4(0xcb00_7107)
                                .putUnsigned(port)
                                .putUnsigned(port + 1023));
            }
        });
    }

    private static byte[] sessions() {
        Template template = Template.of(
                257,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.SOURCE_IPV4_ADDRESS,
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
                Iana.PROTOCOL_IDENTIFIER,
                Iana.SOURCE_TRANSPORT_PORT,
                Iana.POST_NAPT_SOURCE_TRANSPORT_PORT,
                Iana.DESTINATION_IPV4_ADDRESS,
                Iana.DESTINATION_TRANSPORT_PORT,
                Iana.USER_NAME);
        return encoded(encoder -> {
            encoder.addTemplate(template);
            for (int event : new int[] {4, 5, 1, 2}) {
                encoder.addRecord(
                        template,
                        event,
                        (kind, fields) -> fields.putEpochMillis(System.currentTimeMillis())
                                .putUnsigned(kind)
                                .putIpv4(0x0a00_0001)
                                .putIpv4(0xcb00_7108)
                                .putUnsigned(6)
                                .putUnsigned(40_000)
                                .putUnsigned(50_000)
                                .putIpv4(0xc000_0201)
                                .putUnsigned(443)
                                .putString("subscriber-" + kind));
            }
        });
    }

    private static byte[] conditions() {
        Template template = Template.of(258, Iana.OBSERVATION_TIME_MILLISECONDS, Iana.NAT_EVENT, Iana.NAT_POOL_ID);
        Template statistics = Template.ofOptions(
                259,
                1,
                Iana.OBSERVATION_DOMAIN_ID,
                Iana.EXPORTED_MESSAGE_TOTAL_COUNT,
                Iana.EXPORTED_FLOW_RECORD_TOTAL_COUNT,
                Iana.NOT_SENT_FLOW_TOTAL_COUNT);
        return encoded(encoder -> {
            encoder.addTemplate(template);
            encoder.addTemplate(statistics);
            encoder.addRecord(
                    template,
                    3,
                    (kind, fields) -> fields.putEpochMillis(System.currentTimeMillis())
                            .putUnsigned(kind)
                            .putUnsigned(7));
            encoder.addRecord(
                    statistics,
                    1,
                    (domain, fields) -> fields.putUnsigned(domain)
                            .putUnsigned(10)
                            .putUnsigned(100)
                            .putUnsigned(0));
        });
    }

    private static byte[] encoded(Consumer<IpfixEncoder> content) {
        ByteBuf out = Unpooled.buffer();
        IpfixEncoder encoder = new IpfixEncoder(5, 1_400);
        encoder.begin(out, System.currentTimeMillis() / 1000);
        content.accept(encoder);
        encoder.end();
        return ByteBufUtil.getBytes(out);
    }

    private static byte[] flowsOfNetflow() {
        List<Integer> lengths = List.of(4, 4, 4, 2, 2, 1, 1, 8);
        List<Integer> elements = List.of(
                Iana.SOURCE_IPV4_ADDRESS.id(),
                Iana.DESTINATION_IPV4_ADDRESS.id(),
                Iana.POST_NAT_SOURCE_IPV4_ADDRESS.id(),
                Iana.SOURCE_TRANSPORT_PORT.id(),
                Iana.POST_NAPT_SOURCE_TRANSPORT_PORT.id(),
                Iana.PROTOCOL_IDENTIFIER.id(),
                Iana.NAT_EVENT.id(),
                Iana.OBSERVATION_TIME_MILLISECONDS.id());
        return message(true, 5, 0, out -> {
            set(out, 0, content -> {
                content.writeShort(263).writeShort(elements.size());
                for (int i = 0; i < elements.size(); i++) {
                    content.writeShort(elements.get(i)).writeShort(lengths.get(i));
                }
            });
            set(
                    out,
                    263,
                    content -> content.writeInt(0x0a00_0002)
                            .writeInt(0xc000_0202)
                            .writeInt(0xcb00_7109)
                            .writeShort(40_001)
                            .writeShort(50_001)
                            .writeByte(17)
                            .writeByte(1)
                            .writeLong(System.currentTimeMillis()));
        });
    }
}
