package io.portledger.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.lab.Lab.Provisioning;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
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

    @Test
    void whatWasTranslatedByTheBindingBeforeIsForgottenWithIt(@TempDir Path directory) throws Exception {
        try (Lab lab = Lab.build(directory, Provisioning.PCP)) {
            Household household = lab.households().getFirst();
            Program ping = lab.start(household.host(), "ping", "-n", "-i", "0.3", Lab.internetAddress(2));
            ping.awaitPrinted(printed -> answers(printed) > 3);
            assertThat(translated(household)).contains(Lab.PUBLIC_ADDRESS);
            lab.replaceLwaftr("192.0.2.9");
            int before = answers(ping.printed());
            // The same conversation goes on, from the new address.
            ping.awaitPrinted(printed -> answers(printed) > before + 5);
            assertThat(translated(household)).contains("192.0.2.9").doesNotContain(Lab.PUBLIC_ADDRESS + " ");
        }
    }

    private static String translated(Household household) {
        return household.gateway().run("conntrack", "-L", "-p", "icmp");
    }

    private static int answers(String printed) {
        return printed.split("bytes from", -1).length - 1;
    }
}
