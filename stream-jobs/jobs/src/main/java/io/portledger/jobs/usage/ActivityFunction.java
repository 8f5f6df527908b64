package io.portledger.jobs.usage;

import io.portledger.jobs.LedgerWrite;
import io.portledger.jobs.v1.ActivityCounts;
import io.portledger.ledger.Usage.Activity;
import io.portledger.ledger.Usage.Span;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Sums up what readers counted of one exporter or network in one hour. State leaves when nothing came for two days. */
public final class ActivityFunction extends KeyedProcessFunction<String, ActivityPart, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    private final long intervalMillis;

    private transient @Nullable ValueState<byte[]> sum;
    private transient @Nullable ValueState<Long> touched;

    /** @param interval how often documents are written */
    public ActivityFunction(Duration interval) {
        intervalMillis = interval.toMillis();
    }

    @Override
    public void open(OpenContext context) {
        sum = getRuntimeContext()
                .getState(new ValueStateDescriptor<>("sum", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        touched = getRuntimeContext().getState(new ValueStateDescriptor<>("touched", Types.LONG));
    }

    @Override
    public void processElement(ActivityPart part, Context context, Collector<LedgerWrite> out) throws Exception {
        ActivityCounts.Builder whole = read(Objects.requireNonNull(sum));
        ActivityCounts more = ActivityCounts.parseFrom(part.counts);
        whole.setAllocated(whole.getAllocated() + more.getAllocated())
                .setReleased(whole.getReleased() + more.getReleased())
                .setIsChanged(true);
        more.getDelaysMap()
                .forEach((bucket, count) -> whole.putDelays(bucket, whole.getDelaysOrDefault(bucket, 0) + count));
        sum.update(whole.build().toByteArray());
        long now = context.timerService().currentProcessingTime();
        Objects.requireNonNull(touched).update(now);
        context.timerService().registerProcessingTimeTimer(Windows.nextWrite(now, intervalMillis));
        context.timerService().registerProcessingTimeTimer(now + Windows.OPEN_AFTER_END_MILLIS);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<LedgerWrite> out) throws Exception {
        ActivityCounts.Builder whole = read(Objects.requireNonNull(sum));
        if (whole.getIsChanged()) {
            out.collect(LedgerWrite.write(
                    activity(context.getCurrentKey(), whole), whole.getAllocated() + whole.getReleased()));
            sum.update(whole.setIsChanged(false).build().toByteArray());
        }
        Long last = Objects.requireNonNull(touched).value();
        if (last != null && last + Windows.OPEN_AFTER_END_MILLIS <= timestamp) {
            sum.clear();
            touched.clear();
        }
    }

    private static ActivityCounts.Builder read(ValueState<byte[]> sum) throws Exception {
        byte[] known = sum.value();
        return known == null ? ActivityCounts.newBuilder() : ActivityCounts.parseFrom(known).toBuilder();
    }

    private static Activity activity(String key, ActivityCounts.Builder counts) {
        int first = key.indexOf(' ');
        int last = key.lastIndexOf(' ');
        SortedMap<Integer, Long> delays = new TreeMap<>(counts.getDelaysMap());
        return new Activity(
                Instant.ofEpochMilli(Long.parseLong(key.substring(last + 1))),
                Span.HOUR,
                Activity.Of.valueOf(key.substring(0, first)),
                key.substring(first + 1, last),
                counts.getAllocated(),
                counts.getReleased(),
                quantile(delays, 50),
                quantile(delays, 99));
    }

    private static long quantile(SortedMap<Integer, Long> byBucket, int hundredths) {
        long total = byBucket.values().stream().mapToLong(Long::longValue).sum();
        long rank = Math.ceilDiv(total * hundredths, 100);
        long below = 0;
        for (Map.Entry<Integer, Long> bucket : byBucket.entrySet()) {
            below += bucket.getValue();
            if (below >= rank) {
                return ActivityCounter.lowerEnd(bucket.getKey());
            }
        }
        return 0;
    }
}
