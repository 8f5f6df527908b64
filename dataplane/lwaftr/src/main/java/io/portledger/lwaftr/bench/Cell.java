package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.bench.PacketStream.Flows;
import io.portledger.lwaftr.bench.PacketStream.Sizes;
import java.util.Locale;

/**
 * A kind of traffic with a size of packets, such as {@code random:550}: what is measured at once.
 *
 * @param traffic {@code one} for one flow, {@code random} for random flows of all bindings, or the number of bindings
 *     that have random flows
 * @param sizes octets of the IPv4 packets
 */
record Cell(String traffic, Sizes sizes) {

    static final String ONE_FLOW = "one";
    static final String RANDOM = "random";

    /** @throws IllegalArgumentException if the traffic is none */
    Cell {
        if (!traffic.equals(ONE_FLOW) && !traffic.equals(RANDOM) && !traffic.matches("[1-9][0-9]{0,7}")) {
            throw new IllegalArgumentException("Invalid value " + traffic
                    + " for traffic (allowed: one, random, the number of bindings that are active)");
        }
    }

    static Cell parse(String text) {
        int colon = text.indexOf(':');
        return new Cell(text.substring(0, Math.max(0, colon)), Sizes.parse(text.substring(colon + 1)));
    }

    /** Its packets, for a table of {@code bindings}. */
    PacketStream stream(int bindings, int missing) {
        return new PacketStream(
                switch (traffic) {
                    case ONE_FLOW -> Flows.one(sizes, missing);
                    case RANDOM -> Flows.random(bindings, sizes, missing);
                    default -> Flows.random(Math.min(bindings, Integer.parseInt(traffic)), sizes, missing);
                });
    }

    /** For people. */
    String description() {
        return switch (traffic) {
            case ONE_FLOW -> "one flow";
            case RANDOM -> "random";
            default -> String.format(Locale.ROOT, "random, %,d active", Integer.parseInt(traffic));
        };
    }

    @Override
    public String toString() {
        return traffic + ":" + sizes;
    }
}
