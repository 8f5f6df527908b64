package io.portledger.jobs;

import io.portledger.records.Topic;
import io.portledger.records.v1.CollectorMark;
import java.io.Serial;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Reads a topic in which marks of collectors lie among the records. Marks go to {@link #MARKS} when everything before
 * them is in the ledger; see {@link PassedMarks}.
 */
abstract class MarkingReader<T> extends ProcessFunction<KafkaRecord, T>
        implements CheckpointedFunction, CheckpointListener {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Side output of the marks that are reached. */
    static final OutputTag<LedgerWrite> MARKS = new OutputTag<>("marks", Types.POJO(LedgerWrite.class));

    private final Topic topic;

    private transient @Nullable Counter refused;
    private transient @Nullable PassedMarks marks;

    MarkingReader(Topic topic) {
        this.topic = topic;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        marks = new PassedMarks(topic);
    }

    @Override
    public void open(OpenContext context) {
        refused = getRuntimeContext().getMetricGroup().counter("refused");
    }

    void countRefused() {
        Objects.requireNonNull(refused).inc();
    }

    void onMark(CollectorMark mark, KafkaRecord kafkaRecord, Context context) {
        PassedMarks passed = Objects.requireNonNull(marks);
        passed.onMark(mark, kafkaRecord);
        passed.ready(System.nanoTime()).forEach(ready -> context.output(MARKS, ready));
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        Objects.requireNonNull(marks).onCheckpoint(context.getCheckpointId());
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
        Objects.requireNonNull(marks).onComplete(checkpointId, System.nanoTime());
    }
}
