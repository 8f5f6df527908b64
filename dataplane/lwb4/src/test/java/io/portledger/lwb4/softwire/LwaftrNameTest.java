package io.portledger.lwb4.softwire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Ipv6Address;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LwaftrNameTest {

    @Test
    void anAddressIsItself() throws Exception {
        assertThat(LwaftrName.parse("2001:db8::1").resolve(new Random(1))).isEqualTo(Ipv6Address.parse("2001:db8::1"));
        assertThat(LwaftrName.of(Ipv6Address.parse("2001:db8::1")).text()).isEqualTo("2001:db8::1");
    }

    @Test
    void theDotAtTheEndOfANameIsNoPartOfIt() {
        assertThat(LwaftrName.parse("aftr.example.com.")).isEqualTo(LwaftrName.parse("aftr.example.com"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a b", "a..b", "-a.example.com", "2001:db8::g", "[2001:db8::1]", "a;reboot"})
    void whatIsNeitherAddressNorNameIsRefused(String text) {
        assertThatThrownBy(() -> LwaftrName.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aNameWithoutAnIpv6AddressIsToldAsSuch() {
        // RFC 6761: the DNS never knows names in .invalid.
        assertThatThrownBy(() -> LwaftrName.parse("aftr.invalid").resolve(new Random(1)))
                .isInstanceOf(UnknownHostException.class)
                .hasMessageContaining("aftr.invalid has no IPv6 address");
    }
}
