package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ingress and egress filters of both sides. */
class FilterTest {

    private static final byte[] A1 = Engine.hex(Vectors.A1);
    private static final byte[] B1 = Engine.hex(Vectors.B1);

    private Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @Test
    void whatPassesIsForwardedAsEver() {
        restart("ip", "ip", "ip6", "ip6");
        engine.fromIpv4Side(A1.clone());
        engine.fromIpv6Side(B1.clone());
        assertThat(engine.toIpv6Side).containsExactly(Engine.hex(Vectors.A2));
        assertThat(engine.toIpv4Side).containsExactly(Engine.hex(Vectors.B2));
    }

    @Test
    void whatDoesNotPassOnArrivalIsDroppedAlone() {
        restart("not udp port 53", "", "ip6 and not ip6 proto 4", "");
        byte[] other = Packets.ipv4("198.51.100.7", "192.0.2.1", 17, Packets.udp(54, 35000, 5));
        engine.fromIpv4Side(A1.clone(), other.clone(), A1.clone());
        engine.fromIpv6Side(B1.clone());
        assertThat(engine.toIpv6Side).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(other, 56)));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_IN_BY_FILTER_IPV4)).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_IN_BY_FILTER_IPV6)).isEqualTo(1);
    }

    @Test
    void whatDoesNotPassOnTheWayOutIsKeptBack() {
        restart("", "len < 0", "", "len < 0");
        engine.fromIpv4Side(A1.clone(), Engine.hex(Vectors.D1));
        engine.fromIpv6Side(B1.clone());
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_OUT_BY_FILTER_IPV4)).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_OUT_BY_FILTER_IPV6)).isEqualTo(1);
        assertThat(engine.packets(Counter.ENCAPSULATED_IPV4)).isEqualTo(1);
    }

    private void restart(String ingress4, String egress4, String ingress6, String egress6) {
        engine.close();
        engine = Engine.ofVectors(TestSettings.withFilters(ingress4, egress4, ingress6, egress6));
    }
}
