package io.portledger.lwaftr.export;

import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;

/**
 * Until when each binding's volume has been reported, and how much of it: a hash table with linear probing in one array,
 * 48 octets for a binding at a load of at most 70 %. For one thread.
 *
 * <p>Slots may be gone through by number. An addition or removal meanwhile may move others, so that one of them is met
 * twice or not at all.
 */
final class ReportedVolumes {

    private static final int WORDS = 6;
    private static final int UNTIL = 1;
    private static final int VOLUME = 2;
    private static final long USED = 1;
    private static final int SMALLEST = 64;

    private long[] words = new long[SMALLEST * WORDS];
    private int size;

    /** Names a port set of an address; never 0, which is no binding. */
    static long key(int ipv4, PortSet ports) {
        return (long) ipv4 << 32
                | (long) ports.psid() << 16
                | (long) ports.psidOffset() << 6
                | (long) ports.psidLength() << 1
                | USED;
    }

    static Ipv4Address ipv4(long key) {
        return new Ipv4Address((int) (key >>> 32));
    }

    static PortSet ports(long key) {
        return new PortSet((int) (key >>> 6) & 0x1f, (int) (key >>> 1) & 0x1f, (int) (key >>> 16) & 0xffff);
    }

    /** How many slots there are, used or not. */
    int slots() {
        return words.length / WORDS;
    }

    int size() {
        return size;
    }

    /** The key in a slot; 0 if the slot is not used. */
    long keyAt(int slot) {
        return words[slot * WORDS];
    }

    /** Until when it is reported, in milliseconds since 1970. */
    long untilAt(int slot) {
        return words[slot * WORDS + UNTIL];
    }

    BindingVolume volumeAt(int slot) {
        int at = slot * WORDS + VOLUME;
        return new BindingVolume(words[at], words[at + 1], words[at + 2], words[at + 3]);
    }

    /** The slot of a key, or -1. */
    int find(long key) {
        int slot = home(key);
        while (words[slot * WORDS] != 0) {
            if (words[slot * WORDS] == key) {
                return slot;
            }
            slot = next(slot);
        }
        return -1;
    }

    /** Takes a key in of which nothing has been reported, unless it is there. */
    void add(long key, long untilMillis) {
        if (find(key) >= 0) {
            return;
        }
        if ((size + 1L) * 10 > slots() * 7L) {
            grow();
        }
        int slot = free(key);
        words[slot * WORDS] = key;
        words[slot * WORDS + UNTIL] = untilMillis;
        size++;
    }

    void reported(int slot, long untilMillis, BindingVolume volume) {
        int at = slot * WORDS;
        words[at + UNTIL] = untilMillis;
        words[at + VOLUME] = volume.downstreamPackets();
        words[at + VOLUME + 1] = volume.downstreamOctets();
        words[at + VOLUME + 2] = volume.upstreamPackets();
        words[at + VOLUME + 3] = volume.upstreamOctets();
    }

    /** Empties a slot, and moves those behind it up that would not be found any more. */
    void remove(int slot) {
        size--;
        int gap = slot;
        for (int other = next(gap); words[other * WORDS] != 0; other = next(other)) {
            int mask = slots() - 1;
            int fromHome = (other - home(words[other * WORDS])) & mask;
            if (fromHome >= ((other - gap) & mask)) {
                System.arraycopy(words, other * WORDS, words, gap * WORDS, WORDS);
                gap = other;
            }
        }
        Arrays.fill(words, gap * WORDS, (gap + 1) * WORDS, 0);
    }

    private void grow() {
        long[] old = words;
        words = new long[Math.multiplyExact(old.length, 2)];
        for (int at = 0; at < old.length; at += WORDS) {
            if (old[at] != 0) {
                System.arraycopy(old, at, words, free(old[at]) * WORDS, WORDS);
            }
        }
    }

    private int free(long key) {
        int slot = home(key);
        while (words[slot * WORDS] != 0) {
            slot = next(slot);
        }
        return slot;
    }

    private int next(int slot) {
        return slot + 1 & slots() - 1;
    }

    private int home(long key) {
        long hash = key * 0x9e37_79b9_7f4a_7c15L;
        long mixed = (hash ^ hash >>> 32) * 0xd6e8_feb8_6659_fd93L;
        return (int) (mixed >>> 33) & slots() - 1;
    }
}
