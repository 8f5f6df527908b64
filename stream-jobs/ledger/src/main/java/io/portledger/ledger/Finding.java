package io.portledger.ledger;

import io.portledger.softwire.Ipv4Address;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that an operator should look at.
 *
 * @param id what makes it this finding and no other
 * @param kind what was found
 * @param at when it happened
 * @param summary one sentence for the operator
 * @param ipv4 the public address, or null if it is about none
 * @param ports the ports' key, or null if it is about none
 * @param holders whom it is about: addresses or names
 * @param exporters who reported it
 * @param level the level that was reported; 0 if there is none
 * @param limit the limit or threshold; 0 if there is none
 */
public record Finding(
        String id,
        Kind kind,
        Instant at,
        String summary,
        @Nullable Ipv4Address ipv4,
        @Nullable String ports,
        List<String> holders,
        List<String> exporters,
        long level,
        long limit) {

    /** What can be found. */
    public enum Kind {
        /** Records contradict each other about who has ports. */
        CONFLICT,
        /** A NAT has no public address left. */
        ADDRESSES_EXHAUSTED,
        /** A public address has no port left. */
        PORTS_EXHAUSTED,
        /** A limit was met, and something refused. */
        QUOTA_EXCEEDED,
        /** A level passed its threshold. */
        THRESHOLD_REACHED
    }

    public Finding {
        holders = List.copyOf(holders);
        exporters = List.copyOf(exporters);
    }
}
