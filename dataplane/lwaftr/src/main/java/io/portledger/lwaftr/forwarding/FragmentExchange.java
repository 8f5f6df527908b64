package io.portledger.lwaftr.forwarding;

import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.packet.Reassembler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Where the fragments of one packet meet when several workers forward.
 *
 * <p>Only the first fragment has ports, so whatever spreads packets over workers may part the fragments of one packet.
 * Each packet therefore has one worker where it is put together, chosen by what all of its fragments have in common;
 * the others leave copies of its fragments there. Bounded: a worker that has {@value #ROOM} waiting gets no more.
 */
public final class FragmentExchange {

    private static final int ROOM = 4096;

    private final List<BlockingQueue<Fragment>> waiting = new ArrayList<>();

    /** An exchange for {@code workers} forwarders, 1 or more. */
    public FragmentExchange(int workers) {
        for (int i = 0; i < workers; i++) {
            waiting.add(new ArrayBlockingQueue<>(ROOM));
        }
    }

    /** A fragment with the headers before it, as it came to the wrong worker. */
    static final class Fragment {
        private final boolean isFromIpv6Side;
        private final byte[] octets;

        private Fragment(boolean isFromIpv6Side, byte[] octets) {
            this.isFromIpv6Side = isFromIpv6Side;
            this.octets = octets;
        }

        boolean isFromIpv6Side() {
            return isFromIpv6Side;
        }

        /** Adds it to a batch with memory. */
        void addTo(PacketBatch batch) {
            batch.add(octets);
        }
    }

    /** The counter of worker {@code number}, 0 and up. */
    public Desk desk(int number) {
        return new Desk(number);
    }

    /** One worker's place at the exchange. */
    public final class Desk {

        private final int number;

        private Desk(int number) {
            this.number = number;
        }

        /** Whether the packet that {@code key} tells from others is put together here. */
        boolean isHere(Reassembler.Key key) {
            return owner(key) == number;
        }

        /** Leaves a fragment to the worker whose it is; false if that one has too many. */
        boolean handOver(Reassembler.Key key, boolean isFromIpv6Side, long packet, int length) {
            return waiting.get(owner(key)).offer(new Fragment(isFromIpv6Side, Memory.toBytes(packet, length)));
        }

        /** The next fragment that another worker left here, or null. */
        @Nullable
        Fragment take() {
            return waiting.get(number).poll();
        }

        private int owner(Reassembler.Key key) {
            return Math.floorMod((key.hashCode() * 0x9e37_79b9) >>> 8, waiting.size());
        }
    }
}
