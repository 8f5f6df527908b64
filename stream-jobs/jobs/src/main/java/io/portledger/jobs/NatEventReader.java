package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import java.io.Serial;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Decodes and checks the records of {@link Topic#NAT_EVENTS}; what fails is {@link Refused}, and a gap in the output of
 * {@link #GAPS}: somebody's record exists and was not used.
 */
final class NatEventReader extends MarkingReader<NatEvent> {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Side output of the gaps of refused records. */
    static final OutputTag<LedgerWrite> GAPS = new OutputTag<>("gaps", Types.POJO(LedgerWrite.class));

    NatEventReader() {
        super(Topic.NAT_EVENTS);
    }

    @Override
    public void processElement(KafkaRecord kafkaRecord, Context context, Collector<NatEvent> out) {
        BindingEvent event = null;
        try {
            event = BindingEvent.parseFrom(kafkaRecord.value);
            if (event.hasMark()) {
                onMark(event.getMark(), kafkaRecord, context);
                return;
            }
            BindingFact fact = BindingFact.from(event);
            fact.requirePlausible(event.getEvidence().getReceivedMillis());
            NatEvent checked = new NatEvent();
            checked.ipv4 = fact.ipv4().bits();
            checked.offset = kafkaRecord.offset;
            checked.event = kafkaRecord.value;
            out.collect(checked);
        } catch (InvalidProtocolBufferException | InvalidRecordException e) {
            countRefused();
            context.output(
                    Refused.TAG, Refused.unreadable(Topic.NAT_EVENTS, kafkaRecord, String.valueOf(e.getMessage())));
            context.output(GAPS, LedgerWrite.write(Refused.gap(event, kafkaRecord)));
        }
    }
}
