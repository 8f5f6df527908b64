package io.portledger.ipfix;

import java.util.List;

/** Counts of the other direction of a flow (RFC 5103 §6.1): IANA's elements under an enterprise number of their own. */
public final class ReverseElements {

    /** The enterprise number that stands for the reverse direction. */
    public static final long ENTERPRISE = 29305;

    /** {@link Iana#OCTET_DELTA_COUNT} of the reverse direction. */
    public static final InformationElement OCTET_DELTA_COUNT =
            new InformationElement(ENTERPRISE, 1, "reverseOctetDeltaCount", DataType.UNSIGNED_64);

    /** {@link Iana#PACKET_DELTA_COUNT} of the reverse direction. */
    public static final InformationElement PACKET_DELTA_COUNT =
            new InformationElement(ENTERPRISE, 2, "reversePacketDeltaCount", DataType.UNSIGNED_64);

    /** All of them. */
    static final List<InformationElement> ELEMENTS = List.of(OCTET_DELTA_COUNT, PACKET_DELTA_COUNT);

    private ReverseElements() {}
}
