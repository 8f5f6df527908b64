package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingEventReader;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import java.util.OptionalLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A record that Kafka will never take: what it would have told becomes a gap, of each event in it. */
final class RefusedRecord {

    private static final Logger LOG = LoggerFactory.getLogger(RefusedRecord.class);

    private RefusedRecord() {}

    /** Puts the gap on the board: of the record's exporter, or the gap that the record itself was. */
    static void report(ProducerRecord<byte[], byte[]> record, GapBoard gapBoard) {
        byte[] value = record.value();
        try {
            switch (topic(record)) {
                case NAT_EVENTS -> {
                    for (BindingEvent event : BindingEventReader.read(BindingEvents.parseFrom(value))) {
                        report(event.getEvidence(), OptionalLong.of(event.getEventTimeMillis()), record, gapBoard);
                    }
                }
                case NAT_CONDITIONS ->
                    report(NatCondition.parseFrom(value).getEvidence(), OptionalLong.empty(), record, gapBoard);
                case PORT_USAGE ->
                    report(PortUsage.parseFrom(value).getEvidence(), OptionalLong.empty(), record, gapBoard);
                case UNDECODABLE ->
                    report(Undecodable.parseFrom(value).getSource(), OptionalLong.empty(), record, gapBoard);
                case EXPORTER_HEALTH -> {
                    ExporterGap gap = ExporterGap.parseFrom(value);
                    gapBoard.report(
                            gap.getExporter(),
                            gap.getObservationDomain(),
                            gap.getCause(),
                            gap.getFromMillis(),
                            gap.getToMillis(),
                            gap.getLostRecords());
                }
                case COLLECTOR_MARKS -> {
                    // A mark that is lost is made up for by the next.
                }
            }
        } catch (InvalidProtocolBufferException e) {
            LOG.error("A record of topic {} that Kafka refused cannot be read: {}", record.topic(), e.toString());
            gapBoard.report(
                    GapBoard.ANY_EXPORTER,
                    0,
                    ExporterGap.Cause.NOT_COLLECTED,
                    record.timestamp(),
                    record.timestamp(),
                    1);
        }
    }

    private static Topic topic(ProducerRecord<byte[], byte[]> record) {
        for (Topic topic : Topic.values()) {
            if (topic.topicName().equals(record.topic())) {
                return topic;
            }
        }
        throw new IllegalStateException("topic " + record.topic() + " is none of the collector's");
    }

    private static void report(
            Evidence evidence, OptionalLong eventTimeMillis, ProducerRecord<byte[], byte[]> record, GapBoard gapBoard) {
        long at = record.timestamp();
        gapBoard.reportLost(
                evidence.getExporter(),
                evidence.getObservationDomain(),
                ExporterGap.Cause.NOT_COLLECTED,
                eventTimeMillis,
                at,
                at,
                at,
                1);
    }
}
