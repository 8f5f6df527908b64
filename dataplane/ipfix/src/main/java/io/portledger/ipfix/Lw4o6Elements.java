package io.portledger.ipfix;

import java.util.List;

/**
 * Information elements of our own, for what IANA has none: a port set of the generalised modulus algorithm, which
 * portRangeStart and portRangeEnd cannot say when it is scattered, the lwAFTR's tunnel end point, and the use of a
 * binding's ports.
 *
 * @param psidOffset id 1, PSID offset a, 0-16
 * @param psidLength id 2, PSID length k, 0-16
 * @param psid id 3, the PSID as a plain integer
 * @param brAddress id 4, the lwAFTR's tunnel end point
 * @param portsInUse id 5, how many of a binding's ports were in use
 * @param serviceClass id 6, the name of the holder's service class
 */
public record Lw4o6Elements(
        InformationElement psidOffset,
        InformationElement psidLength,
        InformationElement psid,
        InformationElement brAddress,
        InformationElement portsInUse,
        InformationElement serviceClass) {

    /** The enterprise number that IANA keeps for documentation (RFC 5612). */
    public static final long DOCUMENTATION_ENTERPRISE = 32473;

    /** The elements under a private enterprise number, 1-4294967295. */
    public static Lw4o6Elements of(long enterpriseNumber) {
        if (enterpriseNumber == 0) {
            throw new IllegalArgumentException("enterprise number 0 is IANA's own (allowed: 1-4294967295)");
        }
        return new Lw4o6Elements(
                new InformationElement(enterpriseNumber, 1, "lw4o6PsidOffset", DataType.UNSIGNED_8),
                new InformationElement(enterpriseNumber, 2, "lw4o6PsidLength", DataType.UNSIGNED_8),
                new InformationElement(enterpriseNumber, 3, "lw4o6Psid", DataType.UNSIGNED_16),
                new InformationElement(enterpriseNumber, 4, "lw4o6BrAddress", DataType.IPV6_ADDRESS),
                new InformationElement(enterpriseNumber, 5, "lw4o6PortsInUse", DataType.UNSIGNED_32),
                new InformationElement(enterpriseNumber, 6, "lw4o6ServiceClass", DataType.STRING));
    }

    /** All of them, for {@link ElementRegistry#with}. */
    public List<InformationElement> all() {
        return List.of(psidOffset, psidLength, psid, brAddress, portsInUse, serviceClass);
    }
}
