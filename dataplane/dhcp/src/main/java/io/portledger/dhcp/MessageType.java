package io.portledger.dhcp;

import java.util.Optional;

/** What a DHCPv4 message is for (RFC 2132 §9.6). */
public enum MessageType {
    /** A client looks for servers. */
    DISCOVER(1),
    /** A server offers. */
    OFFER(2),
    /** A client takes an offer, renews its lease, or asks whether it still holds. */
    REQUEST(3),
    /** A client found its address in use. */
    DECLINE(4),
    /** The lease is made or renewed. */
    ACK(5),
    /** There is no such lease. */
    NAK(6),
    /** A client gives its lease back. */
    RELEASE(7),
    /** A client that has an address asks for the rest. */
    INFORM(8);

    private static final MessageType[] BY_CODE = values();

    private final int code;

    MessageType(int code) {
        this.code = code;
    }

    /** The number on the wire, 1-8. */
    public int code() {
        return code;
    }

    /** The type of that number, if it is a known one. */
    public static Optional<MessageType> of(int code) {
        return code >= 1 && code <= BY_CODE.length ? Optional.of(BY_CODE[code - 1]) : Optional.empty();
    }
}
