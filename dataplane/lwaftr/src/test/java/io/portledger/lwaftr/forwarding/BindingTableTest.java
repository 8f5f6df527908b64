package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BindingTableTest {

    private static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    private static final Ipv6Address OTHER_BR = Ipv6Address.parse("2001:db8:ffff::2");
    private static final Ipv4Address SHARED = Ipv4Address.parse("192.0.2.1");

    private final BindingTable table = new BindingTable();

    @AfterEach
    void free() {
        table.close();
    }

    @Test
    void holdsWhatWasPut() {
        Binding binding = binding(SHARED, new PortSet(0, 6, 34), 1);
        assertThat(table.put(binding)).isEmpty();
        assertThat(table.get(SHARED, new PortSet(0, 6, 34))).contains(binding);
        assertThat(table.contains(SHARED, new PortSet(0, 6, 34))).isTrue();
        assertThat(table.contains(SHARED, new PortSet(0, 6, 35))).isFalse();
        assertThat(table.contains(SHARED.plus(1), new PortSet(0, 6, 34))).isFalse();
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void namesTheOwnerOfAPort() {
        Binding binding = binding(SHARED, new PortSet(6, 8, 52), 1);
        table.put(binding);
        assertThat(table.owner(SHARED, 1232)).contains(binding);
        assertThat(table.owner(SHARED, 1236)).isEmpty();
        assertThat(table.owner(SHARED, 208)).as("ports below 1024 are nobody's").isEmpty();
        assertThat(table.owner(SHARED.plus(1), 1232)).isEmpty();
    }

    @Test
    void keepsSubscriberAndBrAddress() {
        Binding binding = new Binding(b4(1), SHARED, new PortSet(0, 0, 0), OTHER_BR, "customer 7");
        table.put(binding);
        assertThat(table.get(SHARED, PortSet.WHOLE_ADDRESS)).contains(binding);
    }

    @Test
    void replacesTheBindingOfTheSamePorts() {
        Binding first = binding(SHARED, new PortSet(0, 6, 34), 1);
        Binding second = binding(SHARED, new PortSet(0, 6, 34), 2);
        table.put(first);
        assertThat(table.put(second)).contains(first);
        assertThat(table.get(SHARED, first.ports())).contains(second);
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void refusesToDivideAnAddressInTwoWays() {
        Binding first = binding(SHARED, new PortSet(0, 6, 34), 1);
        Binding second = binding(SHARED, new PortSet(6, 6, 3), 2);
        table.put(first);
        assertThatThrownBy(() -> table.put(second))
                .isInstanceOfSatisfying(BindingConflictException.class, e -> {
                    assertThat(e.refused()).isEqualTo(second);
                    assertThat(e.present()).isEqualTo(first);
                })
                .hasMessage("Binding of 192.0.2.1 ports 6/6/3 to 2001:db8::2 conflicts with ports 0/6/34 to "
                        + "2001:db8::1: all bindings of an address must have the same PSID offset and PSID length "
                        + "(here 0 and 6)");
        assertThat(table.size()).isEqualTo(1);
    }

    @Test
    void letsAnAddressBeDividedAnewOnceItIsEmpty() {
        table.put(binding(SHARED, new PortSet(0, 6, 34), 1));
        table.remove(SHARED, new PortSet(0, 6, 34));
        Binding anew = binding(SHARED, new PortSet(6, 6, 3), 2);
        table.put(anew);
        assertThat(table.get(SHARED, anew.ports())).contains(anew);
    }

    @Test
    void removesExactlyWhatWasNamed() {
        Binding binding = binding(SHARED, new PortSet(0, 6, 34), 1);
        table.put(binding);
        assertThat(table.remove(SHARED, new PortSet(6, 6, 34))).isEmpty();
        assertThat(table.remove(SHARED, new PortSet(0, 6, 33))).isEmpty();
        assertThat(table.remove(SHARED, new PortSet(0, 6, 34))).contains(binding);
        assertThat(table.remove(SHARED, new PortSet(0, 6, 34))).isEmpty();
        assertThat(table.size()).isZero();
    }

    @Test
    void isTheSameAsAMapAfterAnyNumberOfChanges() {
        Random random = new Random(42);
        Map<Ipv4Address, Map<PortSet, Binding>> truth = new HashMap<>();
        int expected = 0;
        for (int i = 0; i < 200_000; i++) {
            int address = random.nextInt(200);
            PortSet ports =
                    address % 3 == 0 ? new PortSet(6, 4, random.nextInt(16)) : new PortSet(0, 5, random.nextInt(32));
            Ipv4Address ipv4 = Ipv4Address.parse("10.0.0.0").plus(address << 8);
            Map<PortSet, Binding> ofAddress = truth.computeIfAbsent(ipv4, a -> new HashMap<>());
            if (random.nextInt(100) < (i < 100_000 ? 55 : 45)) {
                Binding binding = binding(ipv4, ports, random.nextInt(1 << 20));
                Binding before = ofAddress.put(ports, binding);
                expected += before == null ? 1 : 0;
                assertThat(table.put(binding).orElse(null)).isEqualTo(before);
            } else {
                Binding before = ofAddress.remove(ports);
                expected -= before == null ? 0 : 1;
                assertThat(table.remove(ipv4, ports).orElse(null)).isEqualTo(before);
            }
            assertThat(table.size()).isEqualTo(expected);
        }
        Set<Binding> present = new HashSet<>();
        table.forEach(binding -> assertThat(present.add(binding)).isTrue());
        Set<Binding> expectedBindings = new HashSet<>();
        truth.values().forEach(ofAddress -> expectedBindings.addAll(ofAddress.values()));
        assertThat(present).isEqualTo(expectedBindings);
    }

    @Test
    void takesAboutNinetyOctetsABindingWhenItKnowsTheirNumber() {
        try (BindingTable sized = new BindingTable(1_000_000, 1)) {
            long fixed = table.memoryOctets();
            assertThat((sized.memoryOctets() - fixed) / 1_000_000).isBetween(64L, 92L);
        }
    }

    static Ipv6Address b4(int number) {
        return new Ipv6Address(0x2001_0db8_0000_0000L, number);
    }

    static Binding binding(Ipv4Address ipv4, PortSet ports, int b4) {
        return new Binding(b4(b4), ipv4, ports, BR);
    }
}
