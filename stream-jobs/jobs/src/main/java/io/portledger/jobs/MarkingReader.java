package io.portledger.jobs;

import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.io.Serial;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic in which marks of collectors lie among the records. Marks go to {@link #MARKS} when everything before
 * them is in the ledger; see {@link PassedMarks}. What Kafka deleted before it was read is a gap in {@link #GAPS}; see
 * {@link PartitionPlace}.
 */
abstract class MarkingReader<T> extends ProcessFunction<KafkaRecord, T>
        implements CheckpointedFunction, CheckpointListener {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Side output of the marks that are reached. */
    static final OutputTag<LedgerWrite> MARKS = new OutputTag<>("marks", Types.POJO(LedgerWrite.class));

    /** Side output of the gaps of records that could not be used, or were not there to be read. */
    static final OutputTag<LedgerWrite> GAPS = new OutputTag<>("gaps", Types.POJO(LedgerWrite.class));

    private static final Logger LOG = LoggerFactory.getLogger(MarkingReader.class);

    private final Topic topic;

    private transient @Nullable Counter refused;
    private transient @Nullable PassedMarks marks;
    private transient @Nullable ListState<PartitionPlace> savedPlaces;
    /** Of the partitions that this instance reads, and, until it meets them, of all others. */
    private transient @Nullable Map<Integer, PartitionPlace> places;

    MarkingReader(Topic topic) {
        this.topic = topic;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        marks = new PassedMarks(topic);
        // Which partitions an instance reads is not known before it does: each gets all, and the furthest is the true
        // one.
        ListState<PartitionPlace> saved = context.getOperatorStateStore()
                .getUnionListState(new ListStateDescriptor<>("places", Types.POJO(PartitionPlace.class)));
        Map<Integer, PartitionPlace> furthest = new HashMap<>();
        for (PartitionPlace place : saved.get()) {
            furthest.merge(place.partition, place, (one, other) -> one.next >= other.next ? one : other);
        }
        savedPlaces = saved;
        places = furthest;
    }

    @Override
    public void open(OpenContext context) {
        refused = getRuntimeContext().getMetricGroup().counter("refused");
    }

    @Override
    public final void processElement(KafkaRecord kafkaRecord, Context context, Collector<T> out) {
        place(kafkaRecord).onRecord(kafkaRecord);
        read(kafkaRecord, context, out);
    }

    /** Reads a record, which may be a mark: {@link #onMark} is to be told then. */
    abstract void read(KafkaRecord kafkaRecord, Context context, Collector<T> out);

    private PartitionPlace place(KafkaRecord kafkaRecord) {
        return Objects.requireNonNull(places).computeIfAbsent(kafkaRecord.partition, PartitionPlace::first);
    }

    void countRefused() {
        Objects.requireNonNull(refused).inc();
    }

    void onMark(CollectorMark mark, KafkaRecord kafkaRecord, Context context) {
        place(kafkaRecord).onMark(mark).ifPresent(missed -> {
            LOG.warn(
                    "Records of {}, partition {}, were deleted before they were read: from {} to {} is a gap of all exporters",
                    topic.topicName(),
                    kafkaRecord.partition,
                    missed.from(),
                    missed.to());
            context.output(GAPS, LedgerWrite.write(missed));
        });
        PassedMarks passed = Objects.requireNonNull(marks);
        passed.onMark(mark, kafkaRecord);
        passed.ready(System.nanoTime()).forEach(ready -> context.output(MARKS, ready));
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        Objects.requireNonNull(marks).onCheckpoint(context.getCheckpointId());
        Objects.requireNonNull(savedPlaces)
                .update(List.copyOf(Objects.requireNonNull(places).values()));
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        Objects.requireNonNull(marks).onComplete(checkpointId, System.nanoTime());
    }
}
