package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.ledger.Gap;
import io.portledger.records.Topic;
import io.portledger.records.v1.ExporterGap;
import java.io.Serial;
import java.time.Instant;
import org.apache.flink.util.Collector;

/**
 * Makes documents of the records of {@link Topic#EXPORTER_HEALTH}. One that is not as it should be is {@link Refused},
 * and a gap all the same: of whatever it does not tell, everything may be missing.
 */
final class GapReader extends MarkingReader<LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    GapReader() {
        super(Topic.EXPORTER_HEALTH);
    }

    @Override
    void read(KafkaRecord kafkaRecord, Context context, Collector<LedgerWrite> out) {
        long stored = Refused.stored(kafkaRecord);
        String fault;
        try {
            ExporterGap reported = ExporterGap.parseFrom(kafkaRecord.value);
            if (reported.hasMark()) {
                onMark(reported.getMark(), kafkaRecord, context);
                return;
            }
            fault = fault(reported);
            out.collect(LedgerWrite.write(gap(reported, stored)));
            if (fault.isEmpty()) {
                return;
            }
        } catch (InvalidProtocolBufferException e) {
            fault = String.valueOf(e.getMessage());
            out.collect(LedgerWrite.write(Refused.gapOfAll(stored)));
        }
        countRefused();
        context.output(Refused.TAG, Refused.unreadable(Topic.EXPORTER_HEALTH, kafkaRecord, fault));
    }

    /** What a report tells, and for what it does not tell the most that it may mean: a report is never passed over. */
    private static Gap gap(ExporterGap reported, long stored) {
        boolean isCauseKnown = reported.getCause() != ExporterGap.Cause.CAUSE_UNSPECIFIED
                && reported.getCause() != ExporterGap.Cause.UNRECOGNIZED;
        boolean isStretch = isStretch(reported);
        return new Gap(
                Refused.exporter(reported.getExporter()),
                Integer.toUnsignedLong(reported.getObservationDomain()),
                isCauseKnown ? reported.getCause().name() : "UNKNOWN",
                isStretch ? Instant.ofEpochMilli(reported.getFromMillis()) : Instant.EPOCH,
                Instant.ofEpochMilli(isStretch ? reported.getToMillis() : stored),
                reported.getLostRecords());
    }

    private static String fault(ExporterGap gap) {
        if (Refused.exporter(gap.getExporter()).equals(Gap.ANY_EXPORTER)) {
            return "exporter has " + gap.getExporter().length() + " characters (allowed: 1-"
                    + Refused.MAX_EXPORTER_LENGTH + ")";
        }
        if (!isStretch(gap)) {
            return "from_millis " + gap.getFromMillis() + " and to_millis " + gap.getToMillis()
                    + " are no stretch of time (allowed: 0-" + Gap.LAST_MILLIS + ", from first)";
        }
        return "";
    }

    private static boolean isStretch(ExporterGap gap) {
        return gap.getFromMillis() >= 0
                && gap.getFromMillis() <= gap.getToMillis()
                && gap.getToMillis() <= Gap.LAST_MILLIS;
    }
}
