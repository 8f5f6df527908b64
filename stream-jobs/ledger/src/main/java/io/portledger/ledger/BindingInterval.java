package io.portledger.ledger;

import io.portledger.records.NatMapping;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ports;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One holder had one set of ports, or one mapping or session of a NAT, from {@code start} (included) to {@code end} (not included).
 *
 * @param ipv4 the public address
 * @param ports its ports
 * @param mapping null if the holder had all traffic of the ports; else of which entry of a NAT's table this tells
 * @param holder who had them
 * @param br the lwAFTR's tunnel end point, if the exporter told it
 * @param start when it began; {@link Instant#EPOCH} if {@code startedBy} is {@link Boundary#UNKNOWN} and nothing is
 *     known of earlier holders
 * @param startedBy how the start is known
 * @param end when it ended, or null while it is open
 * @param endedBy how the end is known; {@link Boundary#OPEN} if and only if {@code end} is null
 * @param startEvidence the record that began it, or null if its start was not logged
 * @param endEvidence the record that ended it: its own release, or the allocation to another that implies it
 */
public record BindingInterval(
        Ipv4Address ipv4,
        Ports ports,
        @Nullable NatMapping mapping,
        Holder holder,
        @Nullable Ipv6Address br,
        Instant start,
        Boundary startedBy,
        @Nullable Instant end,
        Boundary endedBy,
        @Nullable Evidence startEvidence,
        @Nullable Evidence endEvidence) {

    /** How an end of an interval is known. */
    public enum Boundary {
        /** An exporter's record says so. */
        LOGGED,
        /** It follows from another record: the ports were allocated to somebody else. */
        INFERRED,
        /** No record tells; the interval is known only by its other end. */
        UNKNOWN,
        /** It has not ended as far as the ledger knows. */
        OPEN
    }

    /**
     * Who held the ports. Two holders are the same household if their softwire addresses are equal, or, without one,
     * their addresses inside the NAT; the subscriber's name, which provisioning may learn later, counts only where no
     * address is known.
     *
     * @param b4 the softwire address of an lwB4 or DS-Lite B4, or null for a plain NAT
     * @param insideIpv4 the address inside a NAT, or null
     * @param subscriber the operator's name for the subscriber, or null if unknown
     * @param natInstance tells apart equal inside addresses; 0 if unknown
     */
    public record Holder(
            @Nullable Ipv6Address b4,
            @Nullable Ipv4Address insideIpv4,
            @Nullable String subscriber,
            int natInstance) {

        /** Whether both are one household. */
        public boolean isSame(Holder other) {
            return identity().equals(other.identity());
        }

        /** The holder without what may differ between records of the same household. */
        public Holder identity() {
            // Behind one B4 there may be several hosts with addresses of their own, as in DS-Lite: one household.
            return b4 != null
                    ? new Holder(b4, null, null, 0)
                    : new Holder(null, insideIpv4, insideIpv4 == null ? subscriber : null, natInstance);
        }
    }
}
