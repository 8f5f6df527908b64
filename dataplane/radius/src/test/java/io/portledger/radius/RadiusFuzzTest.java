package io.portledger.radius;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the codec. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/radius -am -Dtest=RadiusFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class RadiusFuzzTest {

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws IOException {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThan(4);
        for (byte[] input : inputs) {
            RadiusFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() {
        return new Fuzzing(RadiusFuzz.class, Path.of("src/test/resources/fuzz/radius.hex"), 600, seeds());
    }

    private static List<byte[]> seeds() {
        return RadiusFuzz.seeds();
    }
}
