package io.portledger.collector.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the built-in dialects. What a fuzzer found worth keeping is replayed each time; with {@code
 * -Dfuzz.seconds=600} a fuzzer looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl collector/server -am -Dtest=DialectFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class DialectFuzzTest {

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThan(40);
        for (byte[] input : inputs) {
            DialectFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    /** Begins with the samples of all dialects. */
    private static Fuzzing fuzzing() {
        List<byte[]> seeds = Dialects.builtIn().stream()
                .flatMap(dialect -> dialect.samples().stream())
                .map(sample -> ("0" + sample.message()).getBytes(StandardCharsets.UTF_8))
                .toList();
        return new Fuzzing(DialectFuzz.class, Path.of("src/test/resources/fuzz/dialects.hex"), 600, seeds);
    }
}
