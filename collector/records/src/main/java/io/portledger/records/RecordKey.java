package io.portledger.records;

import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import io.portledger.softwire.Ipv4Address;
import java.nio.charset.StandardCharsets;

/** The keys of the records in Kafka, or where there is none their partition: what has the same stays in order. */
public final class RecordKey {

    private RecordKey() {}

    /**
     * The partition of {@link Topic#NAT_EVENTS} in which the events of a public address are, whoever writes them. It
     * never changes but with the number of partitions.
     *
     * @param ipv4 the address, most significant bit first
     * @param partitions how many there are, 1 or more
     */
    public static int partition(int ipv4, int partitions) {
        // Neighbours are spread evenly (multiplication by the golden ratio), and the upper half is scaled.
        long spread = (ipv4 * 0x9e37_79b9_7f4a_7c15L) >>> 32;
        return (int) ((spread * partitions) >>> 32);
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
