package io.portledger.lwb4;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HoldingTest {

    @ParameterizedTest
    @CsvSource({"0/6/34", "0/6/63", "0/16/4660", "4/4/5", "6/8/52", "6/2/1", "6/10/1023", "6/0/0", "2/3/7", "15/1/1"})
    void theRangesOfAPortSetAreThatPortSet(String text) {
        PortSet set = PortSet.parse(text);
        assertThat(holding(set.ranges()).portSet()).contains(set);
    }

    @Test
    void aRangeFromPortOneOnIsOneFromPortZero() {
        assertThat(holding(List.of(new PortRange(1, 65535))).portSet()).contains(PortSet.WHOLE_ADDRESS);
        assertThat(holding(List.of(new PortRange(1, 1023))).portSet()).contains(new PortSet(0, 6, 0));
    }

    @Test
    void otherPortsAreNoPortSet() {
        assertThat(holding(List.of(new PortRange(1024, 2000))).portSet()).isEmpty();
        assertThat(holding(List.of(new PortRange(1024, 1027), new PortRange(2048, 2051)))
                        .portSet())
                .isEmpty();
        assertThat(holding(List.of(new PortRange(1024, 1027), new PortRange(1028, 1031)))
                        .portSet())
                .isEmpty();
        assertThat(holding(List.of(new PortRange(5000, 5003), new PortRange(5900, 5903)))
                        .portSet())
                .isEmpty();
    }

    private static Holding holding(List<PortRange> ranges) {
        return new Holding(Ipv4Address.parse("192.0.2.1"), ranges, 60, Instant.EPOCH);
    }
}
