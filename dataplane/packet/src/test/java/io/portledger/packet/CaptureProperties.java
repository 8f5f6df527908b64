package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever a file holds: packets or the one exception that says it is broken, and an end. */
class CaptureProperties {

    @Property
    void arbitraryClassicFiles(@ForAll @Size(max = 200) byte[] tail, @ForAll boolean isWhole) {
        byte[] file = CaptureTest.classic(101, isWhole ? tail.length : 7, tail);
        readOrRefuse(file);
    }

    @Property
    void arbitraryBlocks(
            @ForAll @IntRange(max = 6) int type, @ForAll @Size(max = 60) byte[] body, @ForAll boolean isBigEndian) {
        CaptureTest.BlockFile file =
                new CaptureTest.BlockFile(isBigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        file.section();
        file.block(1, file.buffer(8).putShort((short) 1).putShort((short) 0).putInt(0));
        file.block(type, file.buffer((body.length + 3) / 4 * 4).put(body));
        readOrRefuse(file.toBytes());
    }

    @Property
    void arbitraryOctets(@ForAll @Size(max = 300) byte[] octets) {
        readOrRefuse(octets);
    }

    private static void readOrRefuse(byte[] file) {
        try {
            CaptureTest.read(file)
                    .forEach(packet -> assertThat(packet.frame().length).isLessThan(file.length));
        } catch (IOException e) {
            assertThat(e).isInstanceOf(CaptureFormatException.class);
        }
    }
}
