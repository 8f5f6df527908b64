package io.portledger.radius;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One attribute of a packet: its number and the octets of its value, which are read as what the reader expects
 * (RFC 8044). Immutable.
 */
public final class RadiusAttribute {

    /** text, RFC 2865 §5.1. */
    public static final int USER_NAME = 1;
    /** string of at most 128 octets, RFC 2865 §5.2; here always in clear, the codec hides it on the wire. */
    public static final int USER_PASSWORD = 2;
    /** ipv4addr, RFC 2865 §5.4. */
    public static final int NAS_IP_ADDRESS = 4;
    /** enum, RFC 2865 §5.6. */
    public static final int SERVICE_TYPE = 6;
    /** ipv4addr, RFC 2865 §5.8. */
    public static final int FRAMED_IP_ADDRESS = 8;
    /** text, RFC 2865 §5.11. */
    public static final int FILTER_ID = 11;
    /** text, RFC 2865 §5.18. */
    public static final int REPLY_MESSAGE = 18;
    /** string, RFC 2865 §5.24. */
    public static final int STATE = 24;
    /** string, RFC 2865 §5.25. */
    public static final int CLASS = 25;
    /** integer, seconds, RFC 2865 §5.27. */
    public static final int SESSION_TIMEOUT = 27;
    /** text, RFC 2865 §5.31. */
    public static final int CALLING_STATION_ID = 31;
    /** text, RFC 2865 §5.32. */
    public static final int NAS_IDENTIFIER = 32;
    /** string, RFC 2865 §5.33. */
    public static final int PROXY_STATE = 33;
    /** enum, RFC 2866 §5.1. */
    public static final int ACCT_STATUS_TYPE = 40;
    /** integer, seconds, RFC 2866 §5.2. */
    public static final int ACCT_DELAY_TIME = 41;
    /** integer, RFC 2866 §5.3. */
    public static final int ACCT_INPUT_OCTETS = 42;
    /** integer, RFC 2866 §5.4. */
    public static final int ACCT_OUTPUT_OCTETS = 43;
    /** text, RFC 2866 §5.5. */
    public static final int ACCT_SESSION_ID = 44;
    /** integer, seconds, RFC 2866 §5.7. */
    public static final int ACCT_SESSION_TIME = 46;
    /** integer, RFC 2866 §5.8. */
    public static final int ACCT_INPUT_PACKETS = 47;
    /** integer, RFC 2866 §5.9. */
    public static final int ACCT_OUTPUT_PACKETS = 48;
    /** enum, RFC 2866 §5.10. */
    public static final int ACCT_TERMINATE_CAUSE = 49;
    /** integer, RFC 2869 §5.1. */
    public static final int ACCT_INPUT_GIGAWORDS = 52;
    /** integer, RFC 2869 §5.2. */
    public static final int ACCT_OUTPUT_GIGAWORDS = 53;
    /** time, RFC 2869 §5.3. */
    public static final int EVENT_TIMESTAMP = 55;
    /** enum, RFC 2865 §5.41. */
    public static final int NAS_PORT_TYPE = 61;
    /** string of 16 octets, RFC 3579 §3.2; the codec writes it and checks it. */
    public static final int MESSAGE_AUTHENTICATOR = 80;
    /** integer, seconds, RFC 2869 §5.16. */
    public static final int ACCT_INTERIM_INTERVAL = 85;
    /** string, RFC 4372. */
    public static final int CHARGEABLE_USER_IDENTITY = 89;
    /** ipv6addr, RFC 3162 §2.1. */
    public static final int NAS_IPV6_ADDRESS = 95;
    /** enum, RFC 5176 §3.5. */
    public static final int ERROR_CAUSE = 101;
    /** text, the FQDN of the AFTR, RFC 6519 §4. */
    public static final int DS_LITE_TUNNEL_NAME = 144;
    /** ipv6addr, RFC 6911 §3.1. */
    public static final int FRAMED_IPV6_ADDRESS = 168;
    /** The first of the four types whose value begins with a type of its own, RFC 6929 §2.1. */
    public static final int EXTENDED_1 = 241;

    private static final int EXTENDED_4 = 244;
    private static final int MAX_OCTETS = 253;
    private static final HexFormat HEX = HexFormat.of();

    private final int type;
    private final byte[] value;

    private RadiusAttribute(int type, byte[] value) {
        if (type < 1 || type > 255 || value.length > MAX_OCTETS) {
            throw new IllegalArgumentException("attribute " + type + " with " + value.length
                    + " octets cannot be sent (allowed: type 1-255, at most " + MAX_OCTETS + " octets)");
        }
        this.type = type;
        this.value = value;
    }

    /**
     * Octets as they are.
     *
     * @throws IllegalArgumentException if the type is not 1-255 or there are more than 253 octets
     */
    public static RadiusAttribute ofOctets(int type, byte[] value) {
        return new RadiusAttribute(type, value.clone());
    }

    /**
     * A text in UTF-8.
     *
     * @throws IllegalArgumentException if the type is not 1-255 or the text longer than 253 octets
     */
    public static RadiusAttribute ofText(int type, String text) {
        return new RadiusAttribute(type, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Four octets.
     *
     * @param value 0 to 2^32 - 1
     * @throws IllegalArgumentException if it is not
     */
    public static RadiusAttribute ofInteger(int type, long value) {
        if (value >>> 32 != 0) {
            throw new IllegalArgumentException(
                    "attribute " + type + " cannot be " + value + " (allowed: 0-4294967295)");
        }
        return new RadiusAttribute(
                type, ByteBuffer.allocate(4).putInt((int) value).array());
    }

    /**
     * Seconds since 1970 as four octets.
     *
     * @throws IllegalArgumentException if the time is before 1970 or after 2106
     */
    public static RadiusAttribute ofTime(int type, Instant time) {
        return ofInteger(type, time.getEpochSecond());
    }

    /** Four octets. */
    public static RadiusAttribute ofIpv4(int type, Ipv4Address address) {
        return new RadiusAttribute(type, address.toBytes());
    }

    /** Sixteen octets. */
    public static RadiusAttribute ofIpv6(int type, Ipv6Address address) {
        return new RadiusAttribute(type, address.toBytes());
    }

    /**
     * An extended attribute such as 241.9 (RFC 6929 §2.1).
     *
     * @param type 241-244
     * @param extendedType 1-255
     * @param value at most 252 octets
     * @throws IllegalArgumentException if one is out of its range
     */
    public static RadiusAttribute ofExtended(int type, int extendedType, byte[] value) {
        if (type < EXTENDED_1 || type > EXTENDED_4 || extendedType < 1 || extendedType > 255 || value.length > 252) {
            throw new IllegalArgumentException("attribute " + type + "." + extendedType + " with " + value.length
                    + " octets cannot be sent (allowed: 241-244, 1-255, at most 252 octets)");
        }
        return new RadiusAttribute(
                type,
                ByteBuffer.allocate(value.length + 1)
                        .put((byte) extendedType)
                        .put(value)
                        .array());
    }

    /** The number, 1-255. */
    public int type() {
        return type;
    }

    /** The second number of an extended attribute, 0-255; 0 for any other, and for one that is too short. */
    public int extendedType() {
        return type >= EXTENDED_1 && type <= EXTENDED_4 && value.length > 0 ? value[0] & 0xff : 0;
    }

    /** Octets in a packet, 2-255; a password takes up to 15 more. */
    public int length() {
        return 2 + value.length;
    }

    /** Whether this is the extended attribute {@code type.extendedType}. */
    public boolean is(int type, int extendedType) {
        return this.type == type && extendedType() == extendedType;
    }

    /** A copy of the value's octets; of an extended attribute, of what follows its second number. */
    public byte[] octets() {
        return extendedType() == 0 ? value.clone() : Arrays.copyOfRange(value, 1, value.length);
    }

    /** The value as text; empty if it is none that can be shown: no octets, not UTF-8, or control characters. */
    public Optional<String> asText() {
        if (value.length == 0) {
            return Optional.empty();
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
            return text.codePoints().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(text);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** The value as an unsigned integer; empty unless it has four octets. */
    public OptionalLong asInteger() {
        return value.length == 4
                ? OptionalLong.of(Integer.toUnsignedLong(ByteBuffer.wrap(value).getInt()))
                : OptionalLong.empty();
    }

    /** The value as seconds since 1970, up to 2106; empty unless it has four octets. */
    public Optional<Instant> asTime() {
        OptionalLong seconds = asInteger();
        return seconds.isPresent() ? Optional.of(Instant.ofEpochSecond(seconds.getAsLong())) : Optional.empty();
    }

    /** The value as an IPv4 address; empty unless it has four octets. */
    public Optional<Ipv4Address> asIpv4() {
        return value.length == 4 ? Optional.of(Ipv4Address.fromBytes(value, 0)) : Optional.empty();
    }

    /** The value as an IPv6 address; empty unless it has sixteen octets. */
    public Optional<Ipv6Address> asIpv6() {
        return value.length == 16 ? Optional.of(Ipv6Address.fromBytes(value, 0)) : Optional.empty();
    }

    /** All octets behind type and length; not to be changed. */
    byte[] wire() {
        return value;
    }

    /** Takes octets over that nobody else has. */
    static RadiusAttribute ofWire(int type, byte[] value) {
        return new RadiusAttribute(type, value);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof RadiusAttribute other && type == other.type && Arrays.equals(value, other.value);
    }

    @Override
    public int hashCode() {
        return 31 * type + Arrays.hashCode(value);
    }

    /** Number and octets; not those of a password. */
    @Override
    public String toString() {
        int extended = extendedType();
        String number = extended == 0 ? Integer.toString(type) : type + "." + extended;
        return number + " " + (type == USER_PASSWORD ? "(hidden)" : HEX.formatHex(octets()));
    }
}
