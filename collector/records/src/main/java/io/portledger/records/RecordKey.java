package io.portledger.records;

import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import io.portledger.softwire.Ipv4Address;
import java.nio.charset.StandardCharsets;

/** The keys of the records in Kafka: what has the same key stays in order. */
public final class RecordKey {

    private RecordKey() {}

    /** The four octets of the public address. */
    public static byte[] of(BindingEvent event) {
        return new Ipv4Address(event.getIpv4()).toBytes();
    }

    /** The four octets of the public address. */
    public static byte[] of(BindingFact fact) {
        return fact.ipv4().toBytes();
    }

    /** The exporter's text in UTF-8. */
    public static byte[] of(ExporterGap gap) {
        return ofExporter(gap.getExporter());
    }

    /** The exporter's text in UTF-8. */
    public static byte[] of(NatCondition condition) {
        return ofExporter(condition.getEvidence().getExporter());
    }

    /** The four octets of the public address. */
    public static byte[] of(PortUsage usage) {
        return new Ipv4Address(usage.getIpv4()).toBytes();
    }

    /** The exporter's text in UTF-8. */
    public static byte[] of(Undecodable undecodable) {
        return ofExporter(undecodable.getSource().getExporter());
    }

    /** The collector's name in UTF-8. */
    public static byte[] of(CollectorMark mark) {
        return mark.getCollector().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ofExporter(String exporter) {
        return exporter.getBytes(StandardCharsets.UTF_8);
    }
}
