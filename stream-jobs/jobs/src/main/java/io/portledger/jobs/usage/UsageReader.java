package io.portledger.jobs.usage;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.jobs.KafkaRecord;
import io.portledger.jobs.Refused;
import io.portledger.ledger.Usage.Span;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.PortUsage;
import java.io.Serial;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;

/** Decodes and checks the records of {@link Topic#PORT_USAGE}; what fails is {@link Refused}. */
public final class UsageReader extends ProcessFunction<KafkaRecord, UsageReport> {

    @Serial
    private static final long serialVersionUID = 1L;

    @Override
    public void processElement(KafkaRecord kafkaRecord, Context context, Collector<UsageReport> out) {
        try {
            PortUsage usage = PortUsage.parseFrom(kafkaRecord.value);
            binding(usage);
            if (usage.getToMillis() <= usage.getFromMillis()
                    || usage.getToMillis() - usage.getFromMillis() > Span.DAY.millis()) {
                throw new InvalidRecordException("from_millis " + usage.getFromMillis() + " and to_millis "
                        + usage.getToMillis() + " are no stretch of time (allowed: at most a day, from first)");
            }
            UsageReport report = new UsageReport();
            report.ipv4 = usage.getIpv4();
            report.usage = kafkaRecord.value;
            out.collect(report);
        } catch (InvalidProtocolBufferException | InvalidRecordException e) {
            context.output(
                    Refused.TAG, Refused.unreadable(Topic.PORT_USAGE, kafkaRecord, String.valueOf(e.getMessage())));
        }
    }

    /**
     * The binding that a report is about, as the fact that it began when the report does.
     *
     * @throws InvalidRecordException if the report does not say what its contract demands
     */
    static BindingFact binding(PortUsage usage) {
        BindingFact binding = BindingFact.from(BindingEvent.newBuilder()
                .setKind(BindingEvent.Kind.ALLOCATED)
                .setEventTimeMillis(usage.getFromMillis())
                .setIpv4(usage.getIpv4())
                .setPorts(usage.getPorts())
                .setHolder(usage.getHolder())
                .build());
        binding.requirePlausible(usage.getEvidence().getReceivedMillis());
        return binding;
    }
}
