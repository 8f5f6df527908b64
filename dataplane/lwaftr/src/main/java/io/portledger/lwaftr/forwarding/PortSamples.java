package io.portledger.lwaftr.forwarding;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Public addresses and ports by which some of the packets of a worker went out. Written by the worker, taken by one other
 * thread; what finds no room is left out.
 */
final class PortSamples {

    /** A power of two. */
    static final int CAPACITY = 1 << 13;

    private final long[] ring = new long[CAPACITY];
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong taken = new AtomicLong();

    void add(int ipv4, int port) {
        long next = written.getPlain();
        if (next - taken.getAcquire() < CAPACITY) {
            ring[(int) next & CAPACITY - 1] = (long) ipv4 << 32 | port;
            written.setRelease(next + 1);
        }
    }

    void takeAll(Forwarding.PortTaker taker) {
        long end = written.getAcquire();
        for (long next = taken.getPlain(); next < end; next++) {
            long sample = ring[(int) next & CAPACITY - 1];
            taken.setRelease(next + 1);
            taker.take((int) (sample >>> 32), (int) sample);
        }
    }
}
