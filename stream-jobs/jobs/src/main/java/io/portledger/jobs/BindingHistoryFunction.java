package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.jobs.BindingHistory.Change;
import io.portledger.ledger.Divisions;
import io.portledger.ledger.Gap;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * {@link BindingHistory} with its state in Flink, one entry for each set of ports of an address: an event reads and
 * writes the entry of its own ports, and those of others only while an address is divided in more than one way.
 *
 * <p><b>Mappings and sessions of NATs</b> have an entry each, and touch no other. There is no end to them, so those that
 * are closed leave the state when the session horizon has passed. The time that passes is that of reception as the
 * address's events tell it, not a clock's, so that a rebuild forgets at the same events. What comes for a forgotten time
 * is late; records of imported files are not, since a file tells of the past.
 */
final class BindingHistoryFunction extends KeyedProcessFunction<Integer, NatEvent, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    /** How often, as a part of the session horizon, closed sessions are looked for. */
    private static final int SWEEPS_A_HORIZON = 4;

    private final Duration horizon;
    private final Duration sessionHorizon;

    private transient @Nullable Working working;

    BindingHistoryFunction(Duration horizon, Duration sessionHorizon) {
        this.horizon = horizon;
        this.sessionHorizon = sessionHorizon;
    }

    private record Working(
            BindingHistory history,
            BindingHistory sessionHistory,
            MapState<String, byte[]> ports,
            ValueState<String> divisions,
            ValueState<String> sessionDivisions,
            MapState<String, byte[]> sessions,
            ValueState<Long> received,
            ValueState<Long> swept,
            Counter applied,
            Counter known,
            Counter late,
            Counter conflicts) {}

    @Override
    public void open(OpenContext context) {
        var runtime = getRuntimeContext();
        var metrics = runtime.getMetricGroup();
        working = new Working(
                new BindingHistory(horizon),
                new BindingHistory(sessionHorizon),
                runtime.getMapState(new MapStateDescriptor<>(
                        "ports", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)),
                runtime.getState(new ValueStateDescriptor<>("divisions", Types.STRING)),
                runtime.getState(new ValueStateDescriptor<>("session-divisions", Types.STRING)),
                runtime.getMapState(new MapStateDescriptor<>(
                        "sessions", Types.STRING, PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)),
                runtime.getState(new ValueStateDescriptor<>("sessions-received", Types.LONG)),
                runtime.getState(new ValueStateDescriptor<>("sessions-swept", Types.LONG)),
                metrics.counter("applied"),
                metrics.counter("known"),
                metrics.counter("late"),
                metrics.counter("conflicts"));
    }

    @Override
    public void processElement(NatEvent natEvent, Context context, Collector<LedgerWrite> out) throws Exception {
        Working w = Objects.requireNonNull(working);
        Testimony event = testimony(natEvent);
        if (event.fact().mapping() == null) {
            onBinding(w, event, natEvent.position, context, out);
        } else {
            onMapping(w, event, natEvent.position, context, out);
        }
    }

    private void onBinding(Working w, Testimony event, long position, Context context, Collector<LedgerWrite> out)
            throws Exception {
        Ipv4Address ipv4 = event.fact().ipv4();
        if (isNewIn(w.divisions, event.ports())) {
            out.collect(LedgerWrite.write(ipv4, divisions(w), position + 1));
        }
        List<PortsHistory> overlapping = overlapping(w, ipv4, event.ports());
        Change change = w.history.add(overlapping, event, position + 1);
        if (change.outcome() == Change.Outcome.APPLIED) {
            for (PortsHistory history : overlapping) {
                w.ports.put(history.ports.key(), history.toBytes(ipv4));
            }
        }
        tell(w, change, event, horizon, context, out);
    }

    private void onMapping(Working w, Testimony event, long position, Context context, Collector<LedgerWrite> out)
            throws Exception {
        Ipv4Address ipv4 = event.fact().ipv4();
        String key = event.ports().key() + " "
                + Objects.requireNonNull(event.fact().mapping()).key();
        byte[] state = w.sessions.get(key);
        boolean isImported = !event.evidence().getFile().isEmpty();
        long received = Math.max(
                Objects.requireNonNullElse(w.received.value(), 0L),
                isImported ? 0 : event.evidence().getReceivedMillis());
        if (state == null && !isImported && event.atMillis() < received - sessionHorizon.toMillis()) {
            tell(w, Change.none(Change.Outcome.LATE), event, sessionHorizon, context, out);
            return;
        }
        if (isNewIn(w.sessionDivisions, event.ports())) {
            out.collect(LedgerWrite.write(ipv4, divisions(w), position + 1));
        }
        PortsHistory history =
                state == null ? new PortsHistory(event.ports()) : PortsHistory.fromBytes(ipv4, event.ports(), state);
        Change change = w.sessionHistory.add(List.of(history), event, position + 1);
        if (change.outcome() == Change.Outcome.APPLIED) {
            w.sessions.put(key, history.toBytes(ipv4));
        }
        tell(w, change, event, sessionHorizon, context, out);
        w.received.update(received);
        forgetClosedSessions(w, ipv4, received);
    }

    private void forgetClosedSessions(Working w, Ipv4Address ipv4, long received) throws Exception {
        Long swept = w.swept.value();
        if (swept != null && received - swept < sessionHorizon.toMillis() / SWEEPS_A_HORIZON) {
            return;
        }
        w.swept.update(received);
        Iterator<Map.Entry<String, byte[]>> all = w.sessions.iterator();
        while (all.hasNext()) {
            Map.Entry<String, byte[]> entry = all.next();
            String key = entry.getKey();
            Ports ports = Ports.parse(key.substring(0, key.indexOf(' ')));
            if (w.sessionHistory.isForgettable(
                    PortsHistory.fromBytes(ipv4, ports, entry.getValue()), received - sessionHorizon.toMillis())) {
                all.remove();
            }
        }
    }

    private void tell(
            Working w,
            Change change,
            Testimony event,
            Duration eventHorizon,
            Context context,
            Collector<LedgerWrite> out) {
        switch (change.outcome()) {
            case KNOWN -> w.known.inc();
            case LATE -> {
                w.late.inc();
                late(event, eventHorizon, context, out);
                return;
            }
            case APPLIED -> w.applied.inc();
        }
        w.conflicts.inc(change.conflicts());
        change.deleted().forEach(document -> out.collect(LedgerWrite.delete(document, change.version())));
        change.written().forEach(document -> out.collect(LedgerWrite.write(document, change.version())));
        change.settled().forEach(finding -> out.collect(LedgerWrite.deleteFinding(finding, change.version())));
        change.found().forEach(finding -> out.collect(LedgerWrite.write(finding, change.version())));
    }

    private static Testimony testimony(NatEvent natEvent) {
        try {
            return Testimony.from(BindingEvent.parseFrom(natEvent.event));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("an event that was decoded before cannot be decoded", e);
        }
    }

    /** A record that is known to exist and not used: whoever asks about its time shall see that something is missing. */
    private void late(Testimony event, Duration eventHorizon, Context context, Collector<LedgerWrite> out) {
        Instant at = Instant.ofEpochMilli(event.atMillis());
        out.collect(LedgerWrite.write(new Gap(
                Refused.exporter(event.evidence().getExporter()),
                Integer.toUnsignedLong(event.evidence().getObservationDomain()),
                "LATE",
                at,
                at,
                1)));
        context.output(
                Refused.TAG,
                Refused.late(
                        event.evidence(),
                        "Event of " + at + " about " + event.fact().ipv4() + " ports "
                                + event.ports().key()
                                + " came after the history of that time was closed (horizon " + eventHorizon + ")"));
    }

    /** The histories of {@code own} and of all ports that overlap them, directly or over others. */
    private static List<PortsHistory> overlapping(Working w, Ipv4Address ipv4, Ports own) throws Exception {
        List<PortsHistory> found = new ArrayList<>();
        byte[] state = w.ports.get(own.key());
        found.add(state == null ? new PortsHistory(own) : PortsHistory.fromBytes(ipv4, own, state));
        if (isOnlyDivision(w, own)) {
            return found;
        }
        Map<Ports, byte[]> others = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> entry : w.ports.entries()) {
            Ports ports = Ports.parse(entry.getKey());
            if (!ports.equals(own)) {
                others.put(ports, entry.getValue());
            }
        }
        for (int i = 0; i < found.size(); i++) {
            Ports reached = found.get(i).ports;
            others.entrySet().removeIf(other -> {
                boolean overlaps = other.getKey().overlaps(reached);
                if (overlaps) {
                    found.add(PortsHistory.fromBytes(ipv4, other.getKey(), other.getValue()));
                }
                return overlaps;
            });
        }
        return found;
    }

    /** Whether the address was never divided but as {@code own} divides it: nothing else can overlap then. */
    private static boolean isOnlyDivision(Working w, Ports own) throws Exception {
        return own instanceof PortSet && Divisions.of(own).equals(w.divisions.value());
    }

    /** Remembers the division of {@code own}; answers whether it was not known. */
    private static boolean isNewIn(ValueState<String> state, Ports own) throws Exception {
        String division = Divisions.of(own);
        String known = state.value();
        if (known == null) {
            state.update(division);
            return true;
        }
        if (List.of(known.split(" ")).contains(division)) {
            return false;
        }
        state.update(known + " " + division);
        return true;
    }

    private static Divisions divisions(Working w) throws Exception {
        return new Divisions(sorted(w.divisions.value()), sorted(w.sessionDivisions.value()));
    }

    private static SortedSet<String> sorted(@Nullable String divisions) {
        return divisions == null ? new TreeSet<>() : new TreeSet<>(List.of(divisions.split(" ")));
    }
}
