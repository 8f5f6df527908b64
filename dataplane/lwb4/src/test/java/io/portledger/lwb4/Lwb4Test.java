package io.portledger.lwb4;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class Lwb4Test {

    private final Lwaftr lwaftr = Lwaftr.start(
            LwaftrSettings.read(
                    null,
                    Map.of(
                            "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                            "PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.1], min-lifetime: 1s}]")),
            InstantSource.system());
    private final List<PcpClient.Outcome> outcomes = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        lwaftr.close();
    }

    @Test
    void anLwb4ObtainsItsBindingForItsOwnAddressAndReleasesIt() {
        try (Lwb4 lwb4 = start("1h")) {
            Awaitility.await().until(() -> lwb4.holding().isPresent() && !outcomes.isEmpty());
            assertThat(lwb4.holding().orElseThrow().portSet()).contains(new PortSet(0, 6, 1));
            assertThat(lwaftr.bindingTable()
                            .owner(lwb4.holding().orElseThrow().ipv4(), 1024)
                            .orElseThrow()
                            .b4())
                    .isEqualTo(Ipv6Address.parse("::1"));
            lwb4.release().join();
            assertThat(lwaftr.bindingTable().size()).isZero();
            assertThat(outcomes).last().isEqualTo(new PcpClient.Released());
        }
    }

    @Test
    void itRenewsByItself() {
        try (Lwb4 lwb4 = start("6s")) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> outcomes.stream().anyMatch(PcpClient.Renewed.class::isInstance));
            assertThat(lwb4.holding()).isPresent();
        }
    }

    @Test
    void anLwb4WhosePortsAreGoneAfterAStartOfTheLwaftrGetsOthersWithoutWaitingForItsRenewal(@TempDir Path directory) {
        Map<String, String> keys = new HashMap<>(Map.of(
                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                "PORTLEDGER_LWAFTR_STATE_DIRECTORY", directory.toString(),
                "PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [192.0.2.1]}]"));
        // An epoch that has only begun cannot be seen to restart.
        Lwaftr.start(LwaftrSettings.read(null, keys), () -> Instant.now().minusSeconds(1000))
                .close();
        Lwaftr first = Lwaftr.start(LwaftrSettings.read(null, keys), InstantSource.system());
        int port = first.pcpAddress().getPort();
        try (Lwb4 lwb4 = start(port, "24h")) {
            Awaitility.await().until(() -> lwb4.holding().isPresent());
            first.close();
            keys.put("PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:" + port);
            keys.put("PORTLEDGER_LWAFTR_SERVICE_CLASSES", "[{prefixes: [198.51.100.1]}]");
            try (Lwaftr _ = Lwaftr.start(LwaftrSettings.read(null, keys), InstantSource.system())) {
                Awaitility.await()
                        .atMost(Duration.ofMinutes(1))
                        .untilAsserted(() -> assertThat(lwb4.holding().map(Holding::ipv4))
                                .contains(Ipv4Address.parse("198.51.100.1")));
            }
        }
    }

    @Test
    void settingsThatAreNotRightAreNamed() {
        assertThatThrownBy(() -> Lwb4Settings.read(null, Map.of("PORTLEDGER_LWB4_PCP_SERVER", "nowhere")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("nowhere");
        assertThatThrownBy(() -> Lwb4Settings.read(null, Map.of("PORTLEDGER_LWB4_LIFETIME", "0s")))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("allowed: 1s");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--clients=0",
                "--churn=0",
                "--vanish-share=2",
                "--server=here",
                "--first-client=1.2.3.4",
                "--mean-hold=0"
            })
    void aFleetThatCannotBeIsRefusedWithAMessage(String option) {
        StringWriter errors = new StringWriter();
        int code = new CommandLine(new Lwb4Command())
                .setErr(new PrintWriter(errors, true))
                .execute("fleet", "--duration=1", option);
        assertThat(code).isEqualTo(2);
        assertThat(errors.toString()).contains("lwb4 fleet: ").doesNotContain("Exception");
    }

    private Lwb4 start(String lifetime) {
        return start(lwaftr.pcpAddress().getPort(), lifetime);
    }

    private Lwb4 start(int port, String lifetime) {
        return Lwb4.start(
                Lwb4Settings.read(
                        null,
                        Map.of("PORTLEDGER_LWB4_PCP_SERVER", "[::1]:" + port, "PORTLEDGER_LWB4_LIFETIME", lifetime)),
                InstantSource.system(),
                new SecureRandom(),
                outcomes::add);
    }
}
