package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.jobs.v1.Displaced;
import io.portledger.jobs.v1.OpenHolding;
import io.portledger.jobs.v1.PortsState;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ports;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is remembered of one set of ports of one address: the events of the horizon, and what the earlier ones came to.
 * A plain holder of state for {@link BindingHistory}, which gives it its meaning; not thread-safe.
 */
final class PortsHistory {

    /** A holding that was open when the earlier events were folded away. */
    record Open(Testimony allocated, boolean contested) {}

    final Ports ports;
    /** Every event since {@link #closedBefore}, each fact once. */
    final TreeMap<Testimony.Identity, Testimony> events = new TreeMap<>();
    /** The holdings that were open at {@link #closedBefore}. */
    final List<Open> open = new ArrayList<>();
    /** Holders whose interval another's allocation ended before {@link #closedBefore}, with the time of that. */
    final Map<Holder, Long> displaced = new HashMap<>();
    /** Earlier events are folded away, milliseconds; 0 if none are. */
    long closedBefore;
    /** The latest end of an interval that is folded away, milliseconds; 0 if there is none. */
    long lastEnd;
    /** Version of the documents written last. */
    long version;

    PortsHistory(Ports ports) {
        this.ports = ports;
    }

    byte[] toBytes(Ipv4Address ipv4) {
        PortsState.Builder state = PortsState.newBuilder()
                .setVersion(version)
                .setClosedBeforeMillis(closedBefore)
                .setLastEndMillis(lastEnd);
        for (Open holding : open) {
            state.addOpen(OpenHolding.newBuilder()
                    .setAllocated(holding.allocated().toEvent())
                    .setContested(holding.contested()));
        }
        displaced.forEach((holder, at) -> state.addDisplaced(Displaced.newBuilder()
                .setHolder(event(ipv4, holder, at).getHolder())
                .setAtMillis(at)));
        for (Testimony event : events.values()) {
            state.addEvents(event.toEvent());
        }
        return state.build().toByteArray();
    }

    static PortsHistory fromBytes(Ipv4Address ipv4, Ports ports, byte[] bytes) {
        PortsHistory history = new PortsHistory(ports);
        try {
            PortsState state = PortsState.parseFrom(bytes);
            history.version = state.getVersion();
            history.closedBefore = state.getClosedBeforeMillis();
            history.lastEnd = state.getLastEndMillis();
            for (OpenHolding holding : state.getOpenList()) {
                history.open.add(new Open(Testimony.from(holding.getAllocated()), holding.getContested()));
            }
            for (Displaced displaced : state.getDisplacedList()) {
                BindingEvent event = BindingEvent.newBuilder()
                        .setKind(BindingEvent.Kind.RELEASED)
                        .setEventTimeMillis(displaced.getAtMillis())
                        .setIpv4(ipv4.bits())
                        .setPorts(ports.key())
                        .setHolder(displaced.getHolder())
                        .build();
                history.displaced.put(Testimony.from(event).holder().identity(), displaced.getAtMillis());
            }
            for (BindingEvent event : state.getEventsList()) {
                Testimony testimony = Testimony.from(event);
                history.events.put(testimony.identity(), testimony);
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("state of " + ipv4 + " ports " + ports.key() + " cannot be read", e);
        }
        return history;
    }

    private BindingEvent event(Ipv4Address ipv4, Holder holder, long at) {
        return new BindingFact(
                        BindingEvent.Kind.RELEASED,
                        at,
                        ipv4,
                        ports,
                        holder.b4(),
                        holder.insideIpv4(),
                        holder.subscriber(),
                        holder.natInstance(),
                        null)
                .toEvent(Evidence.getDefaultInstance());
    }
}
