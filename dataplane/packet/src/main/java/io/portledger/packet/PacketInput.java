package io.portledger.packet;

import java.io.IOException;

/** Where packets come from. */
public interface PacketInput {

    /**
     * Waits until there is a packet, then adds to {@code batch} what is there without waiting again.
     *
     * @param batch a batch with memory
     * @param timeoutMillis how long to wait at most
     * @return how many packets were added
     * @throws IOException if the device is gone
     */
    int receive(PacketBatch batch, int timeoutMillis) throws IOException;
}
