package io.portledger.ipfix;

/**
 * The header of an IPFIX message (RFC 7011 §3.1), or of a NetFlow v9 packet (RFC 3954 §5.1).
 *
 * @param version 10 for IPFIX, 9 for NetFlow v9
 * @param length octets of the whole message, header included
 * @param exportTimeSeconds when the message was sent by the exporter's clock, seconds since 1970-01-01T00:00Z
 * @param sequenceNumber data records sent before this message in the transport session and observation domain, modulo
 *     2<sup>32</sup>; NetFlow v9 counts packets
 * @param observationDomainId unsigned 32 bits; NetFlow v9 calls it source id
 */
public record MessageHeader(
        int version, int length, long exportTimeSeconds, long sequenceNumber, long observationDomainId) {

    /** Octets of the header itself. */
    public static final int LENGTH = 16;

    /** The version number of IPFIX. */
    public static final int IPFIX_VERSION = 10;

    /** The same header with another sequence number. */
    public MessageHeader withSequenceNumber(long other) {
        return new MessageHeader(version, length, exportTimeSeconds, other, observationDomainId);
    }
}
