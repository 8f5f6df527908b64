package io.portledger.syslog;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of the parsers. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a
 * fuzzer looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/syslog -am -Dtest=SyslogFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class SyslogFuzzTest {

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws Exception {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThanOrEqualTo(10);
        for (byte[] input : inputs) {
            SyslogFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() {
        return new Fuzzing(SyslogFuzz.class, Path.of("src/test/resources/fuzz/syslog.hex"), 600, seeds());
    }

    private static List<byte[]> seeds() {
        return Stream.of(
                        "",
                        "<134>1 2023-11-14T22:13:20.123Z lwaftr1 NAT 4711 PTADD [nprng SSUBIX=\"1\" PORTMN=\"1\"]",
                        "<165>1 - - - - - [a b=\"\\\"\\]\\\\\"][c] \ufeff\u00fc",
                        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
                        "<34>Feb 29 02:30:00.123456789 +0100 h t[1]: x\n",
                        "<189>45: edge1: *Mar  1 18:48:50.483 CEST: %SYS-5-CONFIG_I: x",
                        "<189>: 2023 Mar 31 02:30:00.483 UTC: %SYS: x",
                        "2024-03-31 02:30:00,5 host tag: x\r\n\u0000",
                        "<14>2024-03-01T11:14:15.62-0830 host tag: x",
                        "12 <34>1 - - - -34 <34>1 - - - - - -")
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
    }
}
