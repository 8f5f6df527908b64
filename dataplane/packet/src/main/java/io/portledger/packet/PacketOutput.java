package io.portledger.packet;

/** Where packets go. */
@FunctionalInterface
public interface PacketOutput {

    /** Sends, or drops and counts, each packet of the batch; when it returns, their memory may be used again. */
    void send(PacketBatch batch);
}
