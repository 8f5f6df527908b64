package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads IPFIX messages (RFC 7011) and shows what they hold to an {@link IpfixVisitor}. Nothing is allocated for a data
 * record; a message is read in time proportional to its length. For one thread; one decoder may serve any number of
 * sessions.
 *
 * <p>A message is first checked as a whole and then shown, so that nothing of a malformed one counts, neither records
 * nor templates (RFC 7011 §9.1).
 */
public final class IpfixDecoder {

    private static final int TEMPLATE_SET = 2;
    private static final int OPTIONS_TEMPLATE_SET = 3;

    /** What a step of the plan shows. */
    private enum Step {
        DATA,
        UNKNOWN_SET,
        DEFINED,
        REFRESHED,
        REPLACED,
        WITHDRAWN,
        IGNORED_WITHDRAWAL
    }

    private final ElementRegistry elements;
    private final DataRecord record = new DataRecord();

    // The plan: what the first pass found, in the order of the message.
    private int planLength;
    private Step[] steps = new Step[16];
    private @Nullable Template[] templates = new Template[16];
    private int[] ids = new int[16];
    private int[] starts = new int[16];
    private int[] ends = new int[16];

    /** A decoder that knows {@code elements} by name and type. */
    public IpfixDecoder(ElementRegistry elements) {
        this.elements = elements;
    }

    /**
     * Reads one message from {@code in}, which must hold all of it, and moves the reader index behind it, or, if where it
     * ends cannot be told, to the end of {@code in}: a loop over a buffer with several messages ends in any case.
     *
     * @param session the templates of the transport session that the message came by
     * @return how many data records were shown; the sequence number of the next message of the observation domain is
     *     this message's plus this, if no set was unknown
     * @throws IpfixException if the message is malformed, after which the session is as before
     */
    public int decode(ByteBuf in, TemplateStore session, IpfixVisitor visitor) throws IpfixException {
        MessageHeader header = readHeader(in);
        int start = in.readerIndex();
        int end = start + header.length();
        in.readerIndex(end);
        session.begin();
        planLength = 0;
        try {
            plan(in, start + MessageHeader.LENGTH, end, header.observationDomainId(), session);
        } catch (IpfixException e) {
            session.rollback();
            throw e;
        }
        visitor.onMessage(header);
        record.beginMessage(in, header);
        try {
            return show(in, visitor);
        } finally {
            record.endMessage();
        }
    }

    /**
     * Reads a data set that was kept until its template came, as if it were the only one of its message.
     *
     * @param header of the message that it came with, with the sequence number of the set's first record
     * @param octets the set without its header, as {@link IpfixVisitor#onUnknownSet} showed it
     * @return how many data records were shown
     * @throws IpfixException if the octets do not fit the template
     */
    public int decodeSet(MessageHeader header, int setId, ByteBuf octets, TemplateStore session, IpfixVisitor visitor)
            throws IpfixException {
        planLength = 0;
        planData(
                octets,
                setId,
                octets.readerIndex(),
                octets.writerIndex(),
                session.find(header.observationDomainId(), setId));
        visitor.onMessage(header);
        record.beginMessage(octets, header);
        try {
            return show(octets, visitor);
        } finally {
            record.endMessage();
        }
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
                planData(in, setId, at + 4, setEnd, session.find(domain, setId));
            } else if (setId == TEMPLATE_SET || setId == OPTIONS_TEMPLATE_SET) {
                planTemplates(in, setId, at + 4, setEnd, domain, session);
            } else {
                throw new IpfixException("set id " + setId + " is reserved (allowed: 2, 3, 256-65535)");
            }
            at = setEnd;
        }
    }

    private void planData(ByteBuf in, int setId, int from, int end, @Nullable Template template) throws IpfixException {
        if (template == null) {
            add(Step.UNKNOWN_SET, null, setId, from, end);
            return;
        }
        int dataEnd;
        if (template.isFixedLength()) {
            int recordLength = template.minRecordLength();
            dataEnd = from + (end - from) / recordLength * recordLength;
        } else {
            dataEnd = from;
            while (end - dataEnd >= template.minRecordLength()) {
                dataEnd = skipRecord(in, dataEnd, end, template);
            }
        }
        add(Step.DATA, template, setId, from, dataEnd);
    }

    private static int skipRecord(ByteBuf in, int from, int end, Template template) throws IpfixException {
        int at = from;
        List<FieldSpecifier> fields = template.fields();
        for (int i = 0; i < fields.size(); i++) {
            int length = fields.get(i).length();
            int prefix = 0;
            if (length == FieldSpecifier.VARIABLE_LENGTH && at < end) {
                prefix = 1;
                length = in.getUnsignedByte(at);
                if (length == 255 && end - at >= 3) {
                    prefix = 3;
                    length = in.getUnsignedShort(at + 1);
                }
            }
            if (prefix + length > end - at) {
                throw new IpfixException("set " + template.id() + ": "
                        + fields.get(i).element().name() + " has length " + length + ", but only "
                        + Math.max(0, end - at - prefix) + " octets are left in the set");
            }
            at += prefix + length;
        }
        return at;
    }

    private void planTemplates(ByteBuf in, int setId, int from, int end, long domain, TemplateStore session)
            throws IpfixException {
        boolean options = setId == OPTIONS_TEMPLATE_SET;
        String kind = options ? "options template " : "template ";
        int at = from;
        while (end - at >= 4) {
            int id = in.getUnsignedShort(at);
            int fieldCount = in.getUnsignedShort(at + 2);
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
                if (scopeFieldCount == 0 || scopeFieldCount > fieldCount) {
                    throw new IpfixException(
                            kind + id + ": scope field count " + scopeFieldCount + ", expected 1-" + fieldCount);
                }
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
                InformationElement element = elements.find(enterpriseNumber, elementId);
                if (!element.type().allowsLength(length)) {
                    throw new IpfixException(kind + id + ": " + FieldSpecifier.fault(element, length));
                }
                fields.add(new FieldSpecifier(element, length));
                at += isEnterprise ? 8 : 4;
            }
            Template template = options ? Template.ofOptions(id, scopeFieldCount, fields) : Template.of(id, fields);
            planDefinition(template, domain, session);
        }
    }

    private void planDefinition(Template template, long domain, TemplateStore session) throws IpfixException {
        Step step = switch (session.define(domain, template)) {
            case DEFINED -> Step.DEFINED;
            case REFRESHED -> Step.REFRESHED;
            case REPLACED -> Step.REPLACED;
            case WITHDRAWN -> Step.WITHDRAWN;
        };
        add(step, session.find(domain, template.id()), template.id(), 0, 0);
    }

    private void planWithdrawal(int id, int setId, long domain, TemplateStore session) throws IpfixException {
        boolean options = setId == OPTIONS_TEMPLATE_SET;
        if (id == setId) {
            List<Template> withdrawn = session.withdrawAll(domain, options);
            for (Template template : withdrawn) {
                add(Step.WITHDRAWN, template, template.id(), 0, 0);
            }
            if (withdrawn.isEmpty()) {
                add(Step.IGNORED_WITHDRAWAL, null, id, 0, 0);
            }
            return;
        }
        if (id < Template.MIN_ID) {
            throw new IpfixException((options ? "options template " : "template ") + id
                    + ": no such template can be withdrawn (allowed: " + setId + " for all, 256-65535)");
        }
        Template withdrawn = session.withdraw(domain, id, options);
        add(withdrawn == null ? Step.IGNORED_WITHDRAWAL : Step.WITHDRAWN, withdrawn, id, 0, 0);
    }

    private void add(Step step, @Nullable Template template, int id, int start, int end) {
        if (planLength == steps.length) {
            int capacity = 2 * planLength;
            steps = Arrays.copyOf(steps, capacity);
            templates = Arrays.copyOf(templates, capacity);
            ids = Arrays.copyOf(ids, capacity);
            starts = Arrays.copyOf(starts, capacity);
            ends = Arrays.copyOf(ends, capacity);
        }
        steps[planLength] = step;
        templates[planLength] = template;
        ids[planLength] = id;
        starts[planLength] = start;
        ends[planLength] = end;
        planLength++;
    }

    private int show(ByteBuf in, IpfixVisitor visitor) {
        int records = 0;
        for (int i = 0; i < planLength; i++) {
            Template template = templates[i];
            if (template == null) {
                if (steps[i] == Step.UNKNOWN_SET) {
                    visitor.onUnknownSet(ids[i], in.slice(starts[i], ends[i] - starts[i]));
                } else {
                    visitor.onIgnoredWithdrawal(ids[i]);
                }
            } else if (steps[i] == Step.DATA) {
                record.beginSet(template);
                int at = starts[i];
                while (at < ends[i]) {
                    at = record.moveTo(at);
                    visitor.onRecord(record);
                    records++;
                }
            } else {
                visitor.onTemplate(IpfixVisitor.TemplateChange.valueOf(steps[i].name()), template);
            }
        }
        return records;
    }
}
