package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.ReverseElements;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.PortUsage;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;

/**
 * What the records of a template say about the use of bindings: records of ours with flowStartMilliseconds,
 * flowEndMilliseconds, and lw4o6PortsInUse or lw4o6ServiceClass.
 */
final class UsageTemplate {

    private final TemplateFields fields;
    private final int start;
    private final int end;
    private final int publicAddress;
    private final int portsInUse;
    private final int serviceClass;
    private final int octetsUp;
    private final int packetsUp;
    private final int octetsDown;
    private final int packetsDown;

    UsageTemplate(TemplateFields fields, Lw4o6Elements elements) {
        this.fields = fields;
        start = fields.firstOf(Iana.FLOW_START_MILLISECONDS);
        end = fields.firstOf(Iana.FLOW_END_MILLISECONDS);
        publicAddress = fields.firstOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS);
        portsInUse = fields.firstOf(elements.portsInUse());
        serviceClass = fields.firstOf(elements.serviceClass());
        octetsUp = fields.firstOf(Iana.OCTET_DELTA_COUNT);
        packetsUp = fields.firstOf(Iana.PACKET_DELTA_COUNT);
        octetsDown = fields.firstOf(ReverseElements.OCTET_DELTA_COUNT);
        packetsDown = fields.firstOf(ReverseElements.PACKET_DELTA_COUNT);
    }

    /** Whether records of the template are such ones. */
    boolean isUsage() {
        return start >= 0 && end >= 0 && (portsInUse >= 0 || serviceClass >= 0);
    }

    Reading read(DataRecord record) {
        long from = record.epochMillis(start);
        long to = record.epochMillis(end);
        if (from < 1 || to <= from) {
            throw new IllegalArgumentException(
                    "flowEndMilliseconds is " + to + ", expected more than flowStartMilliseconds, " + from);
        }
        if (publicAddress < 0 || record.ipv4(publicAddress) == 0) {
            throw new IllegalArgumentException("the record has no postNATSourceIPv4Address");
        }
        Holder holder = fields.holder(record);
        if (holder == null) {
            throw new IllegalArgumentException(
                    "the record has none of sourceIPv6Address, sourceIPv4Address and userName, which name the holder");
        }
        Ports ports = fields.hasPorts() ? fields.ports(record) : PortSet.WHOLE_ADDRESS;
        PortUsage.Builder usage = PortUsage.newBuilder()
                .setFromMillis(from)
                .setToMillis(to)
                .setIpv4(record.ipv4(publicAddress))
                .setPorts(ports.key())
                .setHolder(holder)
                .setPacketsUp(count(record, packetsUp))
                .setOctetsUp(count(record, octetsUp))
                .setPacketsDown(count(record, packetsDown))
                .setOctetsDown(count(record, octetsDown));
        if (portsInUse >= 0) {
            usage.setPortsInUse((int) record.unsigned(portsInUse));
        }
        String name = TemplateFields.text(record, serviceClass);
        if (name != null) {
            usage.setServiceClass(name);
        }
        return new Reading.Usage(usage.build());
    }

    private static long count(DataRecord record, int index) {
        return index < 0 ? 0 : record.unsigned(index);
    }
}
