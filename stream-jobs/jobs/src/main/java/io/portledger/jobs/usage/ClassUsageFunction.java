package io.portledger.jobs.usage;

import io.portledger.jobs.LedgerWrite;
import io.portledger.jobs.v1.ClassWindow;
import io.portledger.ledger.Usage;
import io.portledger.ledger.Usage.Shares;
import io.portledger.ledger.Usage.Span;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Sums up, for each service class, what its bindings' reports add. All of it is exact: the per cent of ports in use has
 * but 101 values, and whoever counts for the first time says so.
 */
public final class ClassUsageFunction extends KeyedProcessFunction<String, ClassShare, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    private final long intervalMillis;

    private transient @Nullable MapState<String, byte[]> windows;

    /** @param interval how often documents are written */
    public ClassUsageFunction(Duration interval) {
        intervalMillis = interval.toMillis();
    }

    @Override
    public void open(OpenContext context) {
        windows = getRuntimeContext()
                .getMapState(new MapStateDescriptor<>(
                        "windows", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
    }

    @Override
    public void processElement(ClassShare share, Context context, Collector<LedgerWrite> out) throws Exception {
        MapState<String, byte[]> all = Objects.requireNonNull(windows);
        for (Span span : Span.values()) {
            String key = span + " " + Windows.begin(span, share.fromMillis);
            byte[] known = all.get(key);
            ClassWindow.Builder window =
                    known == null ? ClassWindow.newBuilder() : ClassWindow.parseFrom(known).toBuilder();
            boolean isFirst = span == Span.HOUR ? share.isFirstInHour : share.isFirstInDay;
            window.setSum(Windows.plus(
                            window.getSum(), share.packetsUp, share.octetsUp, share.packetsDown, share.octetsDown))
                    .setBindings(window.getBindings() + (isFirst ? 1 : 0))
                    .setIsChanged(true);
            if (share.percentInUse >= 0) {
                while (window.getSharesCount() <= 100) {
                    window.addShares(0);
                }
                window.setShares(share.percentInUse, window.getShares(share.percentInUse) + 1);
            }
            all.put(key, window.build().toByteArray());
        }
        context.timerService()
                .registerProcessingTimeTimer(
                        Windows.nextWrite(context.timerService().currentProcessingTime(), intervalMillis));
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<LedgerWrite> out) throws Exception {
        Iterator<Map.Entry<String, byte[]>> entries =
                Objects.requireNonNull(windows).iterator();
        long newest = 0;
        while (entries.hasNext()) {
            newest = Math.max(newest, from(entries.next().getKey()));
        }
        entries = Objects.requireNonNull(windows).iterator();
        while (entries.hasNext()) {
            Map.Entry<String, byte[]> entry = entries.next();
            Span span = Span.valueOf(entry.getKey().substring(0, entry.getKey().indexOf(' ')));
            long from = from(entry.getKey());
            ClassWindow window = ClassWindow.parseFrom(entry.getValue());
            if (window.getIsChanged()) {
                out.collect(LedgerWrite.write(
                        usage(context.getCurrentKey(), span, from, window),
                        window.getSum().getReports()));
                entry.setValue(window.toBuilder().setIsChanged(false).build().toByteArray());
            }
            // Reports are refused when their stretch has been over for so long: twice that is beyond doubt.
            if (from + span.millis() + 2 * Windows.OPEN_AFTER_END_MILLIS < newest) {
                entries.remove();
            }
        }
    }

    private static long from(String key) {
        return Long.parseLong(key, key.indexOf(' ') + 1, key.length(), 10);
    }

    private static Usage.OfClass usage(String serviceClass, Span span, long from, ClassWindow window) {
        return new Usage.OfClass(
                Instant.ofEpochMilli(from),
                span,
                serviceClass.isEmpty() ? null : serviceClass,
                window.getBindings(),
                Windows.traffic(window.getSum()),
                window.getSum().getReports(),
                shares(window.getSharesList()));
    }

    static @Nullable Shares shares(List<Long> byPercent) {
        long total = byPercent.stream().mapToLong(Long::longValue).sum();
        if (total == 0) {
            return null;
        }
        return new Shares(
                quantile(byPercent, total, 50),
                quantile(byPercent, total, 90),
                quantile(byPercent, total, 99),
                quantile(byPercent, total, 100),
                IntStream.range(Shares.NEAR_EXHAUSTION, byPercent.size())
                        .mapToLong(byPercent::get)
                        .sum());
    }

    private static int quantile(List<Long> byPercent, long total, int hundredths) {
        long rank = Math.ceilDiv(total * hundredths, 100);
        long below = 0;
        for (int percent = 0; percent < byPercent.size(); percent++) {
            below += byPercent.get(percent);
            if (below >= rank) {
                return percent;
            }
        }
        return byPercent.size() - 1;
    }
}
