package io.portledger.jobs.usage;

import io.portledger.jobs.LedgerWrite;
import io.portledger.jobs.Refused;
import io.portledger.jobs.v1.BindingWindow;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Usage;
import io.portledger.ledger.Usage.Span;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.PortUsage;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ports;
import java.io.Serial;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;

/**
 * Sums up reports for each binding of an address by the hour and by the day. Each report counts once, however often it
 * comes, for the hour in which it begins. Documents are written at intervals, if they changed; state leaves two days
 * after a stretch ended. Time is that of reception as the address's reports tell it, so that a rebuild forgets alike.
 */
public final class BindingUsageFunction extends KeyedProcessFunction<Integer, UsageReport, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    /** Side output of what each counted report adds to its class. */
    public static final OutputTag<ClassShare> SHARES = new OutputTag<>("class-shares", Types.POJO(ClassShare.class));

    private final long intervalMillis;

    private transient @Nullable MapState<String, byte[]> windows;
    private transient @Nullable ValueState<Long> received;
    private transient @Nullable ValueState<Long> swept;

    /** @param interval how often documents are written */
    public BindingUsageFunction(Duration interval) {
        intervalMillis = interval.toMillis();
    }

    @Override
    public void open(OpenContext context) {
        var runtime = getRuntimeContext();
        windows = runtime.getMapState(new MapStateDescriptor<>(
                "windows", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        received = runtime.getState(new ValueStateDescriptor<>("received", Types.LONG));
        swept = runtime.getState(new ValueStateDescriptor<>("swept", Types.LONG));
    }

    @Override
    public void processElement(UsageReport report, Context context, Collector<LedgerWrite> out) throws Exception {
        MapState<String, byte[]> all = Objects.requireNonNull(windows);
        ValueState<Long> latest = Objects.requireNonNull(received);
        PortUsage usage = PortUsage.parseFrom(report.usage);
        BindingFact binding = UsageReader.binding(usage);
        long from = usage.getFromMillis();
        long now = Math.max(
                Objects.requireNonNullElse(latest.value(), 0L),
                usage.getEvidence().getReceivedMillis());
        if (Windows.begin(Span.HOUR, from) + Span.HOUR.millis() + Windows.OPEN_AFTER_END_MILLIS < now) {
            context.output(
                    Refused.TAG,
                    Refused.late(
                            usage.getEvidence(),
                            "Report of usage from " + Instant.ofEpochMilli(from) + " came after the account of that day"
                                    + " was closed"));
            return;
        }
        latest.update(now);

        String hourKey = key(Span.HOUR, binding);
        String dayKey = key(Span.DAY, binding);
        BindingWindow.Builder hour = window(all, hourKey);
        BindingWindow.Builder day = window(all, dayKey);
        long digest = digest(usage);
        if (hour.getSeenList().contains(digest)) {
            return;
        }
        ClassShare share = share(usage, binding.ports());
        share.isFirstInHour = hour.getSum().getReports() == 0;
        share.isFirstInDay = day.getSum().getReports() == 0;
        context.output(SHARES, share);
        all.put(hourKey, add(hour, usage).addSeen(digest).build().toByteArray());
        all.put(dayKey, add(day, usage).build().toByteArray());
        context.timerService()
                .registerProcessingTimeTimer(
                        Windows.nextWrite(context.timerService().currentProcessingTime(), intervalMillis));
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<LedgerWrite> out) throws Exception {
        MapState<String, byte[]> all = Objects.requireNonNull(windows);
        ValueState<Long> lastSwept = Objects.requireNonNull(swept);
        long now = Objects.requireNonNullElse(Objects.requireNonNull(received).value(), 0L);
        boolean isToSweep = now - Objects.requireNonNullElse(lastSwept.value(), 0L) >= Span.HOUR.millis();
        Ipv4Address ipv4 = new Ipv4Address(context.getCurrentKey());
        Iterator<Map.Entry<String, byte[]>> entries = all.iterator();
        while (entries.hasNext()) {
            Map.Entry<String, byte[]> entry = entries.next();
            Span span = span(entry.getKey());
            long from = from(entry.getKey());
            BindingWindow window = BindingWindow.parseFrom(entry.getValue());
            if (window.getIsChanged()) {
                out.collect(LedgerWrite.write(
                        usage(ipv4, span, from, window), window.getSum().getReports()));
                entry.setValue(window.toBuilder().setIsChanged(false).build().toByteArray());
            }
            if (isToSweep && from + span.millis() + Windows.OPEN_AFTER_END_MILLIS < now) {
                entries.remove();
            }
        }
        if (isToSweep) {
            lastSwept.update(now);
        }
    }

    private static BindingWindow.Builder window(MapState<String, byte[]> all, String key) throws Exception {
        byte[] known = all.get(key);
        return known == null ? BindingWindow.newBuilder() : BindingWindow.parseFrom(known).toBuilder();
    }

    private static BindingWindow.Builder add(BindingWindow.Builder window, PortUsage usage) {
        window.setPorts(usage.getPorts())
                .setHolder(usage.getHolder())
                .setSum(Windows.plus(
                        window.getSum(),
                        usage.getPacketsUp(),
                        usage.getOctetsUp(),
                        usage.getPacketsDown(),
                        usage.getOctetsDown()))
                .setIsChanged(true);
        if (!usage.getServiceClass().isEmpty()) {
            window.setServiceClass(usage.getServiceClass());
        }
        if (usage.hasPortsInUse()) {
            window.setPortsInUse(Math.max(window.getPortsInUse(), usage.getPortsInUse()));
        }
        return window;
    }

    private static ClassShare share(PortUsage usage, Ports ports) {
        ClassShare share = new ClassShare();
        share.serviceClass = usage.getServiceClass();
        share.fromMillis = usage.getFromMillis();
        share.packetsUp = usage.getPacketsUp();
        share.octetsUp = usage.getOctetsUp();
        share.packetsDown = usage.getPacketsDown();
        share.octetsDown = usage.getOctetsDown();
        if (usage.hasPortsInUse()) {
            share.percentInUse = Math.toIntExact(
                    Math.min(100, 100L * Integer.toUnsignedLong(usage.getPortsInUse()) / ports.portCount()));
        }
        return share;
    }

    private static Usage.OfBinding usage(Ipv4Address ipv4, Span span, long from, BindingWindow window) {
        BindingFact binding = UsageReader.binding(PortUsage.newBuilder()
                .setFromMillis(from)
                .setIpv4(ipv4.bits())
                .setPorts(window.getPorts())
                .setHolder(window.getHolder())
                .setEvidence(Evidence.newBuilder().setReceivedMillis(from))
                .build());
        return new Usage.OfBinding(
                Instant.ofEpochMilli(from),
                span,
                ipv4,
                binding.ports(),
                new Holder(binding.ipv6(), binding.insideIpv4(), binding.subscriber(), binding.natInstance()),
                window.getServiceClass().isEmpty() ? null : window.getServiceClass(),
                Windows.traffic(window.getSum()),
                window.hasPortsInUse() ? window.getPortsInUse() : null,
                window.getSum().getReports());
    }

    private static String key(Span span, BindingFact binding) {
        Holder holder = new Holder(binding.ipv6(), binding.insideIpv4(), binding.subscriber(), binding.natInstance())
                .identity();
        return span + " " + Windows.begin(span, binding.eventTimeMillis()) + " "
                + binding.ports().key() + " " + holder;
    }

    private static Span span(String key) {
        return Span.valueOf(key.substring(0, key.indexOf(' ')));
    }

    private static long from(String key) {
        int first = key.indexOf(' ');
        return Long.parseLong(key, first + 1, key.indexOf(' ', first + 1), 10);
    }

    /** Tells one report from another of the same binding and hour: FNV-1a of who sent it and when it begins. */
    private static long digest(PortUsage usage) {
        String text = usage.getEvidence().getExporter() + " "
                + usage.getEvidence().getObservationDomain() + " " + usage.getFromMillis() + " " + usage.getToMillis();
        long hash = 0xcbf29ce484222325L;
        for (byte octet : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ octet) * 0x100000001b3L;
        }
        return hash;
    }
}
