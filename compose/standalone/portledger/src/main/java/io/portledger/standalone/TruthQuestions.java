package io.portledger.standalone;

import io.portledger.lwb4.fleet.Tenure;
import io.portledger.lwb4.fleet.Truth;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Random questions whose answers fleets of lwB4s know: ports inside and outside the sets, within and at the very edges of
 * the ranges, moments before, at and after the boundaries of bindings and in the midst of them.
 *
 * <p>Where the network hides from the lwB4s what exactly was true, a question has several right answers. For one thread.
 */
public final class TruthQuestions {

    private final List<Truth> truths;
    private final List<Tenure> tenures;
    private final Instant earliest;
    private final Instant latest;
    private final RandomGenerator random;

    /**
     * Prepares to ask about what the fleets know now.
     *
     * @param truths what each fleet knows; their public addresses must be different
     * @param latest no question is about a later moment; nothing may have been unresolved then that still is
     * @throws IllegalArgumentException if there is no binding to ask about
     */
    public TruthQuestions(List<Truth> truths, Instant latest, RandomGenerator random) {
        this.truths = List.copyOf(truths);
        this.latest = latest.truncatedTo(ChronoUnit.MILLIS);
        this.random = random;
        this.tenures = truths.stream()
                .flatMap(truth -> truth.tenures().stream())
                .filter(tenure -> tenure.startNotAfter().isBefore(this.latest))
                .toList();
        this.earliest = tenures.stream()
                .map(Tenure::startNotBefore)
                .min(Instant::compareTo)
                .orElseThrow(() -> new IllegalArgumentException("the fleets have had no binding yet"))
                .minusSeconds(10);
    }

    /**
     * A question with what the fleets know about it.
     *
     * @param ipv4 the public address
     * @param port the port
     * @param at the moment
     * @param possible everybody who may have held it; nobody is possible too unless it is certain
     * @param isCertain whether the one possible holder, or nobody, is the only right answer
     */
    public record Question(Ipv4Address ipv4, int port, Instant at, List<Ipv6Address> possible, boolean isCertain) {

        /** Defensive copy of the list. */
        public Question {
            possible = List.copyOf(possible);
        }

        /**
         * Whether an answer with tolerance zero is right.
         *
         * @param verdict HELD, AMBIGUOUS or NOT_HELD
         * @param holders the softwire addresses of the holders that the answer names
         */
        public boolean isRight(String verdict, List<Ipv6Address> holders) {
            if (isCertain) {
                return verdict.equals(possible.isEmpty() ? "NOT_HELD" : "HELD") && holders.equals(possible);
            }
            return possible.containsAll(holders) && holders.isEmpty() == verdict.equals("NOT_HELD");
        }

        /** What would be right, for people. */
        public String expectation() {
            String names = String.join(
                    " or ", possible.stream().map(Ipv6Address::toString).toList());
            if (isCertain) {
                return possible.isEmpty() ? "nobody" : names;
            }
            return names + " or nobody";
        }
    }

    /** The next question. */
    public Question next() {
        Tenure tenure = tenures.get(random.nextInt(tenures.size()));
        Instant at = moment(tenure);
        if (at.isAfter(latest)) {
            at = between(earliest, latest);
        }
        return about(tenure.ipv4(), port(tenure), at);
    }

    /**
     * For each public address the last thing that is certain to have begun and the last that is certain to have ended: if
     * these are answered rightly, all earlier records have arrived too.
     */
    public List<Question> newest() {
        Map<Ipv4Address, Tenure> begun = new HashMap<>();
        Map<Ipv4Address, Tenure> ended = new HashMap<>();
        for (Tenure tenure : tenures) {
            begun.merge(tenure.ipv4(), tenure, (a, b) -> a.startNotAfter().isAfter(b.startNotAfter()) ? a : b);
            if (!tenure.endNotAfter().isAfter(latest)) {
                ended.merge(tenure.ipv4(), tenure, (a, b) -> a.endNotAfter().isAfter(b.endNotAfter()) ? a : b);
            }
        }
        List<Question> newest = new ArrayList<>();
        begun.values().forEach(tenure -> newest.add(about(tenure.ipv4(), firstPort(tenure), tenure.startNotAfter())));
        ended.values().forEach(tenure -> newest.add(about(tenure.ipv4(), firstPort(tenure), tenure.endNotAfter())));
        return newest;
    }

    /** What the fleets know about an address, port and moment. */
    public Question about(Ipv4Address ipv4, int port, Instant at) {
        List<Tenure> could = new ArrayList<>();
        for (Truth truth : truths) {
            could.addAll(truth.couldHaveHeld(ipv4, port, at));
        }
        boolean isCertain =
                could.isEmpty() || (could.size() == 1 && could.getFirst().mustHoldAt(at));
        return new Question(
                ipv4, port, at, could.stream().map(Tenure::b4).distinct().toList(), isCertain);
    }

    private Instant moment(Tenure tenure) {
        return switch (random.nextInt(8)) {
            case 0 -> tenure.startNotBefore().minusMillis(1);
            case 1 -> tenure.startNotBefore();
            case 2 -> tenure.startNotAfter();
            case 3 -> tenure.endNotBefore().minusMillis(1);
            case 4 -> tenure.endNotBefore();
            case 5 -> tenure.endNotAfter();
            case 6 -> between(tenure.startNotAfter(), earlier(tenure.endNotBefore(), latest));
            default -> between(earliest, latest);
        };
    }

    private int port(Tenure tenure) {
        List<PortRange> ranges = tenure.ports().ranges();
        PortRange range = ranges.get(random.nextInt(ranges.size()));
        return switch (random.nextInt(8)) {
            case 0 -> range.first();
            case 1 -> range.last();
            case 2 -> Math.max(range.first() - 1, 0);
            case 3 -> Math.min(range.last() + 1, 0xffff);
            case 4 -> random.nextInt(0x1_0000);
            default -> random.nextInt(range.first(), range.last() + 1);
        };
    }

    private static int firstPort(Tenure tenure) {
        return tenure.ports().ranges().getFirst().first();
    }

    private Instant between(Instant from, Instant to) {
        long millis = Duration.between(from, to).toMillis();
        return millis <= 0 ? from : from.plusMillis(random.nextLong(millis));
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
