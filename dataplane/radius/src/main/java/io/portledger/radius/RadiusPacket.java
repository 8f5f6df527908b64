package io.portledger.radius;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A packet without its authenticator (RFC 2865 §3).
 *
 * @param code what it is, 1-255, such as {@link #ACCESS_REQUEST}
 * @param identifier by which a response finds its request, 0-255
 * @param attributes in the order of the wire
 */
public record RadiusPacket(int code, int identifier, List<RadiusAttribute> attributes) {

    /** RFC 2865 §4.1. */
    public static final int ACCESS_REQUEST = 1;
    /** RFC 2865 §4.2. */
    public static final int ACCESS_ACCEPT = 2;
    /** RFC 2865 §4.3. */
    public static final int ACCESS_REJECT = 3;
    /** RFC 2866 §4.1. */
    public static final int ACCOUNTING_REQUEST = 4;
    /** RFC 2866 §4.2. */
    public static final int ACCOUNTING_RESPONSE = 5;
    /** RFC 2865 §4.4. */
    public static final int ACCESS_CHALLENGE = 11;
    /** RFC 5176 §2.2. */
    public static final int DISCONNECT_REQUEST = 40;
    /** RFC 5176 §2.2. */
    public static final int DISCONNECT_ACK = 41;
    /** RFC 5176 §2.2. */
    public static final int DISCONNECT_NAK = 42;
    /** RFC 5176 §2.1. */
    public static final int COA_REQUEST = 43;
    /** RFC 5176 §2.1. */
    public static final int COA_ACK = 44;
    /** RFC 5176 §2.1. */
    public static final int COA_NAK = 45;

    /** The longest packet, octets. */
    public static final int MAX_OCTETS = 4096;

    /** Code, identifier, length and authenticator, octets. */
    public static final int HEADER_OCTETS = 20;

    /** @throws IllegalArgumentException if code or identifier is out of its range */
    public RadiusPacket {
        if (code < 1 || code > 255 || identifier < 0 || identifier > 255) {
            throw new IllegalArgumentException("a RADIUS packet cannot have code " + code + " and identifier "
                    + identifier + " (allowed: 1-255, 0-255)");
        }
        attributes = List.copyOf(attributes);
    }

    /** The first attribute of a type that is not an extended one. */
    public Optional<RadiusAttribute> first(int type) {
        for (RadiusAttribute attribute : attributes) {
            if (attribute.type() == type) {
                return Optional.of(attribute);
            }
        }
        return Optional.empty();
    }

    /** Every attribute of a type that is not an extended one, in their order. */
    public List<RadiusAttribute> all(int type) {
        List<RadiusAttribute> found = new ArrayList<>(1);
        for (RadiusAttribute attribute : attributes) {
            if (attribute.type() == type) {
                found.add(attribute);
            }
        }
        return found;
    }

    /**
     * The extended attribute {@code type.extendedType}.
     *
     * @throws RadiusException if there are several: those of softwires may stand in a packet once (RFC 8658 §4)
     */
    Optional<RadiusAttribute> only(int type, int extendedType) throws RadiusException {
        RadiusAttribute found = null;
        for (RadiusAttribute attribute : attributes) {
            if (attribute.is(type, extendedType)) {
                if (found != null) {
                    throw RadiusException.malformed(
                            "attribute " + type + "." + extendedType + " stands there more than once");
                }
                found = attribute;
            }
        }
        return Optional.ofNullable(found);
    }
}
