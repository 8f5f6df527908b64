package io.portledger.ipfix;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the decoders. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a
 * fuzzer looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/ipfix -am -Dtest=IpfixFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class IpfixFuzzTest {

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThan(5);
        for (byte[] input : inputs) {
            IpfixFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() {
        List<byte[]> seeds = Stream.of(
                        "00" + NatLoggingVectors.MINI,
                        "02" + NatLoggingVectors.TEMPLATES + NatLoggingVectors.RECORDS,
                        "00" + NatLoggingVectors.TEMPLATES + NatLoggingVectors.RECORDS,
                        "02" + NatLoggingVectors.MINI + NatLoggingVectors.WITHDRAWAL,
                        "0c" + NatLoggingVectors.MINI + "0000" + NatLoggingVectors.MINI,
                        "01" + NetflowV9Packets.FIREWALL)
                .map(HexFormat.of()::parseHex)
                .toList();
        return new Fuzzing(IpfixFuzz.class, Path.of("src/test/resources/fuzz/ipfix.hex"), 1500, seeds);
    }
}
