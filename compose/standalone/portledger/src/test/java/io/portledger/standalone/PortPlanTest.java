package io.portledger.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PortPlanTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @Test
    void takenTcpPortIsNamedWithItsUseAndItsOption() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
            PortPlan plan = PortPlan.free().with(Map.of(Service.KAFKA, other.getLocalPort()));
            assertThatThrownBy(() -> plan.requireFree(EnumSet.allOf(Service.class), LOOPBACK))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("TCP port " + other.getLocalPort()
                            + " of 127.0.0.1 (Kafka) cannot be had: it is taken by another program")
                    .hasMessageContaining("--port kafka=NUMBER")
                    .hasMessageContaining("--port-base");
            plan.requireFree(EnumSet.complementOf(EnumSet.of(Service.KAFKA)), LOOPBACK);
        }
    }

    @Test
    void takenUdpPortIsNamedToo() throws Exception {
        try (DatagramSocket other = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
            PortPlan plan = PortPlan.free().with(Map.of(Service.SYSLOG, other.getLocalPort()));
            assertThatThrownBy(() -> plan.requireFree(EnumSet.allOf(Service.class), LOOPBACK))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("UDP port " + other.getLocalPort()
                            + " of 127.0.0.1 (collector, syslog) cannot be had: it is taken by another program");
        }
    }

    @Test
    void whatStaysOnThisMachineIsLookedForThereWhateverTheOthersListenOn() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, LOOPBACK)) {
            PortPlan plan = PortPlan.free().with(Map.of(Service.ELASTICSEARCH, other.getLocalPort()));
            InetAddress elsewhere = InetAddress.ofLiteral("127.0.0.2");
            assertThatThrownBy(() -> plan.requireFree(EnumSet.of(Service.ELASTICSEARCH), elsewhere))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("of 127.0.0.1 (Elasticsearch)");
        }
    }

    @Test
    void anAddressOfAnotherMachineIsNotCalledTaken() {
        InetAddress foreign = InetAddress.ofLiteral("192.0.2.1");
        assertThatThrownBy(() -> PortPlan.free().requireFree(EnumSet.of(Service.WEB), foreign))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("192.0.2.1")
                .hasMessageNotContaining("another program");
    }

    @Test
    void baseGivesEachServiceItsOwnPort() {
        assertThat(PortPlan.from(20_000).ports().values())
                .containsExactlyInAnyOrder(20_000, 20_001, 20_002, 20_003, 20_004, 20_005, 20_006, 20_007);
    }

    @Test
    void wrongPortsAreRefused() {
        PortPlan plan = PortPlan.defaults();
        assertThatThrownBy(() -> plan.with(Map.of(Service.WEB, 0))).hasMessageContaining("allowed: 1-65535");
        assertThatThrownBy(() -> plan.with(Map.of(Service.WEB, 9200))).hasMessageContaining("another service has it");
        assertThatThrownBy(() -> PortPlan.from(65_530)).hasMessageContaining("allowed: 1-65535");
    }
}
