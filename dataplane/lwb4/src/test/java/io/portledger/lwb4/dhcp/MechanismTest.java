package io.portledger.lwb4.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8026 §4. */
class MechanismTest {

    @Test
    void theFirstThatTheServerPrefersAndOffersIsTaken() {
        List<Mechanism> all = List.of(Mechanism.values());
        assertThat(Mechanism.choose(all, List.of(64, 88, 96))).contains(Mechanism.PCP);
        assertThat(Mechanism.choose(all, List.of(94, 95, 65535, 88, 96))).contains(Mechanism.DHCP4O6);
        assertThat(Mechanism.choose(List.of(Mechanism.CONTAINER), List.of(64, 88, 96)))
                .contains(Mechanism.CONTAINER);
    }

    @Test
    void withoutAdviceThatFitsTheClientChooses() {
        assertThat(Mechanism.choose(List.of(Mechanism.PCP, Mechanism.DHCP4O6), List.of()))
                .contains(Mechanism.DHCP4O6);
        assertThat(Mechanism.choose(List.of(Mechanism.PCP), List.of(94))).contains(Mechanism.PCP);
        assertThat(Mechanism.choose(List.of(), List.of(64))).isEmpty();
    }
}
