package io.portledger.ipfix;

/**
 * What a field means (RFC 7012): its number, in the space of IANA or of an enterprise, its name and its type.
 *
 * @param enterpriseNumber 0 for IANA's elements, else the private enterprise number, unsigned 32 bits
 * @param id 1-32767; up to 65535 for {@link NetflowElements} of NetFlow v9, which IPFIX cannot say
 * @param name the registered name, such as {@code natEvent}
 * @param type the type of its values
 */
public record InformationElement(long enterpriseNumber, int id, String name, DataType type) {

    /** @throws IllegalArgumentException naming the parameter that is out of its range */
    public InformationElement {
        if (enterpriseNumber < 0 || enterpriseNumber > 0xffff_ffffL) {
            throw new IllegalArgumentException(
                    "enterprise number " + enterpriseNumber + " is out of range (allowed: 0-4294967295)");
        }
        int highest = enterpriseNumber == 0 || enterpriseNumber == NetflowElements.SCOPE_SPACE ? 0xffff : 0x7fff;
        if (id < 0 || id > highest) {
            throw new IllegalArgumentException("element id " + id + " is out of range (allowed: 0-" + highest + ")");
        }
    }

    /** Whether an IPFIX message can say it. */
    boolean isOfIpfix() {
        return id <= 0x7fff;
    }

    /** Whether the element belongs to an enterprise, not to IANA. */
    public boolean isEnterprise() {
        return enterpriseNumber != 0;
    }

    /** Enterprise number and id in one number, unique for each element. */
    long key() {
        return key(enterpriseNumber, id);
    }

    static long key(long enterpriseNumber, int id) {
        return enterpriseNumber << 16 | id;
    }
}
