package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A data record where it lies in its message: a view that the decoder moves from record to record, valid only during
 * {@link IpfixVisitor#onRecord}. What must last is to be copied.
 *
 * <p>Fields are read by their place in {@link Template#fields()} or by element, which means the first field with it; a
 * caller that reads many records of a template looks the places up once. Readers do not allocate unless they say so.
 * They read the field as the asked type whatever the element's own is; for elements that are registered with a type, the
 * decoder has made sure that the length fits it.
 */
public final class DataRecord {

    private static final ByteBuf NO_BUFFER = Unpooled.EMPTY_BUFFER;
    private static final MessageHeader NO_HEADER = new MessageHeader(0, 0, 0, 0, 0);
    private static final Template NO_TEMPLATE =
            Template.of(Template.MIN_ID, new InformationElement(0, 0, "none", DataType.OCTET_ARRAY));

    /** Seconds from 1900, the epoch of NTP, to 1970. */
    private static final long NTP_TO_UNIX_SECONDS = 2_208_988_800L;

    private ByteBuf buffer = NO_BUFFER;
    private MessageHeader header = NO_HEADER;
    private Template template = NO_TEMPLATE;
    private int indexInMessage;
    private int start;
    private int length;
    private int[] variableOffsets = new int[16];
    private int[] variableLengths = new int[16];

    DataRecord() {}

    void beginMessage(ByteBuf messageBuffer, MessageHeader messageHeader) {
        buffer = messageBuffer;
        header = messageHeader;
        indexInMessage = -1;
    }

    void beginSet(Template setTemplate) {
        template = setTemplate;
        int fieldCount = setTemplate.fields().size();
        if (!setTemplate.isFixedLength() && variableOffsets.length < fieldCount) {
            variableOffsets = new int[fieldCount];
            variableLengths = new int[fieldCount];
        }
    }

    void endMessage() {
        buffer = NO_BUFFER;
    }

    /** Moves to the record at {@code recordStart}, which is known to be whole, and returns where the next one begins. */
    int moveTo(int recordStart) {
        start = recordStart;
        indexInMessage++;
        if (template.isFixedLength()) {
            length = template.minRecordLength();
        } else {
            int at = recordStart;
            for (int i = 0; i < template.fields().size(); i++) {
                int fieldLength = template.fields().get(i).length();
                if (fieldLength == FieldSpecifier.VARIABLE_LENGTH) {
                    fieldLength = buffer.getUnsignedByte(at++);
                    if (fieldLength == 255) {
                        fieldLength = buffer.getUnsignedShort(at);
                        at += 2;
                    }
                }
                variableOffsets[i] = at;
                variableLengths[i] = fieldLength;
                at += fieldLength;
            }
            length = at - recordStart;
        }
        return start + length;
    }

    /** The header of the message. */
    public MessageHeader header() {
        return header;
    }

    /** The template that describes the record. */
    public Template template() {
        return template;
    }

    /** The place of the record among the data records of the message, from 0. */
    public int indexInMessage() {
        return indexInMessage;
    }

    /**
     * The record's own sequence number: the message's and its place in it, modulo 2<sup>32</sup>. NetFlow v9 counts
     * packets: there it is the packet's.
     */
    public long sequenceNumber() {
        return header.version() == NetflowV9Decoder.VERSION
                ? header.sequenceNumber()
                : (header.sequenceNumber() + indexInMessage) & 0xffff_ffffL;
    }

    /** How many fields it has. */
    public int fieldCount() {
        return template.fields().size();
    }

    /** Whether a field has {@code element}. */
    public boolean has(InformationElement element) {
        return template.has(element);
    }

    /** Octets of the value of field {@code index}, without the octets that say how long it is. */
    public int length(int index) {
        return template.isFixedLength() ? template.fields().get(index).length() : variableLengths[index];
    }

    /**
     * The field as an unsigned number of 1 to 8 octets; numbers from 2<sup>63</sup> on are negative.
     *
     * @throws IllegalStateException if it has more octets than 8
     */
    public long unsigned(int index) {
        int at = offset(index);
        int octets = length(index);
        return switch (octets) {
            case 1 -> buffer.getUnsignedByte(at);
            case 2 -> buffer.getUnsignedShort(at);
            case 4 -> buffer.getUnsignedInt(at);
            case 8 -> buffer.getLong(at);
            default -> {
                requireAtMost(index, octets, 8);
                long value = 0;
                for (int i = 0; i < octets; i++) {
                    value = value << 8 | buffer.getUnsignedByte(at + i);
                }
                yield value;
            }
        };
    }

    /** {@link #unsigned(int)} of the first field with {@code element}. */
    public long unsigned(InformationElement element) {
        return unsigned(indexOf(element));
    }

    /**
     * The field as a two's complement number of 1 to 8 octets.
     *
     * @throws IllegalStateException if it has more octets than 8
     */
    public long signed(int index) {
        int unusedBits = 64 - 8 * length(index);
        long unsigned = unsigned(index);
        return unusedBits == 64 ? 0 : (unsigned << unusedBits) >> unusedBits;
    }

    /** {@link #signed(int)} of the first field with {@code element}. */
    public long signed(InformationElement element) {
        return signed(indexOf(element));
    }

    /**
     * The field as a floating point number.
     *
     * @throws IllegalStateException if it has neither 4 nor 8 octets
     */
    public double floating(int index) {
        return switch (length(index)) {
            case 4 -> buffer.getFloat(offset(index));
            case 8 -> buffer.getDouble(offset(index));
            default -> throw wrongLength(index, length(index), "4 or 8");
        };
    }

    /** {@link #floating(int)} of the first field with {@code element}. */
    public double floating(InformationElement element) {
        return floating(indexOf(element));
    }

    /** Whether the field is the one octet 1, which means true; false is 2, other values mean nothing. */
    public boolean isTrue(int index) {
        return length(index) == 1 && buffer.getByte(offset(index)) == 1;
    }

    /** {@link #isTrue(int)} of the first field with {@code element}. */
    public boolean isTrue(InformationElement element) {
        return isTrue(indexOf(element));
    }

    /**
     * The field as an IPv4 address, most significant octet first.
     *
     * @throws IllegalStateException if it has not 4 octets
     */
    public int ipv4(int index) {
        requireExactly(index, 4);
        return buffer.getInt(offset(index));
    }

    /** {@link #ipv4(int)} of the first field with {@code element}. */
    public int ipv4(InformationElement element) {
        return ipv4(indexOf(element));
    }

    /**
     * The first eight octets of the field as an IPv6 address.
     *
     * @throws IllegalStateException if it has not 16 octets
     */
    public long ipv6High(int index) {
        requireExactly(index, 16);
        return buffer.getLong(offset(index));
    }

    /** {@link #ipv6High(int)} of the first field with {@code element}. */
    public long ipv6High(InformationElement element) {
        return ipv6High(indexOf(element));
    }

    /**
     * The last eight octets of the field as an IPv6 address.
     *
     * @throws IllegalStateException if it has not 16 octets
     */
    public long ipv6Low(int index) {
        requireExactly(index, 16);
        return buffer.getLong(offset(index) + 8);
    }

    /** {@link #ipv6Low(int)} of the first field with {@code element}. */
    public long ipv6Low(InformationElement element) {
        return ipv6Low(indexOf(element));
    }

    /**
     * The field as a point in time, milliseconds since 1970-01-01T00:00Z, cut where the type is finer. NTP times from
     * 2036 on, where their seconds begin at 0 again, are understood until 2104.
     *
     * @throws IllegalStateException if the element's type is not one of the four of time
     */
    public long epochMillis(int index) {
        int at = offset(index);
        InformationElement element = template.fields().get(index).element();
        return switch (element.type()) {
            case DATE_TIME_SECONDS -> buffer.getUnsignedInt(at) * 1000;
            case DATE_TIME_MILLISECONDS -> buffer.getLong(at);
            case DATE_TIME_MICROSECONDS, DATE_TIME_NANOSECONDS -> {
                long seconds = buffer.getUnsignedInt(at);
                if (seconds < 0x8000_0000L) {
                    seconds += 0x1_0000_0000L;
                }
                long fraction = buffer.getUnsignedInt(at + 4);
                if (element.type() == DataType.DATE_TIME_MICROSECONDS) {
                    // RFC 7011 §6.1.9: the bottom 11 bits must be ignored.
                    fraction &= -1L << 11;
                }
                yield (seconds - NTP_TO_UNIX_SECONDS) * 1000 + ((fraction * 1000) >>> 32);
            }
            default ->
                throw new IllegalStateException(
                        "template " + template.id() + ": " + element.name() + " is no time, but " + element.type());
        };
    }

    /** {@link #epochMillis(int)} of the first field with {@code element}. */
    public long epochMillis(InformationElement element) {
        return epochMillis(indexOf(element));
    }

    /**
     * The field as text; zeros that fill up a field of fixed length are left out. Null if it is not UTF-8: such values
     * are to be ignored (RFC 7011 §6.1.6). Allocates.
     */
    public @Nullable String string(int index) {
        int at = offset(index);
        int octets = length(index);
        if (!template.fields().get(index).isVariable()) {
            while (octets > 0 && buffer.getByte(at + octets - 1) == 0) {
                octets--;
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(ByteBufUtil.getBytes(buffer, at, octets)))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** {@link #string(int)} of the first field with {@code element}. */
    public @Nullable String string(InformationElement element) {
        return string(indexOf(element));
    }

    /** A copy of the octets of the field. Allocates. */
    public byte[] octets(int index) {
        return ByteBufUtil.getBytes(buffer, offset(index), length(index));
    }

    /** {@link #octets(int)} of the first field with {@code element}. */
    public byte[] octets(InformationElement element) {
        return octets(indexOf(element));
    }

    /** Octets of the whole record as it is in the message. */
    public int rawLength() {
        return length;
    }

    /** The octets of the whole record, a slice of the message that is valid as long as the record. Allocates the slice. */
    public ByteBuf raw() {
        return buffer.slice(start, length);
    }

    /** A copy of the octets of the whole record. Allocates. */
    public byte[] rawOctets() {
        return ByteBufUtil.getBytes(buffer, start, length);
    }

    /**
     * Copies the octets of the whole record.
     *
     * @param into where they go, from index 0 on; {@link #rawLength} octets or longer
     */
    public void rawOctets(byte[] into) {
        buffer.getBytes(start, into, 0, length);
    }

    private int indexOf(InformationElement element) {
        int index = template.indexOf(element);
        if (index < 0) {
            throw new NoSuchElementException("template " + template.id() + " has no " + element.name());
        }
        return index;
    }

    private int offset(int index) {
        return template.isFixedLength() ? start + template.fixedOffset(index) : variableOffsets[index];
    }

    private void requireAtMost(int index, int octets, int limit) {
        if (octets > limit) {
            throw wrongLength(index, octets, "at most " + limit);
        }
    }

    private void requireExactly(int index, int octets) {
        if (length(index) != octets) {
            throw wrongLength(index, length(index), Integer.toString(octets));
        }
    }

    private IllegalStateException wrongLength(int index, int octets, String expected) {
        return new IllegalStateException("template " + template.id() + ": "
                + template.fields().get(index).element().name() + " has " + octets + " octets, expected " + expected);
    }
}
