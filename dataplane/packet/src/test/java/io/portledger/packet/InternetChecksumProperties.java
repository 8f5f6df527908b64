package io.portledger.packet;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class InternetChecksumProperties {

    /** The example of RFC 1071 §3. */
    @Example
    void addsUpTheExampleOfTheRfc() {
        byte[] octets = {0x00, 0x01, (byte) 0xf2, 0x03, (byte) 0xf4, (byte) 0xf5, (byte) 0xf6, (byte) 0xf7};
        assertThat(InternetChecksum.fold(sumOf(octets, 0))).isEqualTo(0xddf2);
        assertThat(InternetChecksum.ofSum(sumOf(octets, 0))).isEqualTo(0x220d);
    }

    @Property
    void isTheOnesComplementSumAtAnyAddress(
            @ForAll @Size(max = 300) byte[] octets, @ForAll @IntRange(max = 7) int misalignment) {
        long expected = 0;
        for (int i = 0; i < octets.length; i++) {
            expected += (octets[i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        while (expected >> 16 != 0) {
            expected = (expected >> 16) + (expected & 0xffff);
        }
        assertThat(InternetChecksum.fold(sumOf(octets, misalignment))).isEqualTo((int) expected);
    }

    /** A word changes; the field computed anew and the field updated are the same. */
    @Property
    void updateIsTheSameAsComputingAnew(
            @ForAll @Size(value = 20) byte[] header,
            @ForAll @IntRange(max = 8) int word,
            @ForAll @IntRange(max = 0xffff) int value) {
        // Octets that are never all zero: a sum of zero has two checksum fields, of which RFC 1624 yields one.
        header[19] |= 1;
        int before = (header[2 * word] & 0xff) << 8 | (header[2 * word + 1] & 0xff);
        int checksum = InternetChecksum.ofSum(sumOf(header, 0));
        header[2 * word] = (byte) (value >> 8);
        header[2 * word + 1] = (byte) value;
        assertThat(InternetChecksum.update(checksum, before, value))
                .isEqualTo(InternetChecksum.ofSum(sumOf(header, 0)));
    }

    private static long sumOf(byte[] octets, int misalignment) {
        try (MemoryRegion region = MemoryRegion.allocate(octets.length + 8L)) {
            long address = region.address() + misalignment;
            Memory.copy(octets, 0, address, octets.length);
            return InternetChecksum.sum(address, octets.length);
        }
    }
}
