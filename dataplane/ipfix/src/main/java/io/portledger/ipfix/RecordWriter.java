package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/**
 * Writes the fields of one data record, each by one call, in the order of the template. The value takes the length that
 * the template gives the field; one that does not fit is an {@link IllegalArgumentException}, never cut.
 */
public final class RecordWriter {

    /** Seconds from 1900, the epoch of NTP, to 1970. */
    private static final long NTP_TO_UNIX_SECONDS = 2_208_988_800L;

    private static final Template NO_TEMPLATE =
            Template.of(Template.MIN_ID, new InformationElement(0, 0, "none", DataType.OCTET_ARRAY));

    private ByteBuf out = Unpooled.EMPTY_BUFFER;
    private Template template = NO_TEMPLATE;
    private int index;

    RecordWriter() {}

    void begin(ByteBuf buffer, Template recordTemplate) {
        out = buffer;
        template = recordTemplate;
        index = 0;
    }

    void end() {
        if (index != template.fields().size()) {
            throw new IllegalStateException("template " + template.id() + " has "
                    + template.fields().size() + " fields, but the record was given " + index);
        }
    }

    /** Puts an unsigned number; of 64 bits it may use the sign bit. */
    public RecordWriter putUnsigned(long value) {
        FieldSpecifier field = next();
        int length = requireNumeric(field);
        if (length < 8 && value >>> (8 * length) != 0) {
            throw doesNotFit(field, Long.toUnsignedString(value));
        }
        return putBits(value, length);
    }

    /** Puts a two's complement number. */
    public RecordWriter putSigned(long value) {
        FieldSpecifier field = next();
        int length = requireNumeric(field);
        int unusedBits = 64 - 8 * length;
        if ((value << unusedBits) >> unusedBits != value) {
            throw doesNotFit(field, Long.toString(value));
        }
        return putBits(value, length);
    }

    /** Puts a floating point number; in a field of four octets it is rounded to binary32. */
    public RecordWriter putFloating(double value) {
        FieldSpecifier field = next();
        switch (field.length()) {
            case 4 -> out.writeFloat((float) value);
            case 8 -> out.writeDouble(value);
            default -> throw wrongLength(field, "4 or 8");
        }
        return this;
    }

    /** Puts a truth value. */
    public RecordWriter putBoolean(boolean value) {
        return putUnsigned(value ? 1 : 2);
    }

    /** Puts an IPv4 address, most significant octet first. */
    public RecordWriter putIpv4(int address) {
        FieldSpecifier field = next();
        if (field.length() != 4) {
            throw wrongLength(field, "4");
        }
        out.writeInt(address);
        return this;
    }

    /** Puts an IPv6 address, given by its first and its last eight octets. */
    public RecordWriter putIpv6(long high, long low) {
        FieldSpecifier field = next();
        if (field.length() != 16) {
            throw wrongLength(field, "16");
        }
        out.writeLong(high).writeLong(low);
        return this;
    }

    /**
     * Puts a point in time, milliseconds since 1970-01-01T00:00Z, in the form of the element's type, which must be one
     * of the four of time. Seconds are cut; NTP times go from 1968 to 2104 and give the same milliseconds back.
     */
    public RecordWriter putEpochMillis(long epochMillis) {
        FieldSpecifier field = next();
        switch (field.element().type()) {
            case DATE_TIME_SECONDS -> {
                long seconds = Math.floorDiv(epochMillis, 1000);
                if (seconds >>> 32 != 0) {
                    throw doesNotFit(field, epochMillis + " ms");
                }
                out.writeInt((int) seconds);
            }
            case DATE_TIME_MILLISECONDS -> {
                if (epochMillis < 0) {
                    throw doesNotFit(field, epochMillis + " ms");
                }
                out.writeLong(epochMillis);
            }
            case DATE_TIME_MICROSECONDS, DATE_TIME_NANOSECONDS -> {
                long seconds = Math.floorDiv(epochMillis, 1000) + NTP_TO_UNIX_SECONDS;
                if (seconds < 0x8000_0000L || seconds >= 0x1_8000_0000L) {
                    throw doesNotFit(field, epochMillis + " ms");
                }
                // Rounded up, to the precision of the type, so that the reader, who cuts, gets the same millisecond.
                int meaninglessBits = field.element().type() == DataType.DATE_TIME_MICROSECONDS ? 11 : 0;
                long unit = 1L << meaninglessBits;
                long fraction = ((Math.floorMod(epochMillis, 1000L) << 32) + 999) / 1000;
                fraction = (fraction + unit - 1) & -unit;
                out.writeInt((int) seconds).writeInt((int) fraction);
            }
            default ->
                throw new IllegalArgumentException("template " + template.id() + ": "
                        + field.element().name() + " is no time, but "
                        + field.element().type());
        }
        return this;
    }

    /** Puts text as UTF-8; a field of fixed length is filled up with zeros. Unpaired surrogates become {@code ?}. */
    public RecordWriter putString(CharSequence text) {
        FieldSpecifier field = next();
        int octets = ByteBufUtil.utf8Bytes(text);
        beginOctets(field, octets);
        ByteBufUtil.reserveAndWriteUtf8(out, text, octets);
        if (!field.isVariable()) {
            out.writeZero(field.length() - octets);
        }
        return this;
    }

    /** Puts octets; a field of fixed length takes exactly as many as it has. */
    public RecordWriter putOctets(byte[] octets) {
        FieldSpecifier field = next();
        if (!field.isVariable() && field.length() != octets.length) {
            throw wrongLength(field, Integer.toString(octets.length));
        }
        beginOctets(field, octets.length);
        out.writeBytes(octets);
        return this;
    }

    private void beginOctets(FieldSpecifier field, int octets) {
        if (octets > (field.isVariable() ? 0xffff : field.length())) {
            throw doesNotFit(field, octets + " octets");
        }
        if (field.isVariable()) {
            if (octets < 255) {
                out.writeByte(octets);
            } else {
                out.writeByte(255).writeShort(octets);
            }
        }
    }

    private RecordWriter putBits(long value, int length) {
        switch (length) {
            case 1 -> out.writeByte((int) value);
            case 2 -> out.writeShort((int) value);
            case 4 -> out.writeInt((int) value);
            case 8 -> out.writeLong(value);
            default -> {
                for (int shift = 8 * (length - 1); shift >= 0; shift -= 8) {
                    out.writeByte((int) (value >>> shift));
                }
            }
        }
        return this;
    }

    private FieldSpecifier next() {
        if (index == template.fields().size()) {
            throw new IllegalStateException(
                    "template " + template.id() + " has " + index + " fields, but the record was given more");
        }
        return template.fields().get(index++);
    }

    private int requireNumeric(FieldSpecifier field) {
        if (field.length() > 8) {
            throw wrongLength(field, "1-8");
        }
        return field.length();
    }

    private IllegalArgumentException wrongLength(FieldSpecifier field, String expected) {
        return new IllegalArgumentException("template " + template.id() + ": "
                + FieldSpecifier.lengthOf(field.element(), field.length()) + ", the value needs " + expected);
    }

    private IllegalArgumentException doesNotFit(FieldSpecifier field, String value) {
        return new IllegalArgumentException("template " + template.id() + ": " + value + " does not fit, "
                + FieldSpecifier.lengthOf(field.element(), field.length()));
    }
}
