package io.portledger.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

    @ParameterizedTest
    @CsvSource({
        "localhost:4739, localhost, 4739",
        "192.0.2.1:0, 192.0.2.1, 0",
        "[2001:db8::1]:65535, 2001:db8::1, 65535",
        "[::]:5351, ::, 5351",
    })
    void readsAndWritesHostAndPort(String text, String host, int port) {
        assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
        assertThat(HostPort.parse(text).toSocketAddress().getPort()).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "host",
                "4739",
                ":4739",
                " :1",
                "host:",
                "host:x",
                "host:-1",
                "host:+1",
                "host:123456",
                "2001:db8::1:514",
                "[2001:db8::1]",
                "[]:1",
                "[host]:1",
                "[::1:1",
                "::1]:1",
                "a:b:1",
                "host:१"
            })
    void refusesWhatIsNoEndPoint(String text) {
        assertThatThrownBy(() -> HostPort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("\"" + text
                        + "\" is not an end point (expected host:port or [IPv6 address]:port, port 0-65535)");
    }

    @Test
    void refusesPortsOutOfRangeAndEmptyHosts() {
        assertThatThrownBy(() -> HostPort.parse("host:65536"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("port 65536 is out of range (allowed: 0-65535)");
        assertThatThrownBy(() -> new HostPort("", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an end point needs a host before its port");
    }
}
