package io.portledger.jobs;

import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Finding;
import io.portledger.records.BindingFact;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ports;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes intervals of events: the fold of the <em>set</em> of events of overlapping ports of one public address. Since a
 * set has neither order nor repetition, late, reordered and repeated events lead to the same intervals as orderly ones.
 *
 * <p>Pure: the state is the caller's {@link PortsHistory} objects, and nothing is asked of a clock. An instance is
 * immutable and may be shared.
 *
 * <h2>The fold</h2>
 *
 * Events are taken by time, and those of one millisecond together:
 *
 * <ol>
 *   <li>A release by the current holder ends its interval, {@link Boundary#LOGGED}.
 *   <li>A release by somebody who is not the holder, and is not allocated the ports in that very millisecond, tells of an
 *       allocation that was never logged: an interval from the end or start before it, {@link Boundary#UNKNOWN}. Who was
 *       taken for the holder cannot have been so at its end, {@link Boundary#INFERRED}. But a release that follows within a
 *       minute of another's allocation that ended the releaser's interval is that interval's own, told late, and passed
 *       over. One that comes later proves that the releaser had got the ports back.
 *   <li>An allocation ends every other open interval of overlapping ports, {@link Boundary#INFERRED}; so does one of
 *       other, overlapping ports to the same holder, as when a pool is divided anew. It begins an interval unless its
 *       holder has the same ports already, which it then confirms.
 *   <li>A release by somebody who was allocated the ports in that very millisecond: it never held them.
 * </ol>
 *
 * <p>Two holders that are allocated the same ports in the same millisecond contradict each other; both are kept.
 *
 * <h2>The horizon</h2>
 *
 * Events older than the newest one by more than the horizon are folded into what they came to: what was open, who was
 * displaced, where the last interval ended. An event that arrives for a time so folded away is {@linkplain
 * Change.Outcome#LATE late} and changes nothing, unless it repeats the allocation of what is still open. An exporter
 * whose clock runs ahead cannot move the horizon: an event counts as no newer than its arrival at the collector.
 */
final class BindingHistory {

    /** How long after another's allocation a displaced holder's release still belongs to the interval so ended. */
    static final long DISPLACED_GRACE_MILLIS = 60_000;

    private final long horizonMillis;

    BindingHistory(Duration horizon) {
        this.horizonMillis = horizon.toMillis();
    }

    /**
     * What an event came to.
     *
     * @param outcome whether it was used
     * @param version version of the documents, larger than that of any document written before for these ports
     * @param written documents to write
     * @param deleted documents to delete
     * @param found findings to write: who claims what another exporter gave to somebody else
     * @param settled ids of findings that turned out to be none
     * @param conflicts how many events the fold now passes over in addition, because others contradict them
     */
    record Change(
            Outcome outcome,
            long version,
            List<BindingDocument> written,
            List<BindingDocument> deleted,
            List<Finding> found,
            List<String> settled,
            int conflicts) {

        enum Outcome {
            /** It is part of the history now. */
            APPLIED,
            /** The history knew it already. */
            KNOWN,
            /** It is about a time whose events are folded away. */
            LATE
        }

        static Change none(Outcome outcome) {
            return new Change(outcome, 0, List.of(), List.of(), List.of(), List.of(), 0);
        }
    }

    /**
     * Adds an event.
     *
     * @param overlapping the histories of the event's ports and of all ports of the same address that overlap them,
     *     directly or over others; all may be changed
     * @param event the event
     * @param leastVersion a lower bound of the version of what is written
     */
    Change add(Collection<PortsHistory> overlapping, Testimony event, long leastVersion) {
        PortsHistory own = overlapping.stream()
                .filter(history -> history.ports.equals(event.ports()))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "no history given for ports " + event.ports().key()));
        if (overlapping.stream()
                .anyMatch(history -> event.atMillis() < history.closedBefore && history.ports.overlaps(own.ports))) {
            return Change.none(isAllocationOfOpen(own, event) ? Change.Outcome.KNOWN : Change.Outcome.LATE);
        }
        Testimony known = own.events.get(event.identity());
        Testimony merged = known == null ? event : known.merge(event);
        if (merged.equals(known)) {
            return Change.none(Change.Outcome.KNOWN);
        }
        Ipv4Address ipv4 = event.fact().ipv4();
        Fold before = new Fold(ipv4, overlapping, Long.MAX_VALUE);
        own.events.put(merged.identity(), merged);
        Fold after = new Fold(ipv4, overlapping, Long.MAX_VALUE);

        long version = Math.max(
                leastVersion,
                1
                        + overlapping.stream()
                                .mapToLong(history -> history.version)
                                .max()
                                .orElse(0));
        Change change = difference(before, after, version);
        if (!change.written().isEmpty() || !change.deleted().isEmpty()) {
            overlapping.forEach(history -> history.version = version);
        }
        compact(ipv4, overlapping);
        return change;
    }

    /** Whether nothing of {@code history} is open and nothing in it happened at {@code sinceMillis} or later. */
    boolean isForgettable(PortsHistory history, long sinceMillis) {
        if (!history.events.isEmpty() && history.events.lastKey().atMillis() >= sinceMillis) {
            return false;
        }
        Ipv4Address any = new Ipv4Address(0);
        return new Fold(any, List.of(history), Long.MAX_VALUE).open.isEmpty();
    }

    /** The intervals as far as they are remembered, by id of their documents. */
    Map<String, BindingInterval> intervals(Ipv4Address ipv4, Collection<PortsHistory> overlapping) {
        Map<String, BindingInterval> intervals = new TreeMap<>();
        new Fold(ipv4, overlapping, Long.MAX_VALUE)
                .results()
                .forEach((id, result) -> intervals.put(id, result.interval()));
        return intervals;
    }

    private static boolean isAllocationOfOpen(PortsHistory own, Testimony event) {
        return own.open.stream().anyMatch(open -> open.allocated().identity().equals(event.identity()));
    }

    private static Change difference(Fold before, Fold after, long version) {
        Map<String, Result> old = before.results();
        Map<String, Result> now = after.results();
        List<BindingDocument> written = new ArrayList<>();
        List<BindingDocument> deleted = new ArrayList<>();
        List<Finding> found = new ArrayList<>();
        List<String> settled = new ArrayList<>();
        now.forEach((id, result) -> {
            Result was = old.get(id);
            if (result.equals(was)) {
                return;
            }
            written.add(result.document());
            if (result.isConflict()) {
                found.add(result.finding());
            } else if (was != null && was.isConflict()) {
                settled.add(was.findingId());
            }
        });
        old.forEach((id, result) -> {
            if (!now.containsKey(id)) {
                deleted.add(result.document());
                if (result.isConflict()) {
                    settled.add(result.findingId());
                }
            }
        });
        return new Change(
                Change.Outcome.APPLIED,
                version,
                written,
                deleted,
                found,
                settled,
                Math.max(0, after.conflicts - before.conflicts));
    }

    private void compact(Ipv4Address ipv4, Collection<PortsHistory> overlapping) {
        long newest = overlapping.stream()
                .flatMap(history -> history.events.values().stream())
                .mapToLong(event -> Math.min(event.atMillis(), event.evidence().getReceivedMillis()))
                .max()
                .orElse(0);
        long cutoff = newest - horizonMillis;
        long lastFolded = overlapping.stream()
                .flatMap(history -> history.events.keySet().stream())
                .mapToLong(Testimony.Identity::atMillis)
                .filter(at -> at < cutoff)
                .max()
                .orElse(-1);
        if (lastFolded < 0) {
            return;
        }
        Fold fold = new Fold(ipv4, overlapping, cutoff);
        for (PortsHistory history : overlapping) {
            history.events.keySet().removeIf(identity -> identity.atMillis() < cutoff);
            history.closedBefore = Math.max(history.closedBefore, lastFolded + 1);
            history.lastEnd = fold.lastEnd.getOrDefault(history.ports, 0L);
            history.open.clear();
            history.displaced.clear();
            fold.open.stream()
                    .filter(holding -> holding.ports.equals(history.ports))
                    .forEach(holding -> history.open.add(holding.remembered()));
            fold.displaced.forEach((displaced, at) -> {
                if (displaced.ports().equals(history.ports) && at + DISPLACED_GRACE_MILLIS >= history.closedBefore) {
                    history.displaced.put(displaced.holder(), at);
                }
            });
        }
    }

    /** An interval and whether its id must name the holder. */
    private record Result(BindingInterval interval, boolean contested) {

        String id() {
            return BindingDocument.id(interval, contested);
        }

        BindingDocument document() {
            return BindingDocument.of(interval, contested);
        }

        /**
         * Whether two exporters contradict each other about who has the ports, or one contradicts itself. That an
         * exporter gives ports to somebody else without a release is a loss, and gaps tell of it; that another one does
         * is two masters of one address.
         */
        boolean isConflict() {
            Evidence start = interval.startEvidence();
            Evidence end = interval.endEvidence();
            return contested
                    || (interval.endedBy() == Boundary.INFERRED
                            && start != null
                            && end != null
                            && !start.exporter().equals(end.exporter()));
        }

        String findingId() {
            return Finding.Kind.CONFLICT + "/" + id();
        }

        Finding finding() {
            Evidence start = Objects.requireNonNull(interval.startEvidence());
            Evidence end = interval.endEvidence();
            String whose = interval.ports().key() + " of " + interval.ipv4();
            return new Finding(
                    findingId(),
                    Finding.Kind.CONFLICT,
                    contested || interval.end() == null ? interval.start() : interval.end(),
                    contested
                            ? "Ports " + whose + " were given to two holders in the same millisecond"
                            : "Ports " + whose + " were taken from their holder by another exporter, "
                                    + Objects.requireNonNull(end).exporter() + ", without a release by "
                                    + start.exporter(),
                    interval.ipv4(),
                    interval.ports().key(),
                    Stream.of(
                                    interval.holder().b4(),
                                    interval.holder().insideIpv4(),
                                    interval.holder().subscriber())
                            .filter(Objects::nonNull)
                            .map(Object::toString)
                            .toList(),
                    Stream.of(start, end)
                            .filter(Objects::nonNull)
                            .map(Evidence::exporter)
                            .distinct()
                            .toList(),
                    0,
                    0);
        }
    }

    private record PortsAndHolder(Ports ports, Holder holder) {}

    /** Somebody has ports, from the allocation on. */
    private static final class Holding {
        final Ports ports;
        final Testimony allocated;

        @Nullable
        String subscriber;

        @Nullable
        Ipv6Address br;

        boolean contested;

        Holding(Testimony allocated, boolean contested) {
            this.ports = allocated.ports();
            this.allocated = allocated;
            this.subscriber = allocated.fact().subscriber();
            this.br = allocated.fact().br();
            this.contested = contested;
        }

        long start() {
            return allocated.atMillis();
        }

        boolean isOf(Testimony event) {
            return ports.equals(event.ports()) && allocated.holder().isSame(event.holder());
        }

        /** Later records may know what the first did not. */
        void learn(Testimony event) {
            if (subscriber == null) {
                subscriber = event.fact().subscriber();
            }
            if (br == null) {
                br = event.fact().br();
            }
        }

        PortsHistory.Open remembered() {
            var fact = allocated.fact();
            return new PortsHistory.Open(
                    new Testimony(
                            new BindingFact(
                                    fact.kind(),
                                    fact.eventTimeMillis(),
                                    fact.ipv4(),
                                    fact.ports(),
                                    fact.ipv6(),
                                    fact.insideIpv4(),
                                    subscriber,
                                    fact.natInstance(),
                                    br,
                                    fact.mapping()),
                            allocated.evidence()),
                    contested);
        }
    }

    private static final class Fold {
        private final Ipv4Address ipv4;
        private final List<Holding> open = new ArrayList<>();
        private final List<Result> closed = new ArrayList<>();
        private final Map<Ports, Long> lastEnd = new HashMap<>();
        private final Map<PortsAndHolder, Long> displaced = new HashMap<>();
        private int conflicts;

        /** Folds all events before {@code until}. */
        Fold(Ipv4Address ipv4, Collection<PortsHistory> histories, long until) {
            this.ipv4 = ipv4;
            TreeMap<Testimony.Identity, Testimony> events = new TreeMap<>();
            for (PortsHistory history : histories) {
                history.open.forEach(holding -> open.add(new Holding(holding.allocated(), holding.contested())));
                history.displaced.forEach((holder, at) -> displaced.put(new PortsAndHolder(history.ports, holder), at));
                if (history.lastEnd > 0) {
                    lastEnd.put(history.ports, history.lastEnd);
                }
                events.putAll(history.events);
            }
            List<Testimony> released = new ArrayList<>();
            List<Testimony> allocated = new ArrayList<>();
            long now = -1;
            for (Testimony event : events.values()) {
                if (event.atMillis() >= until) {
                    break;
                }
                if (event.atMillis() != now) {
                    fold(now, released, allocated);
                    released.clear();
                    allocated.clear();
                    now = event.atMillis();
                }
                (event.isAllocation() ? allocated : released).add(event);
            }
            fold(now, released, allocated);
        }

        Map<String, Result> results() {
            Map<String, Result> results = new HashMap<>();
            closed.forEach(result -> results.put(result.id(), result));
            for (Holding holding : open) {
                Result result = new Result(interval(holding, null, Boundary.OPEN, null), holding.contested);
                results.put(result.id(), result);
            }
            return results;
        }

        private void fold(long now, List<Testimony> released, List<Testimony> allocated) {
            List<Testimony> neverHeld = new ArrayList<>();
            List<Testimony> unexpected = new ArrayList<>();
            for (Testimony release : released) {
                Holding holding = find(release);
                if (holding != null) {
                    holding.learn(release);
                    close(holding, now, Boundary.LOGGED, release);
                } else if (allocated.stream().anyMatch(allocation -> isSameHolding(allocation, release))) {
                    neverHeld.add(release);
                } else {
                    unexpected.add(release);
                }
            }
            unexpected(now, unexpected);
            for (Testimony allocation : allocated) {
                for (Holding holding : List.copyOf(open)) {
                    if (holding.start() < now
                            && holding.ports.overlaps(allocation.ports())
                            && !holding.isOf(allocation)) {
                        close(holding, now, Boundary.INFERRED, allocation);
                        displaced.put(new PortsAndHolder(holding.ports, identity(holding.allocated)), now);
                    }
                }
            }
            for (Testimony allocation : allocated) {
                Holding holding = find(allocation);
                if (holding != null) {
                    holding.learn(allocation);
                } else {
                    open.add(new Holding(allocation, false));
                    displaced.remove(new PortsAndHolder(allocation.ports(), identity(allocation)));
                }
            }
            for (Testimony release : neverHeld) {
                open.removeIf(holding -> holding.start() == now && holding.isOf(release));
            }
            for (Holding holding : open) {
                holding.contested |= holding.start() == now
                        && open.stream()
                                .anyMatch(other ->
                                        other != holding && other.start() == now && other.ports.equals(holding.ports));
            }
        }

        private void unexpected(long now, List<Testimony> releases) {
            List<Testimony> unknownStarts = new ArrayList<>();
            for (Testimony release : releases) {
                Long since = displaced.remove(new PortsAndHolder(release.ports(), identity(release)));
                if (since != null && now - since <= DISPLACED_GRACE_MILLIS) {
                    conflicts++;
                } else {
                    unknownStarts.add(release);
                }
            }
            List<Long> starts = unknownStarts.stream().map(this::earliestStart).toList();
            for (int i = 0; i < starts.size(); i++) {
                Testimony release = unknownStarts.get(i);
                for (Holding holding : List.copyOf(open)) {
                    if (holding.ports.overlaps(release.ports())) {
                        close(holding, now, Boundary.INFERRED, release);
                    }
                }
                if (starts.get(i) < now) {
                    closed.add(new Result(
                            new BindingInterval(
                                    ipv4,
                                    release.ports(),
                                    release.fact().mapping(),
                                    release.holder(),
                                    release.fact().br(),
                                    Instant.ofEpochMilli(starts.get(i)),
                                    Boundary.UNKNOWN,
                                    Instant.ofEpochMilli(now),
                                    Boundary.LOGGED,
                                    null,
                                    evidence(release)),
                            false));
                } else {
                    conflicts++;
                }
                lastEnd.merge(release.ports(), now, Math::max);
            }
        }

        /** Where the interval may have begun at the earliest: at the latest start or end known of overlapping ports. */
        private long earliestStart(Testimony release) {
            long start = 0;
            for (Map.Entry<Ports, Long> end : lastEnd.entrySet()) {
                if (end.getKey().overlaps(release.ports())) {
                    start = Math.max(start, end.getValue());
                }
            }
            for (Holding holding : open) {
                if (holding.ports.overlaps(release.ports())) {
                    start = Math.max(start, holding.start());
                }
            }
            return start;
        }

        private @Nullable Holding find(Testimony event) {
            for (Holding holding : open) {
                if (holding.isOf(event)) {
                    return holding;
                }
            }
            return null;
        }

        private void close(Holding holding, long now, Boundary endedBy, Testimony by) {
            open.remove(holding);
            closed.add(new Result(interval(holding, now, endedBy, by), holding.contested));
            lastEnd.merge(holding.ports, now, Math::max);
        }

        private BindingInterval interval(
                Holding holding, @Nullable Long end, Boundary endedBy, @Nullable Testimony by) {
            Holder holder = holding.allocated.holder();
            return new BindingInterval(
                    ipv4,
                    holding.ports,
                    holding.allocated.fact().mapping(),
                    new Holder(holder.b4(), holder.insideIpv4(), holding.subscriber, holder.natInstance()),
                    holding.br,
                    Instant.ofEpochMilli(holding.start()),
                    Boundary.LOGGED,
                    end == null ? null : Instant.ofEpochMilli(end),
                    endedBy,
                    evidence(holding.allocated),
                    by == null ? null : evidence(by));
        }
    }

    private static boolean isSameHolding(Testimony one, Testimony other) {
        return one.ports().equals(other.ports()) && one.holder().isSame(other.holder());
    }

    private static Holder identity(Testimony event) {
        return event.holder().identity();
    }

    private static Evidence evidence(Testimony event) {
        var evidence = event.evidence();
        return new Evidence(
                evidence.getExporter(),
                evidence.getTransport().name(),
                Integer.toUnsignedLong(evidence.getObservationDomain()),
                Integer.toUnsignedLong(evidence.getSequence()),
                evidence.getTemplateId(),
                evidence.getHostname(),
                evidence.getDialect(),
                evidence.getFile(),
                Instant.ofEpochMilli(evidence.getReceivedMillis()),
                HexFormat.of().formatHex(evidence.getRaw().toByteArray()));
    }
}
