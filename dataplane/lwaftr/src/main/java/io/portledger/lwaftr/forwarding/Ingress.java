package io.portledger.lwaftr.forwarding;

import io.portledger.packet.PacketBatch;
import io.portledger.packet.PacketFilter;

/** The ingress filter of one side. One thread. */
final class Ingress {

    private static final int USUAL = 256;

    private final PacketFilter filter;
    private final Counters counters;
    private final Counter arrived;
    private final Counter refused;
    private PacketBatch passed = PacketBatch.ofViews(USUAL);

    Ingress(PacketFilter filter, Counters counters, Counter arrived, Counter refused) {
        this.filter = filter;
        this.counters = counters;
        this.arrived = arrived;
        this.refused = refused;
    }

    /** The packets that pass; those that do not have come to their end. */
    PacketBatch filtered(PacketBatch received) {
        if (filter.isAll()) {
            return received;
        }
        if (passed.capacity() < received.size()) {
            passed = PacketBatch.ofViews(received.size());
        }
        passed.clear();
        for (int i = 0; i < received.size(); i++) {
            if (filter.passes(received.address(i), received.length(i))) {
                passed.add(received.address(i), received.length(i));
            } else {
                counters.count(arrived, received.length(i));
                counters.count(refused, received.length(i));
            }
        }
        return passed;
    }
}
