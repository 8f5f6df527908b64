package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import java.io.Serial;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Decodes and checks the records of {@link Topic#NAT_EVENTS}; what fails is {@link Refused}. */
final class NatEventReader extends ProcessFunction<KafkaRecord, NatEvent> {

    @Serial
    private static final long serialVersionUID = 1L;

    private transient Counter refused = new SimpleCounter();

    @Override
    public void open(OpenContext context) {
        refused = getRuntimeContext().getMetricGroup().counter("refused");
    }

    @Override
    public void processElement(KafkaRecord kafkaRecord, Context context, Collector<NatEvent> out) {
        try {
            BindingEvent event = BindingEvent.parseFrom(kafkaRecord.value);
            BindingFact fact = BindingFact.from(event);
            NatEvent checked = new NatEvent();
            checked.ipv4 = fact.ipv4().bits();
            checked.offset = kafkaRecord.offset;
            checked.event = kafkaRecord.value;
            out.collect(checked);
        } catch (InvalidProtocolBufferException | InvalidRecordException e) {
            refused.inc();
            context.output(
                    Refused.TAG, Refused.unreadable(Topic.NAT_EVENTS, kafkaRecord, String.valueOf(e.getMessage())));
        }
    }
}
