package io.portledger.lwaftr.supporting;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.testing.Fuzzing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fuzzing of what reads from the supporting system. What a fuzzer found worth keeping is replayed each time; with {@code -Dfuzz.seconds=600} a fuzzer
 * looks for more and adds it to the file:
 *
 * <pre>./portledger test -pl dataplane/lwaftr -am -Dtest=SupportingFuzzTest -Dsurefire.failIfNoSpecifiedTests=false
 *     -Dfuzz.seconds=600</pre>
 */
class SupportingFuzzTest {

    private static final String ENTRY = "{\"binding-ipv6info\":\"2001:db8::1\",\"binding-ipv4-addr\":\"192.0.2.1\","
            + "\"port-set\":{\"psid-offset\":0,\"psid-len\":6,\"psid\":34},\"br-ipv6-addr\":\"2001:db8:ffff::1\","
            + "\"portledger-softwire:subscriber\":\"Haus 7\"}";

    /** One of each kind. */
    static final List<byte[]> SEEDS = List.of(
            record("192.0.2.1/0/6/34", ENTRY),
            record("subscriber:2001:db8::/56", "{\"subscriber\":\"Haus 7\",\"service-class\":\"business\"}"),
            octets(2, "{\"ietf-softwire-br:binding-table\":{\"binding-entry\":[" + ENTRY + "]}}"),
            octets(3, "{\"ietf-softwire-br:binding-entry\":[" + ENTRY + "]}"),
            octets(5, "binding-entry=2001%3Adb8%3A%3A1"),
            octets(4, ENTRY),
            record("192.0.2.1/0/6/34", ""));

    private static byte[] record(String key, String value) {
        return octets(0, (char) key.length() + key + value);
    }

    private static byte[] octets(int kind, String text) {
        return ((char) kind + text).getBytes(UTF_8);
    }

    @Test
    void whatAFuzzerFoundIsStillReadOrRefused() throws IOException {
        List<byte[]> inputs = fuzzing().inputs();
        assertThat(inputs).hasSizeGreaterThan(20);
        for (byte[] input : inputs) {
            SupportingFuzz.fuzzerTestOneInput(input);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "fuzz.seconds", matches = "\\d+")
    void aFuzzerFindsNothingWrong(@TempDir Path directory) throws Exception {
        fuzzing().lookForMore(directory);
    }

    private static Fuzzing fuzzing() {
        return new Fuzzing(SupportingFuzz.class, Path.of("src/test/resources/fuzz/supporting.hex"), 1000, SEEDS);
    }
}
