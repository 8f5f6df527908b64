package io.portledger.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.jobs.BindingHistory.Change.Outcome;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random true histories of an address, told by records that come twice, late, in disorder, and not at all. */
class BindingHistoryProperties {

    @Property(tries = 80)
    void shuffledAndDoubledRecordsGiveTheTruth(@ForAll("histories") List<Truth> truth, @ForAll long seed) {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(truth)) {
            arriving.addAll(List.of(Events.byIpfix(fact), Events.bySyslog(fact), Events.byIpfix(fact)));
        }
        Collections.shuffle(arriving, new Random(seed));
        history.addAll(arriving);

        assertThat(told(history.remembered())).isEqualTo(told(truth));
        assertThat(history.remembered())
                .allMatch(interval -> interval.startedBy() == Boundary.LOGGED
                        && (interval.endedBy() == Boundary.LOGGED || interval.endedBy() == Boundary.OPEN));
    }

    @Property(tries = 80)
    void theOrderOfArrivalLeavesNoTrace(
            @ForAll("histories") List<Truth> truth, @ForAll("rates") double loss, @ForAll long seed) {
        Random random = new Random(seed);
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(truth)) {
            if (random.nextDouble() >= loss) {
                arriving.add(Events.byIpfix(fact));
            }
            if (random.nextDouble() >= loss) {
                arriving.add(Events.bySyslog(fact));
            }
        }
        AddressHistory inOrder = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        inOrder.addAll(arriving);
        Collections.shuffle(arriving, random);
        AddressHistory disorderly = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        disorderly.addAll(arriving);

        assertThat(disorderly.documents)
                .as("documents written and deleted one by one, in whatever order")
                .isEqualTo(inOrder.documents);
        assertThat(disorderly.findings).isEqualTo(inOrder.findings);
    }

    @Property(tries = 80)
    void recordsDelayedWithinTheHorizonGiveTheSameDocuments(@ForAll("histories") List<Truth> truth, @ForAll long seed) {
        long horizon = 2_000;
        Random random = new Random(seed);
        record Arrival(BindingEvent event, long at) {}
        List<BindingEvent> arriving = Truth.facts(truth).stream()
                .flatMap(fact -> List.of(Events.byIpfix(fact), Events.bySyslog(fact)).stream())
                .map(event -> new Arrival(event, event.getEventTimeMillis() + random.nextLong(horizon)))
                .sorted(Comparator.comparingLong(Arrival::at))
                .map(Arrival::event)
                .toList();
        AddressHistory everything = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        everything.addAll(arriving);
        AddressHistory forgetful = new AddressHistory(Events.ADDRESS, Duration.ofMillis(horizon));
        forgetful.addAll(arriving);

        assertThat(forgetful.outcomes).doesNotContain(Outcome.LATE);
        assertThat(forgetful.documents).isEqualTo(everything.documents);
        assertThat(forgetful.eventsInState()).isLessThanOrEqualTo(everything.eventsInState());
    }

    @Property(tries = 80)
    void withoutForgettingOrWithTheRepairedHistoryIsTheSameAsARebuild(
            @ForAll("histories") List<Truth> truth, @ForAll("rates") double loss, @ForAll long seed) {
        Random random = new Random(seed);
        List<BindingEvent> arriving = new ArrayList<>();
        for (BindingFact fact : Truth.facts(truth)) {
            if (random.nextDouble() >= loss) {
                arriving.add(random.nextBoolean() ? Events.byIpfix(fact) : Events.bySyslog(fact));
            }
        }
        AddressHistory live = new AddressHistory(Events.ADDRESS, Duration.ofMillis(500));
        AddressHistory rebuilt = new AddressHistory(Events.ADDRESS, Duration.ofMillis(500));
        live.addAll(arriving);
        // A restart replays the tail: what was applied is known or late, and nothing changes.
        var before = new TreeMap<>(live.documents);
        live.addAll(arriving.subList(arriving.size() / 2, arriving.size()));
        rebuilt.addAll(arriving);

        assertThat(live.documents).isEqualTo(before).isEqualTo(rebuilt.documents);
    }

    @Provide
    Arbitrary<Double> rates() {
        return Arbitraries.of(0.0, 0.1, 0.5);
    }

    @Provide
    Arbitrary<List<Truth>> histories() {
        return Arbitraries.randomValue(random -> Truth.random(random, Events.ADDRESS, 1_000, 6_000));
    }

    private static String told(List<?> intervals) {
        return intervals.stream()
                .map(held -> switch (held) {
                    case Truth t -> t.ports().key() + " " + t.household() + " " + t.start() + " " + t.end();
                    case BindingInterval i ->
                        i.ports().key() + " "
                                + Objects.requireNonNull(i.holder().b4()).low()
                                + " " + i.start().toEpochMilli() + " "
                                + (i.end() == null ? null : i.end().toEpochMilli());
                    default -> throw new AssertionError(held);
                })
                .sorted()
                .collect(Collectors.joining("\n"));
    }
}
