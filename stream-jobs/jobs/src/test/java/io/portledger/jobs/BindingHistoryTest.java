package io.portledger.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.jobs.BindingHistory.Change.Outcome;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Finding;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ports;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BindingHistoryTest {

    private static final Ports PORTS = Ports.parse("0/6/34");

    /**
     * Events read {@code A(household,time)} and {@code R(household,time)}, on other ports {@code A(household,ports,time)};
     * intervals {@code household:start-end}, {@code ?} before an unknown start, {@code ~} behind an inferred end.
     */
    @ParameterizedTest(name = "{2}: {0} is {1}")
    @CsvSource(delimiter = '|', textBlock = """
            A(1,10)                             | 1:10-                | an allocation opens
            A(1,10) R(1,20)                     | 1:10-20              | a release closes
            A(1,10) A(1,10)                     | 1:10-                | a repetition changes nothing
            A(1,10) A(1,15) R(1,20)             | 1:10-20              | a refresh confirms
            A(1,10) R(1,20) A(1,30)             | 1:10-20 1:30-        | the holder comes back
            A(1,10) R(1,20) A(1,20)             | 1:10-20 1:20-        | and without a pause
            A(1,10) A(2,20)                     | 1:10-20~ 2:20-       | another holder ends the interval
            A(1,10) A(2,20) R(1,20)             | 1:10-20 2:20-        | a release in the same millisecond is the better proof
            A(1,10) A(2,20) R(1,25)             | 1:10-20~ 2:20-       | the late release of a displaced holder is passed over
            A(1,10) A(2,20) R(1,25) R(2,30)     | 1:10-20~ 2:20-30     | and does not disturb its successor
            A(1,10) A(2,20) R(1,60020)          | 1:10-20~ 2:20-       | even a minute late
            A(1,10) A(2,20) R(1,60021)          | 1:10-20~ 2:20-60021~ ?1:20-60021 | a later one proves that it had got the ports back
            A(1,10) A(2,20) R(1,60021) R(2,60030) | 1:10-20~ 2:20-60021~ ?1:20-60021 ?2:60021-60030 | and the successor's, that it came back in turn
            A(1,10) A(2,20) A(1,30) R(1,40)     | 1:10-20~ 2:20-30~ 1:30-40 | a displaced holder may come back
            R(1,20)                             | ?1:0-20              | a release alone
            A(1,10) R(1,20) R(2,30)             | 1:10-20 ?2:20-30     | a release alone, not before the last end
            A(1,10) R(2,30)                     | 1:10-30~ ?2:10-30    | a release of somebody never allocated ends what contradicts it
            A(1,10) R(2,30) R(1,35)             | 1:10-30~ ?2:10-30 ?1:30-35 | and the other's release is no lie either
            R(1,20) R(2,20)                     | ?1:0-20 ?2:0-20      | two releases alone
            R(2,20) A(1,20)                     | ?2:0-20 1:20-        | a release alone beside the next allocation
            A(1,10) R(1,10)                     |                      | never held
            A(1,10) R(1,10) R(1,20)             | ?1:0-20              | never held, and then a release alone
            A(1,10) A(2,20) R(2,20)             | 1:10-20~             | who never held ends an interval all the same
            A(1,10) A(1,20) R(1,20)             | 1:10-20 1:20-        | in one millisecond a release comes first
            A(1,10) A(2,10)                     | 1:10- 2:10-          | a contradiction is kept
            A(1,10) A(2,10) R(1,20)             | 1:10-20 2:10-        | until one of them is released
            A(1,10) A(2,10) A(3,20)             | 1:10-20~ 2:10-20~ 3:20- | or a third displaces both
            A(1,10) A(2,0/5/17,20)              | 1:10-20~ 2:20-       | wider ports of another division
            A(1,10) A(1,0/5/17,20)              | 1:10-20~ 1:20-       | also of the same holder
            A(1,10) A(2,0/6/35,20)              | 1:10- 2:20-          | other ports do not disturb
            A(1,10) A(2,4/6/40,20) A(3,4/6/2,25) | 1:10-20~ 2:20- 3:25- | a scattered set that overlaps, one that does not
            A(1,10) A(2,34000-35000,20)         | 1:10-20~ 2:20-       | a block that overlaps
            """)
    void eventsBecomeIntervals(String events, String intervals, String why) {
        List<BindingEvent> inOrder = events(events);
        for (int shuffle = 0; shuffle < 20; shuffle++) {
            AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
            List<BindingEvent> arriving = new ArrayList<>(inOrder);
            if (shuffle > 0) {
                Collections.shuffle(arriving, new Random(shuffle));
            }
            history.addAll(arriving);

            assertThat(text(history.remembered())).as(why).isEqualTo(sorted(intervals == null ? "" : intervals));
            assertThat(history.documents)
                    .as("one document for each")
                    .hasSize(history.remembered().size());
            assertThat(history.outcomes).doesNotContain(Outcome.LATE);
        }
    }

    @Test
    void contradictionsAreCounted() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        history.addAll(events("A(1,10) A(2,20) R(1,25)"));

        assertThat(history.conflicts).isEqualTo(1);
    }

    @Test
    void evidenceIsThatOfTheRecordThatToldTheBoundary() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        history.addAll(events("A(1,10) A(2,20)"));

        BindingInterval first = history.remembered().getFirst();
        assertThat(raw(first.startEvidence())).isEqualTo("ALLOCATED 0/6/34 10");
        assertThat(first.endedBy()).isEqualTo(Boundary.INFERRED);
        assertThat(raw(first.endEvidence()))
                .as("another's allocation is what the end is inferred from")
                .isEqualTo("ALLOCATED 0/6/34 20");
    }

    @Test
    void ofTwinsTheEvidenceIsChosenByContentAndTheNameIsKept() {
        var fact = Events.fact(BindingEvent.Kind.ALLOCATED, Events.ADDRESS, PORTS, 1, 10);
        AddressHistory one = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        one.add(Events.byIpfix(fact));
        one.add(Events.bySyslog(fact));
        AddressHistory other = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        other.add(Events.bySyslog(fact));
        other.add(Events.byIpfix(fact));

        assertThat(one.documents).isEqualTo(other.documents);
        BindingInterval interval = one.remembered().getFirst();
        assertThat(interval.holder().subscriber()).isEqualTo("customer-2001:db8::1");
        assertThat(Objects.requireNonNull(interval.startEvidence()).transport()).isEqualTo("IPFIX_UDP");
    }

    @Test
    void aNameLearntFromALaterRecordIsKept() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        history.add(Events.allocated(Events.ADDRESS, PORTS, 1, 10));
        history.add(Events.bySyslog(Events.fact(BindingEvent.Kind.ALLOCATED, Events.ADDRESS, PORTS, 1, 500)));

        assertThat(history.remembered()).hasSize(1);
        assertThat(history.remembered().getFirst().holder().subscriber()).isEqualTo("customer-2001:db8::1");
    }

    @Test
    void whatIsOlderThanTheHorizonIsForgottenAndItsDocumentsStay() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofMillis(100));
        for (int i = 0; i < 1_000; i++) {
            history.addAll(events("A(1," + (20 * i + 10) + ") R(1," + (20 * i + 20) + ")"));
        }

        assertThat(history.documents).hasSize(1_000);
        assertThat(history.eventsInState()).isLessThanOrEqualTo(12);
        assertThat(history.outcomes).containsOnly(Outcome.APPLIED);
    }

    @Test
    void anEventOlderThanTheHorizonIsLateAndChangesNothing() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofMillis(100));
        history.addAll(events("A(1,10) R(1,20) A(2,300)"));
        var before = new TreeMap<>(history.documents);

        assertThat(history.add(events("A(3,15)").getFirst())).isEqualTo(Outcome.LATE);
        assertThat(history.add(events("A(3,0/5/17,15)").getFirst()))
                .as("on overlapping ports")
                .isEqualTo(Outcome.LATE);
        assertThat(history.documents).isEqualTo(before);
        assertThat(history.add(events("A(3,0/6/35,15)").getFirst()))
                .as("nothing is forgotten of other ports")
                .isEqualTo(Outcome.APPLIED);
        assertThat(history.add(events("A(3,25)").getFirst()))
                .as("nothing is forgotten of the time since the last forgotten event")
                .isEqualTo(Outcome.APPLIED);
    }

    @Test
    void aSnapshotOfAnOldBindingIsKnown() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofMillis(100));
        history.addAll(events("A(1,10) A(1,5000) A(1,9000)"));

        assertThat(history.eventsInState())
                .as("the allocation itself is folded away")
                .isEqualTo(1);
        assertThat(history.add(events("A(1,10)").getFirst())).isEqualTo(Outcome.KNOWN);
        assertThat(history.add(events("R(1,9100)").getFirst())).isEqualTo(Outcome.APPLIED);
        assertThat(text(history.remembered())).isEqualTo(sorted("1:10-9100"));
        assertThat(history.documents).hasSize(1);
    }

    @Test
    void aReleaseLongAfterTheDisplacementIsProofOfAnotherHolderWhateverIsForgotten() {
        for (Duration horizon : List.of(Duration.ofMinutes(1), Duration.ofDays(7))) {
            AddressHistory history = new AddressHistory(Events.ADDRESS, horizon);
            history.addAll(events("A(1,10) A(2,20) A(2,70000) A(2,100000) R(1,300000)"));

            assertThat(text(history.remembered())).contains("?1:20-300000");
            assertThat(history.conflicts).isZero();
        }
    }

    @Test
    void contradictionsOutliveTheHorizon() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofMillis(100));
        history.addAll(events("A(1,10) A(2,10) R(1,20) A(2,5000)"));

        assertThat(history.documents).hasSize(2);
        history.addAll(events("R(2,6000)"));
        assertThat(history.documents).hasSize(2);
        assertThat(text(history.remembered())).isEqualTo(sorted("2:10-6000"));
    }

    @Test
    void aClockThatRunsAheadDoesNotMoveTheHorizon() {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        history.addAll(events("A(1,1000)"));
        BindingEvent fromTheFuture = Events.allocated(Events.ADDRESS, PORTS, 9, 200_000_000_000_000L);
        history.add(fromTheFuture.toBuilder()
                .setEvidence(fromTheFuture.getEvidence().toBuilder().setReceivedMillis(1_500))
                .build());

        assertThat(history.add(events("R(1,2000)").getFirst())).isEqualTo(Outcome.APPLIED);
        assertThat(text(history.remembered())).contains("1:1000-2000");
    }

    @Test
    void twoExportersThatGiveOnePortToTwoHouseholdsAreAFindingUntilItIsExplained() {
        BindingEvent one = Events.byIpfix(Events.fact(BindingEvent.Kind.ALLOCATED, Events.ADDRESS, PORTS, 1, 10));
        BindingEvent other = Events.bySyslog(Events.fact(BindingEvent.Kind.ALLOCATED, Events.ADDRESS, PORTS, 2, 20));
        BindingEvent release = Events.byIpfix(Events.fact(BindingEvent.Kind.RELEASED, Events.ADDRESS, PORTS, 1, 20));
        for (List<BindingEvent> arriving : List.of(List.of(one, other), List.of(other, one))) {
            AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
            history.addAll(arriving);

            assertThat(history.findings.values()).singleElement().satisfies(finding -> {
                assertThat(finding.kind()).isEqualTo(Finding.Kind.CONFLICT);
                assertThat(finding.at()).isEqualTo(Instant.ofEpochMilli(20));
                assertThat(finding.holders()).containsExactly("2001:db8::1");
                assertThat(finding.exporters()).containsExactly("192.0.2.1", "192.0.2.2");
                assertThat(finding.summary())
                        .isEqualTo("Ports 0/6/34 of 203.0.113.7 were taken from their holder by another exporter,"
                                + " 192.0.2.2, without a release by 192.0.2.1");
            });

            history.add(release);
            assertThat(history.findings).as("the release was only late").isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}: {1} findings")
    @CsvSource(delimiter = '|', textBlock = """
            A(1,10) R(1,20) A(2,20) | 0
            A(1,10) A(2,20)         | 0
            A(1,10) A(2,10)         | 2
            A(1,10) A(2,10) R(1,10) | 0
            """)
    void whatOneExporterContradictsItselfInIsAFindingAndALostReleaseIsNone(String events, int findings) {
        AddressHistory history = new AddressHistory(Events.ADDRESS, Duration.ofDays(7));
        history.addAll(events(events));

        assertThat(history.findings).hasSize(findings);
    }

    private static String raw(@Nullable Evidence evidence) {
        return new String(Objects.requireNonNull(evidence).rawBytes(), UTF_8);
    }

    static List<BindingEvent> events(String text) {
        return Arrays.stream(text.split(" ")).map(BindingHistoryTest::event).toList();
    }

    private static BindingEvent event(String text) {
        String[] parts = text.substring(2, text.length() - 1).split(",", -1);
        int household = Integer.parseInt(parts[0]);
        Ports ports = parts.length == 3 ? Ports.parse(parts[1]) : PORTS;
        long at = Long.parseLong(parts[parts.length - 1]);
        return text.charAt(0) == 'A'
                ? Events.allocated(Events.ADDRESS, ports, household, at)
                : Events.released(Events.ADDRESS, ports, household, at);
    }

    static String text(List<BindingInterval> intervals) {
        return sorted(intervals.stream()
                .map(interval -> (interval.startedBy() == Boundary.UNKNOWN ? "?" : "")
                        + Long.toHexString(
                                Objects.requireNonNull(interval.holder().b4()).low())
                        + ":" + interval.start().toEpochMilli() + "-"
                        + (interval.end() == null ? "" : interval.end().toEpochMilli())
                        + (interval.endedBy() == Boundary.INFERRED ? "~" : ""))
                .collect(Collectors.joining(" ")));
    }

    private static String sorted(String intervals) {
        return Arrays.stream(intervals.split(" ")).sorted().collect(Collectors.joining(" "));
    }
}
