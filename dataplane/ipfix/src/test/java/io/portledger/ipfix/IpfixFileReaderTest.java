package io.portledger.ipfix;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class IpfixFileReaderTest {

    private static final String MESSAGE = "000a00186553f1000000000000000001" + "0100000800010203";

    private static List<String> read(IpfixFileReader reader) throws IOException {
        List<String> messages = new ArrayList<>();
        for (ByteBuf message = reader.next(); message != null; message = reader.next()) {
            messages.add(ByteBufUtil.hexDump(message));
        }
        return messages;
    }

    private static IpfixFileReader reader(String hex) {
        return new IpfixFileReader(new ByteArrayInputStream(HexFormat.of().parseHex(hex)));
    }

    @Test
    void findsMessagesOneBehindTheOther() throws IOException {
        IpfixFileReader reader =
                reader(NatLoggingVectors.TEMPLATES + NatLoggingVectors.RECORDS + NatLoggingVectors.MINI);
        assertThat(read(reader))
                .containsExactly(NatLoggingVectors.TEMPLATES, NatLoggingVectors.RECORDS, NatLoggingVectors.MINI);
        assertThat(reader.skippedOctets()).isZero();
        assertThat(reader.damages()).isZero();
    }

    @Test
    void anEmptyStreamHasNone() throws IOException {
        assertThat(read(reader(""))).isEmpty();
    }

    @Test
    void leavesOutWhatIsNoMessageUntilOneBeginsAgain() throws IOException {
        // The version number in the middle of what was damaged is none: no sets fill it.
        IpfixFileReader reader = reader(MESSAGE + "ffff" + "000a0020" + "11".repeat(28) + MESSAGE + "000a" + MESSAGE
                + MESSAGE.substring(0, 40));
        assertThat(read(reader)).containsExactly(MESSAGE, MESSAGE, MESSAGE);
        assertThat(reader.damages()).isEqualTo(3);
        assertThat(reader.skippedOctets()).isEqualTo(34 + 2 + 20);
    }

    @Test
    void aMessageWithDamagedSetsIsGivenAwayForItsDecoderToRefuse() throws IOException {
        String damaged = MESSAGE.substring(0, 32) + "0100000700010203";
        IpfixFileReader reader = reader(MESSAGE + damaged + MESSAGE + damaged);
        assertThat(read(reader)).containsExactly(MESSAGE, damaged, MESSAGE, damaged);
        assertThat(reader.skippedOctets()).isZero();
    }

    @Test
    void aStreamThatGivesLittleAtATimeIsReadTheSame() throws IOException {
        byte[] octets = HexFormat.of().parseHex(MESSAGE.repeat(50));
        InputStream slow = new ByteArrayInputStream(octets) {
            @Override
            public synchronized int read(byte[] into, int offset, int length) {
                return super.read(into, offset, Math.min(length, 7));
            }
        };
        assertThat(read(new IpfixFileReader(slow))).hasSize(50);
    }

    @Property(tries = 100)
    void everyOctetIsOfAMessageOrCounted(@ForAll Random random, @ForAll @IntRange(max = 5) int damages)
            throws IOException {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < 6_000 / (damages + 1); i++) {
            hex.append(i % 100 == 7 && damages > 0 ? "00".repeat(random.nextInt(300)) : MESSAGE);
        }
        byte[] octets = HexFormat.of().parseHex(hex);
        for (int i = 0; i < damages; i++) {
            octets[random.nextInt(octets.length)] = (byte) random.nextInt();
        }
        IpfixFileReader reader = new IpfixFileReader(new ByteArrayInputStream(octets));
        long inMessages = read(reader).stream().mapToLong(String::length).sum() / 2;
        assertThat(inMessages + reader.skippedOctets()).isEqualTo(octets.length);
    }
}
