package io.portledger.collector.capture;

/** Hears what the packets of a capture carry. Arrays are the listener's own. */
public interface CaptureListener {

    /** A datagram of UDP, or a message of SCTP. */
    void onDatagram(Flow flow, long atMillis, byte[] payload);

    /** The next octets of a TCP stream. */
    void onOctets(Flow flow, long atMillis, byte[] octets);

    /** Octets of a stream are not in the capture: what comes next does not follow what came before. */
    void onHole(Flow flow, long atMillis);

    /** A stream has ended, or the capture has. */
    void onEnd(Flow flow, long atMillis);

    /** A packet is of no use, for a reason. */
    void onSkipped(String reason);
}
