package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder's first pass found in a message, in the order of the message: it is shown only once all of it is known to
 * be well-formed, so that nothing of a malformed message counts (RFC 7011 §9.1). Nothing is allocated for a data record.
 */
final class MessagePlan {

    /** What a step shows. */
    private enum Step {
        DATA,
        UNKNOWN_SET,
        DEFINED,
        REFRESHED,
        REPLACED,
        WITHDRAWN,
        IGNORED_WITHDRAWAL
    }

    private final DataRecord record = new DataRecord();
    private int length;
    private Step[] steps = new Step[16];
    private @Nullable Template[] templates = new Template[16];
    private int[] ids = new int[16];
    private int[] starts = new int[16];
    private int[] ends = new int[16];

    /** Forgets the last message. */
    void begin() {
        length = 0;
    }

    /** A data set; {@code template} is null if it is not known. */
    void addData(ByteBuf in, int setId, int from, int end, @Nullable Template template) throws IpfixException {
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
            int fieldLength = fields.get(i).length();
            int prefix = 0;
            if (fieldLength == FieldSpecifier.VARIABLE_LENGTH && at < end) {
                prefix = 1;
                fieldLength = in.getUnsignedByte(at);
                if (fieldLength == 255 && end - at >= 3) {
                    prefix = 3;
                    fieldLength = in.getUnsignedShort(at + 1);
                }
            }
            if (prefix + fieldLength > end - at) {
                throw new IpfixException("set " + template.id() + ": "
                        + fields.get(i).element().name() + " has length " + fieldLength + ", but only "
                        + Math.max(0, end - at - prefix) + " octets are left in the set");
            }
            at += prefix + fieldLength;
        }
        return at;
    }

    /** A template, which the session takes if it can. */
    void addDefinition(int id, int scopeFieldCount, List<FieldSpecifier> fields, long domain, TemplateStore session)
            throws IpfixException {
        Template template;
        try {
            template = scopeFieldCount > 0 ? Template.ofOptions(id, scopeFieldCount, fields) : Template.of(id, fields);
        } catch (IllegalArgumentException e) {
            throw new IpfixException(String.valueOf(e.getMessage()));
        }
        Step step = switch (session.define(domain, template)) {
            case DEFINED -> Step.DEFINED;
            case REFRESHED -> Step.REFRESHED;
            case REPLACED -> Step.REPLACED;
            case WITHDRAWN -> Step.WITHDRAWN;
        };
        add(step, session.find(domain, id), id, 0, 0);
    }

    /** The withdrawal of a template; null if it has no effect. */
    void addWithdrawal(@Nullable Template withdrawn, int id) {
        add(withdrawn == null ? Step.IGNORED_WITHDRAWAL : Step.WITHDRAWN, withdrawn, id, 0, 0);
    }

    private void add(Step step, @Nullable Template template, int id, int start, int end) {
        if (length == steps.length) {
            int capacity = 2 * length;
            steps = Arrays.copyOf(steps, capacity);
            templates = Arrays.copyOf(templates, capacity);
            ids = Arrays.copyOf(ids, capacity);
            starts = Arrays.copyOf(starts, capacity);
            ends = Arrays.copyOf(ends, capacity);
        }
        steps[length] = step;
        templates[length] = template;
        ids[length] = id;
        starts[length] = start;
        ends[length] = end;
        length++;
    }

    /** Shows what was found, and returns how many data records there were. */
    int show(ByteBuf in, MessageHeader header, IpfixVisitor visitor) {
        visitor.onMessage(header);
        record.beginMessage(in, header);
        try {
            return showSteps(in, visitor);
        } finally {
            record.endMessage();
        }
    }

    /** Shows one data set that all of {@code octets} is, and nothing else; see {@link MessageDecoder#decodeSet}. */
    int showSet(MessageHeader header, int setId, ByteBuf octets, TemplateStore session, IpfixVisitor visitor)
            throws IpfixException {
        begin();
        addData(
                octets,
                setId,
                octets.readerIndex(),
                octets.writerIndex(),
                session.find(header.observationDomainId(), setId));
        return show(octets, header, visitor);
    }

    private int showSteps(ByteBuf in, IpfixVisitor visitor) {
        int records = 0;
        for (int i = 0; i < length; i++) {
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
