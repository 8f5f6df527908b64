package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Fills IPFIX messages (RFC 7011) of one observation domain in one transport session, and counts its data records for
 * the sequence number. Nothing is allocated for a record. For one thread.
 *
 * <p>A message is begun, given templates and records until one does not fit, and ended:
 *
 * <pre>{@code
 * encoder.begin(buffer, exportTimeSeconds);
 * while (records.hasNext()) {
 *     encoder.addRecord(template, records.next(), MAPPING);
 * }
 * encoder.end();
 * }</pre>
 *
 * <p>Consecutive records of one template share a set. Sets are padded to four octets where that cannot be taken for a
 * record. Whether a template was sent before its records is the caller's business: it knows its transport.
 */
public final class IpfixEncoder {

    /** The longest message that the header can describe. */
    public static final int MAX_MESSAGE_LENGTH = 65535;

    private static final int TEMPLATE_SET = 2;
    private static final int OPTIONS_TEMPLATE_SET = 3;
    private static final int SET_HEADER_LENGTH = 4;
    private static final int NO_SET = 0;

    private final long observationDomainId;
    private final int maxMessageLength;
    private final RecordWriter writer = new RecordWriter();

    private ByteBuf out = Unpooled.EMPTY_BUFFER;
    private boolean isOpen;
    private int messageStart;
    private int openSetId;
    private int openSetStart;
    private int openSetMinRecordLength;
    private int recordCount;
    private long sequenceNumber;

    // The message before the addition at hand.
    private int savedEnd;
    private int savedSetId;
    private int savedSetStart;
    private int savedSetMinRecordLength;

    /**
     * An encoder whose session begins: its first message has the sequence number 0.
     *
     * @param observationDomainId unsigned 32 bits
     * @param maxMessageLength octets that no message exceeds, 64-65535
     */
    public IpfixEncoder(long observationDomainId, int maxMessageLength) {
        if (observationDomainId >>> 32 != 0) {
            throw new IllegalArgumentException(
                    "observation domain " + observationDomainId + " is out of range (allowed: 0-4294967295)");
        }
        if (maxMessageLength < 64 || maxMessageLength > MAX_MESSAGE_LENGTH) {
            throw new IllegalArgumentException(
                    "message length " + maxMessageLength + " is out of range (allowed: 64-65535)");
        }
        this.observationDomainId = observationDomainId;
        this.maxMessageLength = maxMessageLength;
    }

    /**
     * Begins a message at the writer index of {@code out}, which grows as needed.
     *
     * @param exportTimeSeconds seconds since 1970-01-01T00:00Z, unsigned 32 bits
     * @throws IllegalStateException if a message is open
     */
    public void begin(ByteBuf out, long exportTimeSeconds) {
        if (isOpen) {
            throw new IllegalStateException("the message before was not ended");
        }
        isOpen = true;
        this.out = out;
        messageStart = out.writerIndex();
        openSetId = NO_SET;
        recordCount = 0;
        out.writeShort(MessageHeader.IPFIX_VERSION)
                .writeShort(0)
                .writeInt((int) exportTimeSeconds)
                .writeInt((int) sequenceNumber)
                .writeInt((int) observationDomainId);
    }

    /**
     * Adds the definition of a template or options template.
     *
     * @return false, and the message is as before, if there is no more room for it
     * @throws IllegalArgumentException if no message has room for it, or if an element is NetFlow v9's alone
     */
    public boolean addTemplate(Template template) {
        for (FieldSpecifier field : template.fields()) {
            if (!field.element().isOfIpfix()) {
                throw new IllegalArgumentException("template " + template.id() + ": IPFIX has no element "
                        + field.element().id() + ", " + field.element().name());
            }
        }
        openSet(template.isOptions() ? OPTIONS_TEMPLATE_SET : TEMPLATE_SET, SET_HEADER_LENGTH);
        out.writeShort(template.id()).writeShort(template.fields().size());
        if (template.isOptions()) {
            out.writeShort(template.scopeFieldCount());
        }
        for (int i = 0; i < template.fields().size(); i++) {
            FieldSpecifier field = template.fields().get(i);
            InformationElement element = field.element();
            if (element.isEnterprise()) {
                out.writeShort(0x8000 | element.id()).writeShort(field.length());
                out.writeInt((int) element.enterpriseNumber());
            } else {
                out.writeShort(element.id()).writeShort(field.length());
            }
        }
        return keepIfItFits();
    }

    /**
     * Adds the withdrawal of a template or options template. Never to be sent over UDP (RFC 7011 §8.4).
     *
     * @return false, and the message is as before, if there is no more room for it
     */
    public boolean addWithdrawal(Template template) {
        return addWithdrawal(template.id(), template.isOptions() ? OPTIONS_TEMPLATE_SET : TEMPLATE_SET);
    }

    /**
     * Adds the withdrawal of all templates or of all options templates of the domain. Never to be sent over UDP (RFC
     * 7011 §8.4).
     *
     * @return false, and the message is as before, if there is no more room for it
     */
    public boolean addWithdrawalOfAll(boolean options) {
        int setId = options ? OPTIONS_TEMPLATE_SET : TEMPLATE_SET;
        return addWithdrawal(setId, setId);
    }

    private boolean addWithdrawal(int templateId, int setId) {
        openSet(setId, SET_HEADER_LENGTH);
        out.writeShort(templateId).writeShort(0);
        return keepIfItFits();
    }

    /**
     * Adds a data record.
     *
     * @return false, and the message is as before, if there is no more room for it
     * @throws IllegalArgumentException if no message has room for it, or a value does not fit its field; the message is
     *     as before
     */
    public <T> boolean addRecord(Template template, T value, RecordMapping<? super T> mapping) {
        openSet(template.id(), template.minRecordLength());
        boolean isWritten = false;
        try {
            writer.begin(out, template);
            mapping.write(value, writer);
            writer.end();
            isWritten = true;
        } finally {
            if (!isWritten) {
                rollBack();
            }
        }
        if (!keepIfItFits()) {
            return false;
        }
        recordCount++;
        return true;
    }

    /** Whether the open message holds nothing yet but its header. */
    public boolean isEmpty() {
        return isOpen && out.writerIndex() == messageStart + MessageHeader.LENGTH;
    }

    /** Data records in the open message, or in the last one if none is open. */
    public int recordCount() {
        return recordCount;
    }

    /** Ends the message; its octets are behind the place where it was begun. Returns how many data records it has. */
    public int end() {
        requireOpen();
        closeSet();
        out.setShort(messageStart + 2, out.writerIndex() - messageStart);
        isOpen = false;
        out = Unpooled.EMPTY_BUFFER;
        sequenceNumber = (sequenceNumber + recordCount) & 0xffff_ffffL;
        return recordCount;
    }

    /** The sequence number of the next message, or of the open one, unsigned 32 bits. */
    public long sequenceNumber() {
        return sequenceNumber;
    }

    /**
     * Counts data records that should have been sent and never will, so that the collector learns that they are missing.
     *
     * @throws IllegalStateException if a message is open
     */
    public void skip(long records) {
        if (isOpen) {
            throw new IllegalStateException("the message before was not ended");
        }
        sequenceNumber = (sequenceNumber + records) & 0xffff_ffffL;
    }

    private void openSet(int setId, int minRecordLength) {
        requireOpen();
        savedEnd = out.writerIndex();
        savedSetId = openSetId;
        savedSetStart = openSetStart;
        savedSetMinRecordLength = openSetMinRecordLength;
        if (openSetId != setId) {
            closeSet();
            openSetId = setId;
            openSetStart = out.writerIndex();
            openSetMinRecordLength = minRecordLength;
            out.writeShort(setId).writeShort(0);
        }
    }

    private void closeSet() {
        if (openSetId != NO_SET) {
            out.writeZero(padding());
            out.setShort(openSetStart + 2, out.writerIndex() - openSetStart);
        }
    }

    private int padding() {
        int padding = -(out.writerIndex() - messageStart) & 3;
        return padding < openSetMinRecordLength ? padding : 0;
    }

    private boolean keepIfItFits() {
        int length = out.writerIndex() + padding() - messageStart;
        if (length <= maxMessageLength) {
            return true;
        }
        rollBack();
        if (isEmpty()) {
            throw new IllegalArgumentException("a message with nothing else would have " + length
                    + " octets, but at most " + maxMessageLength + " are allowed");
        }
        return false;
    }

    private void rollBack() {
        out.writerIndex(savedEnd);
        openSetId = savedSetId;
        openSetStart = savedSetStart;
        openSetMinRecordLength = savedSetMinRecordLength;
    }

    private void requireOpen() {
        if (!isOpen) {
            throw new IllegalStateException("no message was begun");
        }
    }
}
