package io.portledger.lwaftr.forwarding;

import java.io.IOException;

/** How one worker's packets come and go. One thread. */
interface PacketExchange extends AutoCloseable {

    /**
     * Forwards what is there; if there is nothing, waits.
     *
     * @param waitMillis how long to wait at most
     * @throws IOException if a device is gone
     */
    void turn(int waitMillis) throws IOException;

    /** What happened to the packets. */
    Forwarder forwarder();

    /** Packets that a device did not take on their way out. */
    long unsentPackets();

    /** Packets that were dropped before they came here. */
    long lostPackets();

    @Override
    void close();
}
