package io.portledger.collector.capture;

import java.net.InetSocketAddress;

/** One direction of a conversation. */
public record Flow(Protocol protocol, InetSocketAddress source, InetSocketAddress destination) {

    /** What carries it. */
    public enum Protocol {
        UDP,
        TCP,
        SCTP
    }
}
