package io.portledger.lwb4.fleet;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingListener;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an lwAFTR told of its bindings, and a judge of it: refuses whatever gives a port two holders, ends what did not
 * begin, or begins what did not end.
 */
final class History implements BindingListener {

    record Interval(Binding binding, Instant start, Instant end) {
        boolean covers(Ipv4Address ipv4, int port, Instant time) {
            return binding.ipv4().equals(ipv4)
                    && binding.ports().contains(port)
                    && !time.isBefore(start)
                    && time.isBefore(end);
        }
    }

    private final Map<Ipv4Address, List<BindingChange>> open = new HashMap<>();
    private final List<Interval> ended = new ArrayList<>();
    private final List<BindingChange> snapshots = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();

    @Override
    public synchronized void onChange(BindingChange change) {
        Binding binding = change.binding();
        List<BindingChange> held = open.computeIfAbsent(binding.ipv4(), ipv4 -> new ArrayList<>());
        if (!change.at().equals(change.at().truncatedTo(ChronoUnit.MILLIS))) {
            faults.add("not in whole milliseconds: " + change);
        }
        switch (change.kind()) {
            case CREATED -> {
                held.stream()
                        .filter(other -> other.binding().ports().overlaps(binding.ports()))
                        .forEach(other -> faults.add(change + " while " + other));
                ended.stream()
                        .filter(past -> past.binding().ipv4().equals(binding.ipv4())
                                && past.binding().ports().overlaps(binding.ports())
                                && past.end().isAfter(change.at()))
                        .forEach(past -> faults.add(change + " before the end of " + past));
                held.add(change);
            }
            case DELETED -> {
                List<BindingChange> begun = held.stream()
                        .filter(other -> other.binding().equals(binding))
                        .toList();
                if (begun.size() != 1 || !change.at().isAfter(begun.getFirst().at())) {
                    faults.add(change + " ends " + begun);
                } else {
                    ended.add(new Interval(binding, begun.getFirst().at(), change.at()));
                }
                held.removeAll(begun);
            }
            case SNAPSHOT -> snapshots.add(change);
        }
    }

    synchronized List<String> faults() {
        return List.copyOf(faults);
    }

    synchronized List<BindingChange> snapshots() {
        return List.copyOf(snapshots);
    }

    /** Everything that was, and that is without an end. */
    synchronized List<Interval> intervals() {
        List<Interval> all = new ArrayList<>(ended);
        open.values()
                .forEach(held ->
                        held.forEach(change -> all.add(new Interval(change.binding(), change.at(), Instant.MAX))));
        return all;
    }

    synchronized int held() {
        return open.values().stream().mapToInt(List::size).sum();
    }
}
