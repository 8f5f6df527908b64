package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.ledger.Gap;
import io.portledger.records.Topic;
import io.portledger.records.v1.ExporterGap;
import java.io.Serial;
import java.time.Instant;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Makes documents of the records of {@link Topic#EXPORTER_HEALTH}; what cannot be used is {@link Refused}. */
final class GapReader extends ProcessFunction<KafkaRecord, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    private static final long END_OF_YEAR_9999 = 253_402_300_799_999L;

    private transient Counter refused = new SimpleCounter();

    @Override
    public void open(OpenContext context) {
        refused = getRuntimeContext().getMetricGroup().counter("refused");
    }

    @Override
    public void processElement(KafkaRecord kafkaRecord, Context context, Collector<LedgerWrite> out) {
        String fault;
        try {
            ExporterGap gap = ExporterGap.parseFrom(kafkaRecord.value);
            fault = fault(gap);
            if (fault.isEmpty()) {
                out.collect(LedgerWrite.write(new Gap(
                        gap.getExporter(),
                        Integer.toUnsignedLong(gap.getObservationDomain()),
                        gap.getCause().name(),
                        Instant.ofEpochMilli(gap.getFromMillis()),
                        Instant.ofEpochMilli(gap.getToMillis()),
                        gap.getLostRecords())));
                return;
            }
        } catch (InvalidProtocolBufferException e) {
            fault = String.valueOf(e.getMessage());
        }
        refused.inc();
        context.output(Refused.TAG, Refused.unreadable(Topic.EXPORTER_HEALTH, kafkaRecord, fault));
    }

    private static String fault(ExporterGap gap) {
        if (gap.getExporter().isEmpty() || gap.getExporter().length() > 255) {
            return "exporter has " + gap.getExporter().length() + " characters (allowed: 1-255)";
        }
        if (gap.getCause() == ExporterGap.Cause.CAUSE_UNSPECIFIED || gap.getCause() == ExporterGap.Cause.UNRECOGNIZED) {
            return "cause " + gap.getCauseValue() + " is not known";
        }
        if (gap.getFromMillis() < 0
                || gap.getFromMillis() > gap.getToMillis()
                || gap.getToMillis() > END_OF_YEAR_9999) {
            return "from_millis " + gap.getFromMillis() + " and to_millis " + gap.getToMillis()
                    + " are no stretch of time (allowed: 0-" + END_OF_YEAR_9999 + ", from first)";
        }
        return "";
    }
}
