package io.portledger.lwaftr.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubscribersTest {

    private final Subscribers subscribers = new Subscribers();

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "2001:db8:1:100::1 | anna | -",
                "2001:db8:1:1ff::1 | anna | -",
                "2001:db8:1:200::1 | - | business",
                "2001:db8:1:142::7 | ben | residential",
                "2001:db8:2::1 | - | -"
            })
    void theLongestPrefixOfAnAddressCounts(String b4, String subscriber, String serviceClass) throws IOException {
        subscribers.read(Files.writeString(directory.resolve("s.csv"), """
                # the operator's own list
                prefix,subscriber,class
                2001:db8:1::/48,,business
                2001:db8:1:100::/56,anna,

                2001:db8:1:142::/64, ben ,residential
                """));
        assertThat(subscribers.of(Ipv6Address.parse(b4)))
                .isEqualTo(new Entitlement(subscriber, serviceClass, null, null, null));
        assertThat(subscribers.size()).isEqualTo(3);
    }

    @Test
    void whatIsForgottenLeavesTheShorterPrefix() {
        Ipv6Prefix home = Ipv6Prefix.parse("2001:db8:1:100::/56");
        subscribers.put(Ipv6Prefix.parse("2001:db8:1::/48"), null, "business");
        subscribers.put(home, "anna", null);
        subscribers.remove(home);
        subscribers.remove(home);
        assertThat(subscribers.of(home.first()).serviceClass()).isEqualTo("business");
        assertThat(subscribers.size()).isOne();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "prefix;subscriber;class | line 1 | expected prefix,subscriber,class",
                "'prefix,subscriber,class\n2001:db8::/32,anna' | line 2 | 2 fields",
                "'prefix,subscriber,class\n\n2001:db8::1/32,anna,' | line 3 | 2001:db8::1/32"
            })
    void aFileThatIsNotRightIsNamedWithItsLine(String text, String line, String reason) throws IOException {
        Path file = Files.writeString(directory.resolve("s.csv"), text);
        assertThatThrownBy(() -> subscribers.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(line)
                .hasMessageContaining(reason);
    }
}
