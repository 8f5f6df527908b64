package io.portledger.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictRulesTest {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("203.0.113.7");

    /** Intervals read {@code holder:start-end} in milliseconds; {@code ?} before it: start unknown; no end: open. */
    @ParameterizedTest(name = "[{0}] at {1} ± {2} is {3}: {4}")
    @CsvSource(delimiter = '|', textBlock = """
            ''                | 100 | 0  | NOT_HELD  | nobody
            A:100-200         | 100 | 0  | HELD      | the first millisecond belongs to the holder
            A:100-200         | 199 | 0  | HELD      | so does the last before the end
            A:50-             | 100 | 10 | HELD      | an open interval goes on
            A:90-111          | 100 | 10 | HELD      | exactly the window
            A:91-200          | 100 | 10 | AMBIGUOUS | begins within the window
            A:50-110          | 100 | 10 | AMBIGUOUS | ends within the window: its end is excluded
            A:50-100 B:100-   | 100 | 1  | AMBIGUOUS | two holders
            A:50-100 A:100-   | 100 | 10 | HELD      | one holder without a break
            A:50-99 A:100-    | 100 | 10 | AMBIGUOUS | one holder with a break of a millisecond
            ?A:50-200         | 100 | 0  | AMBIGUOUS | the start was never logged
            A:50- B:60-       | 100 | 0  | AMBIGUOUS | contradictory records
            A:50- A:70-200    | 100 | 10 | HELD      | one holder under two overlapping sets of ports
            A:50-95 A:60-105 A:101-120 | 100 | 10 | HELD | three pieces that overlap
            A:50-120 A:60-70  | 100 | 15 | HELD      | a piece inside another
            """)
    void saysOnlyWhatTheIntervalsProve(String intervals, long at, long tolerance, Verdict expected, String why) {
        List<BindingInterval> overlapping = new ArrayList<>(Arrays.stream(intervals.split(" "))
                .filter(text -> !text.isEmpty())
                .map(VerdictRulesTest::interval)
                .toList());
        Question question = new Question(ADDRESS, 5, Instant.ofEpochMilli(at), Duration.ofMillis(tolerance));

        assertThat(VerdictRules.verdict(question, overlapping)).as(why).isEqualTo(expected);
        Collections.reverse(overlapping);
        assertThat(VerdictRules.verdict(question, overlapping))
                .as("in any order")
                .isEqualTo(expected);
    }

    @Test
    void aFinerMomentBelongsToItsMillisecond() {
        List<BindingInterval> held = List.of(interval("A:100-200"));
        Question question = new Question(ADDRESS, 5, Instant.ofEpochMilli(199).plusNanos(999_999), Duration.ZERO);

        assertThat(VerdictRules.verdict(question, held)).isEqualTo(Verdict.HELD);
    }

    @Test
    void aSubscriberNameLearntLaterDoesNotMakeAnotherHolder() {
        Holder named = new Holder(Samples.household('A').b4(), null, "customer-1", 0);
        BindingInterval first = interval("A:50-100");
        BindingInterval second =
                Samples.logged(ADDRESS, PortSet.parse("0/6/0"), named, Instant.ofEpochMilli(100), null);
        Question question = new Question(ADDRESS, 5, Instant.ofEpochMilli(100), Duration.ofMillis(10));

        assertThat(VerdictRules.verdict(question, List.of(first, second))).isEqualTo(Verdict.HELD);
    }

    @Test
    void holdersKnownByNameOnlyAreToldApartByName() {
        BindingInterval first = Samples.logged(
                ADDRESS,
                PortSet.parse("0/6/0"),
                new Holder(null, null, "customer-1", 0),
                Instant.ofEpochMilli(50),
                Instant.ofEpochMilli(100));
        BindingInterval second = Samples.logged(
                ADDRESS,
                PortSet.parse("0/6/0"),
                new Holder(null, null, "customer-2", 0),
                Instant.ofEpochMilli(100),
                null);
        Question question = new Question(ADDRESS, 5, Instant.ofEpochMilli(100), Duration.ofMillis(10));

        assertThat(VerdictRules.verdict(question, List.of(first, second))).isEqualTo(Verdict.AMBIGUOUS);
    }

    @ParameterizedTest(name = "gap {0}-{1} against window 90-110 with last boundary {2}: {3}")
    @CsvSource({
        "50, 60, 61, false",
        "50, 60, 60, true",
        "50, 60, 0, true",
        "110, 200, 80, true",
        "111, 200, 80, false",
        "95, 95, 80, true",
    })
    void onlyLossesSinceTheLastLoggedBoundaryMatter(long from, long to, long lastLogged, boolean matters) {
        Question question = new Question(ADDRESS, 5, Instant.ofEpochMilli(100), Duration.ofMillis(10));
        Gap gap = new Gap("192.0.2.1", 0, "SEQUENCE", Instant.ofEpochMilli(from), Instant.ofEpochMilli(to), 1);

        assertThat(VerdictRules.matters(gap, question, Instant.ofEpochMilli(lastLogged)))
                .isEqualTo(matters);
    }

    private static BindingInterval interval(String text) {
        boolean unknown = text.startsWith("?");
        String known = unknown ? text.substring(1) : text;
        Holder holder = Samples.household(known.charAt(0));
        String[] times = known.substring(2).split("-", -1);
        Instant start = Instant.ofEpochMilli(Long.parseLong(times[0]));
        Instant end = times[1].isEmpty() ? null : Instant.ofEpochMilli(Long.parseLong(times[1]));
        PortSet ports = PortSet.parse("0/6/0");
        BindingInterval logged = Samples.logged(ADDRESS, ports, holder, start, end);
        return unknown && end != null ? Samples.unknownStart(ADDRESS, ports, holder, start, end) : logged;
    }
}
