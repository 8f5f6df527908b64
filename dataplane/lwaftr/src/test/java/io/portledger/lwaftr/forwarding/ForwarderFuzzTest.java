package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the engine. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/lwaftr -am -Dtest=ForwarderFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class ForwarderFuzzTest {

    private final Fuzzing fuzzing =
            new Fuzzing(ForwarderFuzz.class, Path.of("src/test/resources/fuzz/forwarder.hex"), 6000, seeds());

    @Test
    void whatAFuzzerFoundIsStillForwardedOrCounted() throws IOException {
        List<byte[]> inputs = fuzzing.inputs();
        assertThat(inputs).hasSizeGreaterThan(100);
        for (byte[] input : inputs) {
            ForwarderFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing.lookForMore(directory);
    }

    /** Each packet of the properties' seeds with some settings, and all of them in one go. */
    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(0);
        for (ForwarderProperties.Arrival arrival : ForwarderProperties.SEEDS) {
            ByteArrayOutputStream one = new ByteArrayOutputStream();
            one.write(0);
            for (ByteArrayOutputStream to : List.of(one, all)) {
                to.write(arrival.isFromIpv6Side() ? 1 : 0);
                to.write(arrival.packet().length >> 8);
                to.write(arrival.packet().length);
                to.writeBytes(arrival.packet());
            }
            for (int settings = 0; settings < 64; settings += 9) {
                byte[] seed = one.toByteArray();
                seed[0] = (byte) settings;
                seeds.add(seed);
            }
        }
        seeds.add(all.toByteArray());
        return seeds;
    }
}
