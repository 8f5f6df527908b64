package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the PCP server. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a
 * fuzzer looks for more and adds it to the file.
 */
class PcpServiceFuzzTest {

    private static final List<String> REQUESTS = List.of(
            "020000000000000020010db8000001000000000000000001",
            "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000"
                    + "ffff0000000082000005ffff000100000000",
            "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000"
                    + "ffffc000020182000005ffff000100000000",
            "020100000000000020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000"
                    + "ffff0000000082000005ffff000100000000",
            "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c1100000013c488b800000000000000000000"
                    + "ffffc00002010100001000000000000000000000ffffc0a8010a02000000",
            "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c060000001f90000000000000000000000000"
                    + "ffff00000000030000140078000000000000000000000000ffffc6336400",
            "020200000000025820010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c060000009c40000000000000000000000000"
                    + "ffff0000000001bb000000000000000000000000ffffcb007107");

    private final Fuzzing fuzzing =
            new Fuzzing(PcpServiceFuzz.class, Path.of("src/test/resources/fuzz/pcp.hex"), 6000, seeds());

    @Test
    void whatAFuzzerFoundIsStillAnsweredOrDropped() throws IOException {
        List<byte[]> inputs = fuzzing.inputs();
        assertThat(inputs).hasSizeGreaterThan(20);
        for (byte[] input : inputs) {
            PcpServiceFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing.lookForMore(directory);
    }

    /** Each request from each source, and all of them in one go. */
    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String request : REQUESTS) {
            byte[] octets = HexFormat.of().parseHex(request);
            for (int source = 0; source < 4; source++) {
                ByteArrayOutputStream one = new ByteArrayOutputStream();
                for (ByteArrayOutputStream to : List.of(one, all)) {
                    to.write(PcpServiceFuzz.REPAIRED | source);
                    to.write(octets.length / 4);
                    to.writeBytes(octets);
                }
                seeds.add(one.toByteArray());
            }
        }
        seeds.add(all.toByteArray());
        return seeds;
    }
}
