package io.portledger.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the codec. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/dhcp -am -Dtest=DhcpFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class DhcpFuzzTest {

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThan(20);
        for (byte[] input : inputs) {
            DhcpFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() throws DhcpException {
        return new Fuzzing(DhcpFuzz.class, Path.of("src/test/resources/fuzz/dhcp.hex"), 1500, seeds());
    }

    /** The vectors, and the DHCPv4 messages in them by themselves. */
    private static List<byte[]> seeds() throws DhcpException {
        List<byte[]> seeds = new ArrayList<>();
        for (String hex : List.of(Vectors.QUERY, Vectors.RESPONSE, Vectors.REPLY)) {
            seeds.add(HexFormat.of().parseHex("00" + hex));
            Dhcpv6Message.decode(Vectors.octets(hex))
                    .option(Dhcpv6Option.Dhcpv4.class)
                    .ifPresent(carried -> seeds.add(HexFormat.of().parseHex("01" + carried.octets())));
        }
        return seeds;
    }
}
