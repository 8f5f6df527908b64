package io.portledger.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogFrameDecoderTest {

    private static final int LIMIT = 20;
    private static final String LINE_TOO_LONG =
            "!a line exceeds the limit of 20 octets; the octets behind the limit are not kept";
    private static final String CLOSED = "!the connection was closed before the frame's end";

    /** The stream, and what comes out: each message, behind each faulty one its fault with a "!" in front. */
    static List<Arguments> streams() {
        return List.of(
                Arguments.of("", List.of()),
                Arguments.of("<1>1 a\n<1>1 b\n", List.of("<1>1 a", "<1>1 b")),
                Arguments.of("<1>1 a\r\n\n\r\n<1>1 b\n", List.of("<1>1 a", "<1>1 b")),
                Arguments.of("6 <1>1 a6 <1>1 b", List.of("<1>1 a", "<1>1 b")),
                Arguments.of("8 <1>1 \nab\n6 <1>1 b\n", List.of("<1>1 \nab", "<1>1 b")),
                Arguments.of("<1>1 a\n6 <1>1 b<1>1 c\n", List.of("<1>1 a", "<1>1 b", "<1>1 c")),
                Arguments.of("20 <1>1 abcdefghijklmno6 <1>1 b", List.of("<1>1 abcdefghijklmno", "<1>1 b")),
                Arguments.of(
                        "21 <1>1 abcdefghijklmnop6 <1>1 b",
                        List.of(
                                "<1>1 abcdefghijklmno",
                                "!a frame of 21 octets exceeds the limit of 20 octets; the octets behind the limit are"
                                        + " not kept",
                                "<1>1 b")),
                Arguments.of("<1>1 abcdefghijklmno\n<1>1 b\n", List.of("<1>1 abcdefghijklmno", "<1>1 b")),
                Arguments.of(
                        "<1>1 abcdefghijklmnop\n<1>1 b\n", List.of("<1>1 abcdefghijklmno", LINE_TOO_LONG, "<1>1 b")),
                Arguments.of("2023 is no length\n<1>1 b\n", List.of("2023 is no length", "<1>1 b")),
                Arguments.of("1234567890 <1>1 a\n<1>1 b\n", List.of("1234567890 <1>1 a", "<1>1 b")),
                Arguments.of("12x\n6 <1>1 b", List.of("12x", "<1>1 b")),
                Arguments.of("0 <1>1 a\n", List.of("0 <1>1 a")),
                Arguments.of("<1>1 a", List.of("<1>1 a", CLOSED)),
                Arguments.of("9 <1>1 a", List.of("9 <1>1 a", CLOSED)),
                Arguments.of("12", List.of("12", CLOSED)),
                Arguments.of("999999999 <1>1 a", List.of("999999999 <1>1 a", CLOSED)),
                Arguments.of("garbage\0\1\n<1>1 b\n", List.of("garbage\0\1", "<1>1 b")));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void cutsTheStreamIntoFrames(String stream, List<String> expected) {
        assertThat(decode(stream, Integer.MAX_VALUE)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("streams")
    void whereTheNetworkCutsTheStreamMakesNoDifference(String stream, List<String> expected) {
        for (int piece = 1; piece <= stream.length(); piece++) {
            assertThat(decode(stream, piece)).as("pieces of %d", piece).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "text with \n in it", "1 <"})
    void countedFramesAreReadAgain(String text) {
        SyslogMessage message = new SyslogMessage(1, 2, Instant.EPOCH, "h", null, null, null, List.of(), text, false);
        ByteBuf stream = Unpooled.buffer();
        message.writeOctetCounted(stream);
        message.writeOctetCounted(stream);
        EmbeddedChannel channel = new EmbeddedChannel(new SyslogFrameDecoder(100));
        channel.writeInbound(stream);

        for (int i = 0; i < 2; i++) {
            SyslogFrame frame = channel.readInbound();
            assertThat(frame.fault()).isNull();
            assertThat(frame.octets()).isEqualTo(message.toBytes());
        }
        assertThat(channel.finish()).isFalse();
    }

    private static List<String> decode(String stream, int piece) {
        EmbeddedChannel channel = new EmbeddedChannel(new SyslogFrameDecoder(LIMIT));
        byte[] octets = stream.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < octets.length; i += Math.min(piece, octets.length)) {
            channel.writeInbound(Unpooled.copiedBuffer(octets, i, Math.min(piece, octets.length - i)));
        }
        channel.finish();
        List<String> found = new ArrayList<>();
        for (SyslogFrame frame = channel.readInbound(); frame != null; frame = channel.readInbound()) {
            found.add(new String(frame.octets(), StandardCharsets.ISO_8859_1));
            if (frame.fault() != null) {
                found.add("!" + frame.fault());
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64})
    void anEndlessLineIsNotKeptInMemory(int piece) {
        EmbeddedChannel channel = new EmbeddedChannel(new SyslogFrameDecoder(LIMIT));
        for (int i = 0; i < 1000; i++) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[piece]));
        }
        SyslogFrame frame = channel.readInbound();
        assertThat(frame.octets()).hasSize(LIMIT);
        assertThat(ByteBufUtil.hexDump(frame.octets())).isEqualTo("00".repeat(LIMIT));
        assertThat(channel.inboundMessages()).isEmpty();
        assertThat(channel.finish()).isFalse();
    }
}
