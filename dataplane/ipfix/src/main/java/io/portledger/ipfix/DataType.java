package io.portledger.ipfix;

/** Abstract data types of information elements (RFC 7012 §3.1) with the lengths that RFC 7011 §6 allows for each. */
public enum DataType {
    /** Any octets. */
    OCTET_ARRAY(0, FieldSpecifier.VARIABLE_LENGTH),
    /** Unsigned, at most 8 bits. */
    UNSIGNED_8(1, 1),
    /** Unsigned, at most 16 bits. */
    UNSIGNED_16(1, 2),
    /** Unsigned, at most 32 bits. */
    UNSIGNED_32(1, 4),
    /** Unsigned, at most 64 bits. */
    UNSIGNED_64(1, 8),
    /** Two's complement, at most 8 bits. */
    SIGNED_8(1, 1),
    /** Two's complement, at most 16 bits. */
    SIGNED_16(1, 2),
    /** Two's complement, at most 32 bits. */
    SIGNED_32(1, 4),
    /** Two's complement, at most 64 bits. */
    SIGNED_64(1, 8),
    /** IEEE 754 binary32. */
    FLOAT_32(4, 4),
    /** IEEE 754 binary64; reduced to binary32 where the template says four octets. */
    FLOAT_64(4, 8),
    /** 1 is true, 2 is false. */
    BOOLEAN(1, 1),
    /** IEEE 802 address. */
    MAC_ADDRESS(6, 6),
    /** UTF-8. */
    STRING(0, FieldSpecifier.VARIABLE_LENGTH),
    /** Unsigned seconds since 1970-01-01T00:00Z. */
    DATE_TIME_SECONDS(4, 4),
    /** Unsigned milliseconds since 1970-01-01T00:00Z. */
    DATE_TIME_MILLISECONDS(8, 8),
    /** NTP timestamp, 32 bits of seconds since 1900 and 32 of fraction; of the latter the last 11 mean nothing. */
    DATE_TIME_MICROSECONDS(8, 8),
    /** NTP timestamp, 32 bits of seconds since 1900 and 32 of fraction. */
    DATE_TIME_NANOSECONDS(8, 8),
    /** IPv4 address. */
    IPV4_ADDRESS(4, 4),
    /** IPv6 address. */
    IPV6_ADDRESS(16, 16);

    private final int minLength;
    private final int maxLength;

    DataType(int minLength, int maxLength) {
        this.minLength = minLength;
        this.maxLength = maxLength;
    }

    /** Octets of a value that is not reduced, or {@link FieldSpecifier#VARIABLE_LENGTH} for strings and octet arrays. */
    public int defaultLength() {
        return maxLength;
    }

    /** Whether a template may give a field of this type {@code length}; reduced sizes are those of RFC 7011 §6.2. */
    public boolean allowsLength(int length) {
        return this == FLOAT_64 ? length == 4 || length == 8 : length >= minLength && length <= maxLength;
    }

    /** Whether values are whole numbers, to be read by {@link DataRecord#unsigned} or {@link DataRecord#signed}. */
    public boolean isInteger() {
        return switch (this) {
            case UNSIGNED_8, UNSIGNED_16, UNSIGNED_32, UNSIGNED_64, SIGNED_8, SIGNED_16, SIGNED_32, SIGNED_64 -> true;
            default -> false;
        };
    }

    /** Whether values are points in time, to be read by {@link DataRecord#epochMillis}. */
    public boolean isTime() {
        return switch (this) {
            case DATE_TIME_SECONDS, DATE_TIME_MILLISECONDS, DATE_TIME_MICROSECONDS, DATE_TIME_NANOSECONDS -> true;
            default -> false;
        };
    }

    String allowedLengths() {
        if (this == FLOAT_64) {
            return "4 or 8";
        }
        if (maxLength == FieldSpecifier.VARIABLE_LENGTH) {
            return "0-65535";
        }
        return minLength == maxLength ? Integer.toString(maxLength) : minLength + "-" + maxLength;
    }
}
