package io.portledger.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lab.Lab.Provisioning;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Home gateways that know nothing but how to ask, and then carry their hosts' traffic through the lwAFTR. Needs root and
 * the Debian packages iproute2, nftables, conntrack, procps and iputils-ping.
 */
@Timeout(120)
class GatewaysProvisionThemselvesTest {

    private static final int FILE_OCTETS = 500_000;

    @ParameterizedTest
    @EnumSource(value = Provisioning.class, mode = EnumSource.Mode.EXCLUDE, names = "STATIC")
    void theHostsReachTheInternetAndEachOtherByWhatTheirGatewaysObtained(
            Provisioning provisioning, @TempDir Path directory) throws Exception {
        try (Lab lab = Lab.build(directory, provisioning)) {
            Household first = lab.households().getFirst();
            Household second = lab.households().getLast();
            assertThat(first.ports()).isNotEqualTo(second.ports());
            for (Household household : lab.households()) {
                assertThat(household.host().run("ping", "-n", "-c", "3", "-i", "0.2", Lab.internetAddress(0)))
                        .contains("3 received");
                Transfer.thereAndBack(
                        household.host(), Lab.internetAddress(1), 40080, lab.internet(), 40080, FILE_OCTETS);
            }
            int port = second.ports().portAt(100);
            second.forwardToHost("tcp dport " + port, ":40081");
            Transfer.thereAndBack(first.host(), Lab.PUBLIC_ADDRESS, port, second.host(), 40081, FILE_OCTETS);
        }
    }
}
