package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.lwaftr.provisioning.ServiceClass;
import io.portledger.softwire.Ipv6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoNetworkTest {

    private static final InetSocketAddress PCP = new InetSocketAddress(InetAddress.ofLiteral("::1"), 5351);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {2, 1000, 1001, 20_000})
    void lwaftrTakesTheSettingsAndHasRoomForAll(int clients) throws Exception {
        DemoNetwork.Size size = new DemoNetwork.Size(clients, 10, Duration.ofSeconds(10), 1);
        Path file = Files.writeString(
                directory.resolve("lwaftr.yaml"),
                DemoNetwork.lwaftrSettings(size, 5351, "127.0.0.1:4739", "127.0.0.1:5514"));
        List<ServiceClass> pools = LwaftrSettings.read(file, Map.of()).serviceClasses().stream()
                .map(LwaftrSettings.ServiceClassKeys::serviceClass)
                .toList();
        assertThat(pools).extracting(ServiceClass::psidOffset).containsExactly(0, 6);
        assertThat(pools).allSatisfy(pool -> {
            long addresses = 1L << (32 - pool.prefixes().getFirst().length());
            // One of 64 has reserved ports only.
            assertThat(addresses * 63).isGreaterThanOrEqualTo((clients + 1) / 2);
        });
        for (int fleet = 0; fleet < 2; fleet++) {
            Ipv6Address last = DemoNetwork.fleet(size, fleet, PCP).address((clients + 1) / 2 - 1);
            assertThat(pools.get(fleet).clients().getFirst().contains(last)).isTrue();
        }
    }
}
