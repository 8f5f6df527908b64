package io.portledger.ipfix;

/**
 * What a field means (RFC 7012): its number, in the space of IANA or of an enterprise, its name and its type.
 *
 * @param enterpriseNumber 0 for IANA's elements, else the private enterprise number, unsigned 32 bits
 * @param id 1-32767
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
        if (id < 0 || id > 0x7fff) {
            throw new IllegalArgumentException("element id " + id + " is out of range (allowed: 0-32767)");
        }
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
        return enterpriseNumber << 15 | id;
    }
}
