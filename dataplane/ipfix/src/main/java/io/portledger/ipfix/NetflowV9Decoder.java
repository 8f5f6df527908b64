package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads NetFlow v9 packets (RFC 3954) and shows what they hold as {@link IpfixDecoder} does: the field types up to 32767
 * are IPFIX's information elements, those above are {@link NetflowElements}.
 *
 * <p>How many records a packet has is told by its flowsets alone: exporters disagree on what the header counts. Zeros
 * behind the last flowset or template are padding, however many. A template always takes the place of another with its id;
 * there are no withdrawals.
 */
public final class NetflowV9Decoder implements MessageDecoder {

    /** The version number of NetFlow v9. */
    public static final int VERSION = 9;

    /** Octets of a packet's header. */
    public static final int HEADER_LENGTH = 20;

    private static final int TEMPLATE_FLOWSET = 0;
    private static final int OPTIONS_TEMPLATE_FLOWSET = 1;

    private final ElementRegistry elements;
    private final MessagePlan plan = new MessagePlan();

    /** A decoder that knows {@code elements} by name and type. */
    public NetflowV9Decoder(ElementRegistry elements) {
        this.elements = elements;
    }

    /** Reads a packet, which ends where {@code in} does. */
    @Override
    public int decode(ByteBuf in, TemplateStore session, IpfixVisitor visitor) throws IpfixException {
        int start = in.readerIndex();
        int end = in.writerIndex();
        in.readerIndex(end);
        if (end - start < HEADER_LENGTH) {
            throw new IpfixException("packet header: " + (end - start) + " octets, expected " + HEADER_LENGTH);
        }
        int version = in.getUnsignedShort(start);
        if (version != VERSION) {
            throw new IpfixException("packet header: version " + version + ", expected " + VERSION);
        }
        MessageHeader header = new MessageHeader(
                version,
                end - start,
                in.getUnsignedInt(start + 8),
                in.getUnsignedInt(start + 12),
                in.getUnsignedInt(start + 16));
        session.begin();
        plan.begin();
        try {
            plan(in, start + HEADER_LENGTH, end, header.observationDomainId(), session);
        } catch (IpfixException e) {
            session.rollback();
            throw e;
        }
        return plan.show(in, header, visitor);
    }

    @Override
    public int decodeSet(MessageHeader header, int setId, ByteBuf octets, TemplateStore session, IpfixVisitor visitor)
            throws IpfixException {
        return plan.showSet(header, setId, octets, session, visitor);
    }

    private void plan(ByteBuf in, int from, int end, long sourceId, TemplateStore session) throws IpfixException {
        int at = from;
        while (at < end && !isPadding(in, at, end)) {
            if (end - at < 4 && at > from) {
                // Some leave what was in their memory behind the last flowset, where zeros should be.
                return;
            }
            if (end - at < 4) {
                throw new IpfixException("flowset header: " + (end - at) + " octets left in the packet, expected 4");
            }
            int id = in.getUnsignedShort(at);
            int length = in.getUnsignedShort(at + 2);
            if (length < 4 || length > end - at) {
                throw new IpfixException("flowset " + id + ": length " + length + ", expected 4-" + (end - at)
                        + ", which is what is left of the packet");
            }
            int flowsetEnd = at + length;
            if (id >= Template.MIN_ID) {
                plan.addData(in, id, at + 4, flowsetEnd, session.find(sourceId, id));
            } else if (id == TEMPLATE_FLOWSET) {
                planTemplates(in, at + 4, flowsetEnd, sourceId, session);
            } else if (id == OPTIONS_TEMPLATE_FLOWSET) {
                planOptionsTemplates(in, at + 4, flowsetEnd, sourceId, session);
            } else {
                throw new IpfixException("flowset id " + id + " is reserved (allowed: 0, 1, 256-65535)");
            }
            at = flowsetEnd;
        }
    }

    private static boolean isPadding(ByteBuf in, int from, int end) {
        for (int at = from; at < end; at++) {
            if (in.getByte(at) != 0) {
                return false;
            }
        }
        return true;
    }

    private void planTemplates(ByteBuf in, int from, int end, long sourceId, TemplateStore session)
            throws IpfixException {
        int at = from;
        while (end - at >= 4 && !isPadding(in, at, end)) {
            int id = in.getUnsignedShort(at);
            int fieldCount = in.getUnsignedShort(at + 2);
            requireDataId("template ", id);
            at += 4;
            requireRoom("template ", id, fieldCount, (end - at) / 4);
            List<FieldSpecifier> fields = new ArrayList<>(fieldCount);
            for (int i = 0; i < fieldCount; i++) {
                fields.add(field(in, at));
                at += 4;
            }
            plan.addDefinition(id, 0, fields, sourceId, session);
        }
    }

    private void planOptionsTemplates(ByteBuf in, int from, int end, long sourceId, TemplateStore session)
            throws IpfixException {
        int at = from;
        while (end - at >= 6 && !isPadding(in, at, end)) {
            int id = in.getUnsignedShort(at);
            int scopeFieldCount = in.getUnsignedShort(at + 2) / 4;
            int fieldCount = scopeFieldCount + in.getUnsignedShort(at + 4) / 4;
            requireDataId("options template ", id);
            at += 6;
            requireRoom("options template ", id, fieldCount, (end - at) / 4);
            List<FieldSpecifier> fields = new ArrayList<>(fieldCount);
            for (int i = 0; i < fieldCount; i++) {
                fields.add(i < scopeFieldCount ? scopeField(in, at) : field(in, at));
                at += 4;
            }
            // Some exporters name no scope; it is an options template all the same.
            plan.addDefinition(id, Math.max(1, scopeFieldCount), fields, sourceId, session);
        }
    }

    private FieldSpecifier field(ByteBuf in, int at) {
        return FieldSpecifier.received(elements.find(0, in.getUnsignedShort(at)), in.getUnsignedShort(at + 2));
    }

    private FieldSpecifier scopeField(ByteBuf in, int at) {
        return FieldSpecifier.received(
                elements.find(NetflowElements.SCOPE_SPACE, in.getUnsignedShort(at)), in.getUnsignedShort(at + 2));
    }

    private static void requireDataId(String kind, int id) throws IpfixException {
        if (id < Template.MIN_ID) {
            throw new IpfixException(kind + id + ": the id is out of range (allowed: 256-65535)");
        }
    }

    private static void requireRoom(String kind, int id, int fieldCount, int most) throws IpfixException {
        if (fieldCount == 0 || fieldCount > most) {
            throw new IpfixException(kind + id + ": field count " + fieldCount + ", expected 1-" + most
                    + ", which is what the flowset has room for");
        }
    }
}
