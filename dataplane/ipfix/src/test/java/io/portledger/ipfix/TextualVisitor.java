package io.portledger.ipfix;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;

/** Writes down what it is shown, one line for each call, fields as {@code name=value}. */
final class TextualVisitor implements IpfixVisitor {

    final List<String> lines = new ArrayList<>();

    @Override
    public void onMessage(MessageHeader header) {
        lines.add("message " + header.exportTimeSeconds() + " #" + header.sequenceNumber() + " domain "
                + header.observationDomainId());
    }

    @Override
    public void onTemplate(TemplateChange change, Template template) {
        lines.add(change + " " + template.id());
    }

    @Override
    public void onIgnoredWithdrawal(int templateId) {
        lines.add("ignored withdrawal " + templateId);
    }

    @Override
    public void onRecord(DataRecord record) {
        StringBuilder line = new StringBuilder()
                .append('#')
                .append(record.sequenceNumber())
                .append(' ')
                .append(record.template().id());
        for (int i = 0; i < record.fieldCount(); i++) {
            InformationElement element = record.template().fields().get(i).element();
            line.append(' ').append(element.name()).append('=').append(value(record, i, element.type()));
        }
        lines.add(line.toString());
    }

    @Override
    public void onUnknownSet(int setId, ByteBuf octets) {
        lines.add("unknown set " + setId + " " + ByteBufUtil.hexDump(octets));
    }

    static String value(DataRecord record, int index, DataType type) {
        return switch (type) {
            case STRING -> String.valueOf(record.string(index));
            case IPV4_ADDRESS -> Integer.toHexString(record.ipv4(index));
            case IPV6_ADDRESS ->
                Long.toHexString(record.ipv6High(index)) + ":" + Long.toHexString(record.ipv6Low(index));
            case OCTET_ARRAY, MAC_ADDRESS -> ByteBufUtil.hexDump(record.octets(index));
            case FLOAT_32, FLOAT_64 -> Double.toString(record.floating(index));
            case BOOLEAN -> Boolean.toString(record.isTrue(index));
            case SIGNED_8, SIGNED_16, SIGNED_32, SIGNED_64 -> Long.toString(record.signed(index));
            case UNSIGNED_8, UNSIGNED_16, UNSIGNED_32, UNSIGNED_64 -> Long.toUnsignedString(record.unsigned(index));
            case DATE_TIME_SECONDS, DATE_TIME_MILLISECONDS, DATE_TIME_MICROSECONDS, DATE_TIME_NANOSECONDS ->
                Long.toString(record.epochMillis(index));
        };
    }

    /** What a decoder shows of one message. */
    static List<String> read(MessageDecoder decoder, TemplateStore session, String hex) throws IpfixException {
        TextualVisitor visitor = new TextualVisitor();
        ByteBuf message = Unpooled.wrappedBuffer(NatLoggingVectors.octets(hex));
        decoder.decode(message, session, visitor);
        return visitor.lines;
    }
}
