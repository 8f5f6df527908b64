package io.portledger.ledger;

import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Intervals and evidence with which the tests tell their stories. */
final class Samples {

    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    private Samples() {}

    static Holder household(int number) {
        return new Holder(Ipv6Address.parse("2001:db8::" + Integer.toHexString(number)), null, null, 0);
    }

    static Evidence evidence(String exporter, Instant received) {
        return new Evidence(exporter, "IPFIX_UDP", 7, 4_294_967_295L, 256, "", "", "", received, "00ff10");
    }

    /** An interval known by records of both ends, or open if {@code end} is null. */
    static BindingInterval logged(Ipv4Address ipv4, Ports ports, Holder holder, Instant start, @Nullable Instant end) {
        return new BindingInterval(
                ipv4,
                ports,
                null,
                holder,
                BR,
                start,
                Boundary.LOGGED,
                end,
                end == null ? Boundary.OPEN : Boundary.LOGGED,
                evidence("192.0.2.1", start),
                end == null ? null : evidence("192.0.2.1", end));
    }

    /** An interval known by its release only. */
    static BindingInterval unknownStart(Ipv4Address ipv4, Ports ports, Holder holder, Instant notBefore, Instant end) {
        return new BindingInterval(
                ipv4,
                ports,
                null,
                holder,
                null,
                notBefore,
                Boundary.UNKNOWN,
                end,
                Boundary.LOGGED,
                null,
                evidence("192.0.2.1", end));
    }

    /** A mapping or session of a NAT, known by records of both ends, or open if {@code end} is null. */
    static BindingInterval mapped(
            Ipv4Address ipv4, int port, NatMapping mapping, Holder holder, Instant start, @Nullable Instant end) {
        return new BindingInterval(
                ipv4,
                Ports.of(new PortRange(port, port)),
                mapping,
                holder,
                null,
                start,
                Boundary.LOGGED,
                end,
                end == null ? Boundary.OPEN : Boundary.LOGGED,
                evidence("192.0.2.1", start),
                end == null ? null : evidence("192.0.2.1", end));
    }
}
