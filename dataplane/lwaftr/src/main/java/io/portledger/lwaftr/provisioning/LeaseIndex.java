package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Leases by their lwB4's address: a hash table with open addressing that makes no object of its own for each. One lease
 * for each address. Not thread-safe.
 */
final class LeaseIndex {

    private static final int SMALLEST = 64;

    private @Nullable Lease[] places = new Lease[SMALLEST];
    private int size;

    @Nullable
    Lease find(Ipv6Address b4) {
        return places[placeOf(b4.high(), b4.low())];
    }

    /** Puts a lease in, in the place of one with the same address. */
    void put(Lease lease) {
        int place = placeOf(lease.b4High, lease.b4Low);
        if (places[place] == null) {
            size++;
            if (size > places.length / 8 * 5) {
                grow();
                place = placeOf(lease.b4High, lease.b4Low);
            }
        }
        places[place] = lease;
    }

    /** Takes exactly this lease out, if it is in. */
    void remove(Lease lease) {
        int place = placeOf(lease.b4High, lease.b4Low);
        if (places[place] != lease) {
            return;
        }
        size--;
        places[place] = null;
        // Those behind move up, so that none is cut off from its home by the gap.
        int mask = places.length - 1;
        int gap = place;
        for (int i = (place + 1) & mask; ; i = (i + 1) & mask) {
            Lease moved = places[i];
            if (moved == null) {
                return;
            }
            int home = home(moved.b4High, moved.b4Low);
            if (((i - home) & mask) >= ((i - gap) & mask)) {
                places[gap] = moved;
                places[i] = null;
                gap = i;
            }
        }
    }

    int size() {
        return size;
    }

    /** In no order; the action must not change the index. */
    void forEach(Consumer<Lease> action) {
        for (Lease lease : places) {
            if (lease != null) {
                action.accept(lease);
            }
        }
    }

    private void grow() {
        @Nullable Lease[] old = places;
        places = new Lease[old.length * 2];
        for (Lease lease : old) {
            if (lease != null) {
                places[placeOf(lease.b4High, lease.b4Low)] = lease;
            }
        }
    }

    private int placeOf(long high, long low) {
        int mask = places.length - 1;
        int place = home(high, low);
        while (true) {
            Lease lease = places[place];
            if (lease == null || (lease.b4High == high && lease.b4Low == low)) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    private int home(long high, long low) {
        long mixed = (high * 0x9e37_79b9_7f4a_7c15L) ^ (low * 0xc2b2_ae3d_27d4_eb4fL);
        mixed = (mixed ^ (mixed >>> 32)) * 0xd6e8_feb8_6659_fd93L;
        return (int) (mixed >>> 32) & (places.length - 1);
    }
}
