package io.portledger.lwb4.fleet;

import io.portledger.lwaftr.BindingListener;
import io.portledger.lwaftr.Lwaftr;
import io.portledger.lwaftr.LwaftrSettings;
import java.time.InstantSource;
import java.util.Map;

/** Real lwAFTRs on the loopback interface. */
final class Servers {

    private Servers() {}

    /** @param pools the list of pools as YAML */
    static Lwaftr start(InstantSource clock, String pools, BindingListener... listeners) {
        return Lwaftr.start(
                LwaftrSettings.read(
                        null,
                        Map.of(
                                "PORTLEDGER_LWAFTR_PCP_LISTEN", "[::1]:0",
                                "PORTLEDGER_LWAFTR_PCP_THIRD_PARTY_FROM", "['::1']",
                                "PORTLEDGER_LWAFTR_SERVICE_CLASSES", pools)),
                clock,
                listeners);
    }
}
