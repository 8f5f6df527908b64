package io.portledger.ipfix;

/**
 * A field of a template (RFC 7011 §3.2).
 *
 * @param element what it means
 * @param length octets of the value in each record, or {@link #VARIABLE_LENGTH} if each record says
 */
public record FieldSpecifier(InformationElement element, int length) {

    /** The length that stands for "each record says" (RFC 7011 §7). */
    public static final int VARIABLE_LENGTH = 65535;

    /** @throws IllegalArgumentException if values of the element's type cannot have {@code length} */
    public FieldSpecifier {
        if (!element.type().allowsLength(length)) {
            throw new IllegalArgumentException(fault(element, length));
        }
    }

    /** A field with its type's own length. */
    public static FieldSpecifier of(InformationElement element) {
        return new FieldSpecifier(element, element.type().defaultLength());
    }

    /**
     * A field as an exporter announces it. If values of the element's type cannot have that length, they are octets: the
     * other fields of the record are as good as ever.
     */
    static FieldSpecifier received(InformationElement element, int length) {
        return new FieldSpecifier(
                element.type().allowsLength(length)
                        ? element
                        : new InformationElement(
                                element.enterpriseNumber(), element.id(), element.name(), DataType.OCTET_ARRAY),
                length);
    }

    /** Whether each record says how long the value is. */
    public boolean isVariable() {
        return length == VARIABLE_LENGTH;
    }

    /** Octets of the specifier in a template record. */
    int specifierLength() {
        return element.isEnterprise() ? 8 : 4;
    }

    static String fault(InformationElement element, int length) {
        return lengthOf(element, length) + ", expected " + element.type().allowedLengths();
    }

    static String lengthOf(InformationElement element, int length) {
        return element.name() + " has length " + (length == VARIABLE_LENGTH ? "65535 (variable)" : length);
    }
}
