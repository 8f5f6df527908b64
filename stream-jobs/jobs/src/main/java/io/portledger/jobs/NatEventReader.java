package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.jobs.usage.ActivityCounter;
import io.portledger.jobs.usage.ActivityPart;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and checks the records of {@link Topic#NAT_EVENTS}; what fails is {@link Refused}, and a gap in the output of
 * {@link #GAPS}: somebody's record exists and was not used.
 */
final class NatEventReader extends MarkingReader<NatEvent> {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Side output of what was counted of exporters and networks. */
    static final OutputTag<ActivityPart> ACTIVITY = new OutputTag<>("activity", Types.POJO(ActivityPart.class));

    private transient @Nullable ActivityCounter activity;
    private transient @Nullable ListState<ActivityPart> untold;
    private transient @Nullable List<ActivityPart> restored;

    NatEventReader() {
        super(Topic.NAT_EVENTS);
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        super.initializeState(context);
        activity = new ActivityCounter();
        ListState<ActivityPart> saved = context.getOperatorStateStore()
                .getListState(new ListStateDescriptor<>("activity", Types.POJO(ActivityPart.class)));
        List<ActivityPart> parts = new ArrayList<>();
        saved.get().forEach(parts::add);
        restored = parts;
        untold = saved;
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        super.snapshotState(context);
        List<ActivityPart> parts = new ArrayList<>(Objects.requireNonNull(restored));
        parts.addAll(Objects.requireNonNull(activity).parts());
        Objects.requireNonNull(untold).update(parts);
    }

    /** Marks come every few seconds, so nothing waits for long. */
    private void tellActivity(Context context) {
        List<ActivityPart> parts = Objects.requireNonNull(restored);
        parts.forEach(part -> context.output(ACTIVITY, part));
        parts.clear();
        Objects.requireNonNull(activity).tellIfTime(System.nanoTime(), part -> context.output(ACTIVITY, part));
    }

    @Override
    void read(KafkaRecord kafkaRecord, Context context, Collector<NatEvent> out) {
        BindingEvent event = null;
        tellActivity(context);
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
            Evidence evidence = event.getEvidence();
            Objects.requireNonNull(activity)
                    .count(
                            Refused.exporter(evidence.getExporter()),
                            checked.ipv4,
                            fact.eventTimeMillis(),
                            fact.kind() == BindingEvent.Kind.ALLOCATED,
                            evidence.getReceivedMillis() - fact.eventTimeMillis());
        } catch (InvalidProtocolBufferException | InvalidRecordException e) {
            countRefused();
            context.output(
                    Refused.TAG, Refused.unreadable(Topic.NAT_EVENTS, kafkaRecord, String.valueOf(e.getMessage())));
            context.output(GAPS, LedgerWrite.write(Refused.gap(event, kafkaRecord)));
        }
    }
}
