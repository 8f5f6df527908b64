package io.portledger.softwire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.PortSet.Stride;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortSetTest {

    /** First ranges of the set, then its last; the 16-bit field with the PSID left-aligned. */
    @ParameterizedTest(name = "a={0} k={1} PSID {3}")
    @CsvSource({
        "0,  0, 16,    0,     1, 65536, 65536, 0-65535, 0-65535, 0000",
        "0,  1, 15,    0,     1, 32768, 32768, 0-32767, 0-32767, 0000",
        "0,  1, 15,    1,     1, 32768, 32768, 32768-65535, 32768-65535, 8000",
        "0,  2, 14,    3,     1, 16384, 16384, 49152-65535, 49152-65535, c000",
        "0,  4, 12,    0,     1,  4096,  4096, 0-4095, 0-4095, 0000",
        "0,  4, 12,    1,     1,  4096,  4096, 4096-8191, 4096-8191, 1000",
        "0,  6, 10,    0,     1,  1024,  1024, 0-1023, 0-1023, 0000",
        "0,  6, 10,    1,     1,  1024,  1024, 1024-2047, 1024-2047, 0400",
        "0,  6, 10,   34,     1,  1024,  1024, 34816-35839, 34816-35839, 8800",
        "0,  6, 10,   35,     1,  1024,  1024, 35840-36863, 35840-36863, 8c00",
        "0,  6, 10,   63,     1,  1024,  1024, 64512-65535, 64512-65535, fc00",
        "0,  8,  8,   52,     1,   256,   256, 13312-13567, 13312-13567, 3400",
        "0, 10,  6,    1,     1,    64,    64, 64-127, 64-127, 0040",
        "0, 16,  0, 4660,     1,     1,     1, 4660-4660, 4660-4660, 1234",
        "1,  4, 11,    3,     1,  2048,  2048, 38912-40959, 38912-40959, 3000",
        "4,  4,  8,    5,    15,   256,  3840, 5376-5631 9472-9727, 62720-62975, 5000",
        "4,  8,  4,   52,    15,    16,   240, 4928-4943 9024-9039, 62272-62287, 3400",
        "6,  0, 10,    0,    63,  1024, 64512, 1024-2047 2048-3071, 64512-65535, 0000",
        "6,  2,  8,    1,    63,   256, 16128, 1280-1535 2304-2559, 64768-65023, 4000",
        "6,  6,  4,   34,    63,    16,  1008, 1568-1583 2592-2607, 65056-65071, 8800",
        "6,  8,  2,    0,    63,     4,   252, 1024-1027 2048-2051, 64512-64515, 0000",
        "6,  8,  2,   52,    63,     4,   252, 1232-1235 2256-2259, 64720-64723, 3400",
        "6,  8,  2,  255,    63,     4,   252, 2044-2047 3068-3071, 65532-65535, ff00",
        "6, 10,  0, 1023,    63,     1,    63, 2047-2047 3071-3071, 65535-65535, ffc0",
        "15, 1,  0,    1, 32767,     1, 32767, 3-3 5-5, 65535-65535, 8000",
        "10, 6,  0,   63,  1023,     1,  1023, 127-127 191-191, 65535-65535, fc00",
    })
    void portsOfAPsid(
            int a, int k, int m, int psid, int ranges, int run, int ports, String first, String last, String field) {
        PortSet set = new PortSet(a, k, psid);

        assertThat(set.contiguousBits()).isEqualTo(m);
        assertThat(set.rangeCount()).isEqualTo(ranges);
        assertThat(set.rangeSize()).isEqualTo(run);
        assertThat(set.portCount()).isEqualTo(ports);
        String[] firstRanges = first.split(" ", -1);
        for (int i = 0; i < firstRanges.length; i++) {
            assertThat(set.range(i)).hasToString(firstRanges[i]);
        }
        assertThat(set.range(ranges - 1)).hasToString(last);
        assertThat(set.leftAlignedPsid()).isEqualTo(Integer.parseInt(field, 16));
        assertThat(PortSet.fromLeftAligned(a, k, Integer.parseInt(field, 16))).isEqualTo(set);
    }

    @ParameterizedTest(name = "port {0}")
    @CsvSource({
        "    0,  0,  -1, -1, -1",
        "    1,  0,  -1, -1, -1",
        " 1023,  0,  -1, -1, -1",
        " 1024,  1,   0, -1,  0",
        " 1232,  1,  52, -1,  0",
        " 4095,  3, 255, -1,  0",
        " 4096,  4,   0,  0,  0",
        "34815, 33, 255,  7,  0",
        "34816, 34,   0,  8,  0",
        "35839, 34, 255, 11,  0",
        "35840, 35,   0, 12,  0",
        "65535, 63, 255, 15,  0",
    })
    void psidOfAPort(int port, int a0k6, int a6k8, int a4k4, int a6k0) {
        assertThat(PortSet.psidOf(0, 6, port)).isEqualTo(a0k6);
        assertThat(PortSet.psidOf(6, 8, port)).isEqualTo(a6k8);
        assertThat(PortSet.psidOf(4, 4, port)).isEqualTo(a4k4);
        assertThat(PortSet.psidOf(6, 0, port)).isEqualTo(a6k0);
        assertThat(PortSet.owning(6, 8, port))
                .isEqualTo(a6k8 < 0 ? Optional.empty() : Optional.of(new PortSet(6, 8, a6k8)));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 6, 0, PSID offset -1 is out of range (allowed: 0-16)",
        "17, 0, 0, PSID offset 17 is out of range (allowed: 0-16)",
        "0, -1, 0, PSID length -1 is out of range (allowed: 0-16)",
        "0, 17, 0, PSID length 17 is out of range (allowed: 0-16)",
        "9, 8, 0, PSID offset 9 and PSID length 8 together exceed the 16 bits of a port",
        "0, 6, 64, PSID 64 does not fit PSID length 6 (allowed: 0-63)",
        "0, 6, -1, PSID -1 does not fit PSID length 6 (allowed: 0-63)",
        "6, 0, 1, PSID 1 does not fit PSID length 0 (allowed: 0-0)",
    })
    void refusesWhatIsNoPortSetAndSaysWhy(int a, int k, int psid, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PortSet(a, k, psid))
                .withMessage(message);
    }

    @ParameterizedTest(name = "DHCP body {0}")
    @CsvSource({
        "00068800, 0/6/34, 00068800",
        "00068bff, 0/6/34, 00068800",
        "06083400, 6/8/52, 06083400",
        "060834ff, 6/8/52, 06083400",
        "0000ffff, 0/0/0, 00000000",
        "00101234, 0/16/4660, 00101234",
        "0f01ffff, 15/1/1, 0f018000",
    })
    void dhcpReadsTheLeftAlignedPsidAndNeverSendsPadBits(String received, String set, String sent) {
        assertThat(PortSet.ofPortParams(Integer.parseUnsignedInt(received, 16))).hasToString(set);
        assertThat(PortSet.parse(set).toPortParams()).isEqualTo(Integer.parseUnsignedInt(sent, 16));
    }

    @ParameterizedTest
    @CsvSource({
        "10000000, PSID offset 16 is out of range in DHCP (allowed: 0-15)",
        "ff000000, PSID offset 255 is out of range (allowed: 0-16)",
        "00110000, PSID length 17 is out of range (allowed: 0-16)",
        "0f020000, PSID offset 15 and PSID length 2 together exceed the 16 bits of a port",
    })
    void dhcpBodiesThatAreNoPortSetAreRefused(String body, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.ofPortParams(Integer.parseUnsignedInt(body, 16)))
                .withMessage(message);
    }

    @Test
    void dhcpCannotSendOffset16() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PortSet(16, 0, 0).toPortParams())
                .withMessage("port set 16/0/0 cannot be sent by DHCP, whose PSID offset ends at 15");
    }

    @Test
    void radiusWritesThePsidLeftAlignedInTheLowHalf() {
        assertThat(PortSet.ofRadius(0, 6, 0x8800)).isEqualTo(new PortSet(0, 6, 34));
        assertThat(PortSet.ofRadius(0, 6, 0x8bff)).isEqualTo(new PortSet(0, 6, 34));
        assertThat(new PortSet(0, 6, 34).leftAlignedPsid()).isEqualTo(34816);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.ofRadius(0, 6, 0x8800_0000))
                .withMessage("PSID field 0x88000000 has bits above its low 16"
                        + " (expected the PSID left-aligned in 16 bits)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.ofRadius(-1, 6, 0))
                .withMessage("PSID offset -1 is out of range (allowed: 0-16)");
    }

    @Test
    void yangEndsAtPsidLength15() {
        new PortSet(0, 15, 0x7fff).requireYang();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PortSet(0, 16, 4660).requireYang())
                .withMessage("port set 0/16/4660 cannot be written by RFC 8676, whose psid-len ends at 15");
    }

    @ParameterizedTest(name = "PCP {0} + {1}")
    @CsvSource({
        "34816, 1024, 0/6/34",
        "0, 65536, 0/0/0",
        "4660, 1, 0/16/4660",
        "65535, 1, 0/16/65535",
        "1024, 64512, 6/0/0",
        "1, 65535, 16/0/0",
        "34815, 1024, ",
        "34816, 1000, ",
        "2048, 63488, 5/0/0",
        "3072, 62464, ",
    })
    void firstPortAndSizeAreAPortSetIfAligned(int first, int size, String set) {
        Optional<PortSet> found = PortSet.ofRange(PortRange.ofSize(first, size));

        assertThat(found.map(PortSet::toString)).isEqualTo(Optional.ofNullable(set));
        found.ifPresent(s -> assertThat(s.asSingleRange()).contains(PortRange.ofSize(first, size)));
    }

    @ParameterizedTest
    @CsvSource({
        "0/6/34, 34816-35839",
        "1/4/3, 38912-40959",
        "6/0/0, 1024-65535",
        "2/0/0, 16384-65535",
        "6/8/52,",
        "2/1/0,"
    })
    void aSetIsOneRangeUnlessItIsScattered(String set, String range) {
        assertThat(PortSet.parse(set).asSingleRange().map(PortRange::toString)).isEqualTo(Optional.ofNullable(range));
    }

    @ParameterizedTest(name = "IPFIX {0} step {1} count {2}")
    @CsvSource({
        "34816, 1, 1024, 0/6/34",
        "127, 64, 1023, 10/6/63",
        "2047, 1024, 63, 6/10/1023",
        "3, 2, 32767, 15/1/1",
        "1, 1, 65535, 16/0/0",
        "4660, 1, 1, 0/16/4660",
        "4660, 512, 1, 0/16/4660",
        "0, 1, 65536, 0/0/0",
        "127, 64, 1022, ",
        "127, 63, 1023, ",
        "63, 64, 1023, ",
        "128, 64, 1023, ",
        "-1, 1, 1, ",
        "65536, 1, 1, ",
        "65535, 1, 2, ",
        "1, 0, 2, ",
        "1, -2147483648, 2, ",
        "0, 1, 0, ",
        "0, 1, 2147483647, ",
        "32768, 32768, 2, ",
    })
    void strideIsAPortSetIfTheAlgorithmGivesIt(int first, int step, int count, String set) {
        assertThat(PortSet.ofStride(first, step, count).map(PortSet::toString)).isEqualTo(Optional.ofNullable(set));
    }

    @Test
    void singlePortsAndRangesHaveAStrideAndOtherScatteredSetsDoNot() {
        assertThat(new PortSet(10, 6, 63).asStride()).contains(new Stride(127, 64, 1023));
        assertThat(new PortSet(10, 6, 63).asStride().orElseThrow().last()).isEqualTo(65535);
        assertThat(new PortSet(0, 6, 34).asStride()).contains(new Stride(34816, 1, 1024));
        assertThat(new PortSet(6, 8, 52).asStride()).isEmpty();
    }

    @ParameterizedTest(name = "{2} ports reserved, a={0}, k={1}")
    @CsvSource({
        "0, 6, 1024, 1",
        "0, 8, 1024, 4",
        "0, 4, 1024, 1",
        "0, 10, 1024, 16",
        "0, 6, 0, 0",
        "0, 6, 1025, 2",
        "0, 0, 0, 0",
        "0, 0, 1, 1",
        "0, 16, 1024, 1024",
        "0, 1, 65536, 2",
        "6, 8, 1024, 0",
        "4, 8, 1024, 0",
        "1, 4, 32768, 0",
    })
    void lowPsidsAreUnusableWhenPortsAreReserved(int a, int k, int reserved, int lowest) {
        assertThat(PortSet.lowestPsid(a, k, reserved)).isEqualTo(lowest);
    }

    @Test
    void moreReservedPortsThanTheOffsetKeepsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.lowestPsid(7, 8, 1024))
                .withMessage("1024 ports cannot be reserved with PSID offset 7 (allowed: 0-512, the ports it gives to"
                        + " nobody)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.lowestPsid(0, 6, 65537))
                .withMessage("65537 reserved ports are out of range (allowed: 0-65536)");
    }

    @Test
    void everyRangeAndPortIndexIsChecked() {
        PortSet set = new PortSet(6, 8, 52);

        assertThatThrownBy(() -> set.range(63)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> set.range(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> set.portAt(252)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> set.portAt(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PortSet.allContaining(65536))
                .withMessage("port 65536 is out of range (allowed: 0-65535)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "//",
                "0/6",
                "0/6/",
                "/6/34",
                "0//34",
                "0/6/34/",
                "0/6/34 ",
                "+0/6/34",
                "-0/6/34",
                "00/6/34",
                "0/06/34",
                "0/6/٣",
                "0/6/99999999999999999999",
                "a/k/psid",
                "17/0/0"
            })
    void onlyTheTextFormIsRead(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> PortSet.parse(text));
    }

    @Test
    void setsSortByOffsetThenLengthThenPsid() {
        List<PortSet> sorted = List.of(
                new PortSet(0, 0, 0),
                new PortSet(0, 6, 1),
                new PortSet(0, 6, 34),
                new PortSet(0, 16, 65535),
                new PortSet(1, 0, 0));

        assertThat(sorted).isSorted();
    }
}
