package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads IPFIX messages (RFC 7011) and shows what they hold to an {@link IpfixVisitor}. Nothing is allocated for a data
 * record; a message is read in time proportional to its length. For one thread; one decoder may serve any number of
 * sessions.
 *
 * <p>A message is first checked as a whole and then shown, so that nothing of a malformed one counts, neither records
 * nor templates (RFC 7011 §9.1).
 */
public final class IpfixDecoder implements MessageDecoder {

    private static final int TEMPLATE_SET = 2;
    private static final int OPTIONS_TEMPLATE_SET = 3;

    private final ElementRegistry elements;
    private final MessagePlan plan = new MessagePlan();

    /** A decoder that knows {@code elements} by name and type. */
    public IpfixDecoder(ElementRegistry elements) {
        this.elements = elements;
    }

    /**
     * {@inheritDoc} The sequence number of the next message of the observation domain is this message's plus the records,
     * if no set was unknown.
     */
    @Override
    public int decode(ByteBuf in, TemplateStore session, IpfixVisitor visitor) throws IpfixException {
        MessageHeader header = readHeader(in);
        int start = in.readerIndex();
        int end = start + header.length();
        in.readerIndex(end);
        session.begin();
        plan.begin();
        try {
            plan(in, start + MessageHeader.LENGTH, end, header.observationDomainId(), session);
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

    private static MessageHeader readHeader(ByteBuf in) throws IpfixException {
        int start = in.readerIndex();
        int available = in.readableBytes();
        in.readerIndex(in.writerIndex());
        if (available < MessageHeader.LENGTH) {
            throw new IpfixException("message header: " + available + " octets, expected " + MessageHeader.LENGTH);
        }
        int version = in.getUnsignedShort(start);
        if (version != MessageHeader.IPFIX_VERSION) {
            throw new IpfixException("message header: version " + version + ", expected 10"
                    + (version == 9 ? " (this is NetFlow v9)" : ""));
        }
        int length = in.getUnsignedShort(start + 2);
        if (length < MessageHeader.LENGTH) {
            throw new IpfixException("message header: length " + length + ", expected at least 16");
        }
        if (length > available) {
            throw new IpfixException(
                    "message header: length " + length + ", but only " + available + " octets are there");
        }
        in.readerIndex(start);
        return new MessageHeader(
                version,
                length,
                in.getUnsignedInt(start + 4),
                in.getUnsignedInt(start + 8),
                in.getUnsignedInt(start + 12));
    }

    private void plan(ByteBuf in, int from, int end, long domain, TemplateStore session) throws IpfixException {
        int at = from;
        while (at < end) {
            if (end - at < 4) {
                throw new IpfixException("set header: " + (end - at) + " octets left in the message, expected 4");
            }
            int setId = in.getUnsignedShort(at);
            int setLength = in.getUnsignedShort(at + 2);
            if (setLength < 4) {
                throw new IpfixException("set " + setId + ": length " + setLength + ", expected at least 4");
            }
            if (setLength > end - at) {
                throw new IpfixException("set " + setId + ": length " + setLength + ", but only " + (end - at)
                        + " octets are left in the message");
            }
            int setEnd = at + setLength;
            if (setId >= Template.MIN_ID) {
                plan.addData(in, setId, at + 4, setEnd, session.find(domain, setId));
            } else if (setId == TEMPLATE_SET || setId == OPTIONS_TEMPLATE_SET) {
                planTemplates(in, setId, at + 4, setEnd, domain, session);
            } else {
                throw new IpfixException("set id " + setId + " is reserved (allowed: 2, 3, 256-65535)");
            }
            at = setEnd;
        }
    }

    private void planTemplates(ByteBuf in, int setId, int from, int end, long domain, TemplateStore session)
            throws IpfixException {
        boolean options = setId == OPTIONS_TEMPLATE_SET;
        String kind = options ? "options template " : "template ";
        int at = from;
        while (end - at >= 4) {
            int id = in.getUnsignedShort(at);
            int fieldCount = in.getUnsignedShort(at + 2);
            if (id == 0 && fieldCount == 0) {
                // More padding than there may be, from some exporters.
                return;
            }
            at += 4;
            if (fieldCount == 0) {
                planWithdrawal(id, setId, domain, session);
                continue;
            }
            if (id < Template.MIN_ID) {
                throw new IpfixException(kind + id + ": the id is out of range (allowed: 256-65535)");
            }
            int scopeFieldCount = 0;
            if (options) {
                if (end - at < 2) {
                    throw new IpfixException(kind + id + ": the set ends before the scope field count");
                }
                scopeFieldCount = in.getUnsignedShort(at);
                at += 2;
                if (scopeFieldCount > fieldCount) {
                    throw new IpfixException(
                            kind + id + ": scope field count " + scopeFieldCount + ", expected 1-" + fieldCount);
                }
                // Some exporters name no scope, though they must; it is an options template all the same.
                scopeFieldCount = Math.max(1, scopeFieldCount);
            }
            if (fieldCount > (end - at) / 4) {
                throw new IpfixException(kind + id + ": field count " + fieldCount + ", but only " + (end - at)
                        + " octets are left in the set");
            }
            List<FieldSpecifier> fields = new ArrayList<>(fieldCount);
            for (int i = 0; i < fieldCount; i++) {
                int octets = end - at;
                boolean isEnterprise = octets >= 4 && (in.getUnsignedShort(at) & 0x8000) != 0;
                if (octets < (isEnterprise ? 8 : 4)) {
                    throw new IpfixException(
                            kind + id + ": the set ends within field " + (i + 1) + " of " + fieldCount);
                }
                int elementId = in.getUnsignedShort(at) & 0x7fff;
                int length = in.getUnsignedShort(at + 2);
                long enterpriseNumber = isEnterprise ? in.getUnsignedInt(at + 4) : 0;
                fields.add(FieldSpecifier.received(elements.find(enterpriseNumber, elementId), length));
                at += isEnterprise ? 8 : 4;
            }
            plan.addDefinition(id, scopeFieldCount, fields, domain, session);
        }
    }

    private void planWithdrawal(int id, int setId, long domain, TemplateStore session) throws IpfixException {
        boolean options = setId == OPTIONS_TEMPLATE_SET;
        if (id == setId) {
            List<Template> withdrawn = session.withdrawAll(domain, options);
            for (Template template : withdrawn) {
                plan.addWithdrawal(template, template.id());
            }
            if (withdrawn.isEmpty()) {
                plan.addWithdrawal(null, id);
            }
            return;
        }
        if (id < Template.MIN_ID) {
            throw new IpfixException((options ? "options template " : "template ") + id
                    + ": no such template can be withdrawn (allowed: " + setId + " for all, 256-65535)");
        }
        plan.addWithdrawal(session.withdraw(domain, id, options), id);
    }
}
