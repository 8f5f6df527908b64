package io.portledger.jobs;

import io.portledger.jobs.BindingHistory.Change;
import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.Finding;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ports;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The history of one address without Flink: state in a map, through bytes after each event as in a state backend, and a
 * store of documents to which the changes are applied as they come.
 */
final class AddressHistory {

    private final Ipv4Address ipv4;
    private final BindingHistory history;
    private final Map<Ports, byte[]> state = new HashMap<>();
    /** What a ledger would hold now, by index and id. */
    final TreeMap<String, BindingDocument> documents = new TreeMap<>();

    /** The findings that a ledger would hold now, by id. */
    final TreeMap<String, Finding> findings = new TreeMap<>();

    final List<Change.Outcome> outcomes = new ArrayList<>();
    int conflicts;
    private long lastVersion;

    AddressHistory(Ipv4Address ipv4, Duration horizon) {
        this.ipv4 = ipv4;
        history = new BindingHistory(horizon);
    }

    private static String name(BindingDocument document) {
        return document.index() + "/" + document.id();
    }

    Change.Outcome add(BindingEvent event) {
        Testimony testimony = Testimony.from(event);
        List<PortsHistory> overlapping = load(testimony.ports());
        Change change = history.add(overlapping, testimony, 0);
        overlapping.forEach(loaded -> state.put(loaded.ports, loaded.toBytes(ipv4)));
        if (!change.written().isEmpty() || !change.deleted().isEmpty()) {
            if (change.version() <= lastVersion && state.size() == 1) {
                throw new AssertionError("version " + change.version() + " after " + lastVersion);
            }
            lastVersion = change.version();
        }
        change.deleted().forEach(document -> documents.remove(name(document)));
        change.written().forEach(document -> documents.put(name(document), document));
        change.settled().forEach(findings::remove);
        change.found().forEach(finding -> findings.put(finding.id(), finding));
        outcomes.add(change.outcome());
        conflicts += change.conflicts();
        return change.outcome();
    }

    void addAll(List<BindingEvent> events) {
        events.forEach(this::add);
    }

    /** Intervals that are still part of the state, in order of time. */
    List<BindingInterval> remembered() {
        Map<String, BindingInterval> all = new TreeMap<>();
        for (Ports ports : state.keySet()) {
            all.putAll(history.intervals(ipv4, load(ports)));
        }
        return all.values().stream()
                .sorted(Comparator.comparing(BindingInterval::start))
                .toList();
    }

    int eventsInState() {
        return state.keySet().stream()
                .mapToInt(ports -> history(ports).events.size())
                .sum();
    }

    private List<PortsHistory> load(Ports own) {
        List<PortsHistory> found = new ArrayList<>();
        found.add(history(own));
        for (int i = 0; i < found.size(); i++) {
            Ports reached = found.get(i).ports;
            state.keySet().stream()
                    .filter(ports ->
                            ports.overlaps(reached) && found.stream().noneMatch(loaded -> loaded.ports.equals(ports)))
                    .toList()
                    .forEach(ports -> found.add(history(ports)));
        }
        return found;
    }

    private PortsHistory history(Ports ports) {
        byte[] bytes = state.get(ports);
        return bytes == null ? new PortsHistory(ports) : PortsHistory.fromBytes(ipv4, ports, bytes);
    }
}
