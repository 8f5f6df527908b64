package io.portledger.standalone;

import io.portledger.softwire.Ipv4Address;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Compares a whole ledger with the truth.
 *
 * <p>Where nothing can be missing, the documents of a port set must be those of the truth, one for one: holder, start,
 * end, how both are known, and nothing besides. Where a change of a port set falls into a gap, its record may be missing,
 * and then for each moment either the ledger has the true holder, or an answer about it would be incomplete by the rules
 * of the ledger (a gap meets the stretch from the last logged boundary to that moment) or ambiguous, with the true holder
 * among those that it names. No boundary is ever made up.
 */
final class LedgerAudit {

    private static final long OPEN_END_MILLIS = 253_402_300_799_999L;

    /** An interval as it is stored. */
    private record Stored(
            String slot,
            String b4,
            String subscriber,
            Instant start,
            String startedBy,
            @Nullable Instant end,
            String endedBy,
            boolean hasEvidence) {

        static Stored of(JsonNode source) {
            long end = source.path("end").asLong(0);
            boolean isStartLogged = source.path("startedBy").asString("").equals("LOGGED");
            boolean isEndLogged = source.path("endedBy").asString("").equals("LOGGED");
            return new Stored(
                    source.path("slot").asString(""),
                    source.path("b4").asString(""),
                    source.path("subscriber").asString(""),
                    Instant.ofEpochMilli(source.path("start").asLong(0)),
                    source.path("startedBy").asString(""),
                    end == OPEN_END_MILLIS ? null : Instant.ofEpochMilli(end),
                    source.path("endedBy").asString(""),
                    isStartLogged == source.has("startEvidence") && (!isEndLogged || source.has("endEvidence")));
        }

        boolean is(Holding holding) {
            return hasEvidence
                    && b4.equals(holding.b4().toString())
                    && subscriber.equals(holding.subscriber())
                    && start.equals(holding.start())
                    && startedBy.equals("LOGGED")
                    && Objects.equals(end, holding.end())
                    && endedBy.equals(holding.end() == null ? "OPEN" : holding.isDisplaced() ? "INFERRED" : "LOGGED");
        }

        boolean isAt(Instant moment) {
            return !start.isAfter(moment) && (end == null || end.isAfter(moment));
        }
    }

    private final Map<String, JsonNode> gaps;
    private final List<Holding> truth;
    private final List<String> wrong = new ArrayList<>();
    private final Set<String> exact = new HashSet<>();
    private int equal;
    private int withinGaps;

    /**
     * Compares.
     *
     * @param truth everything that was ever held
     * @param bindings the documents of all intervals
     * @param gaps the documents of all gaps
     */
    LedgerAudit(List<Holding> truth, Collection<JsonNode> bindings, Map<String, JsonNode> gaps) {
        this.truth = List.copyOf(truth);
        this.gaps = Map.copyOf(gaps);
        Map<String, List<Holding>> held = new LinkedHashMap<>();
        this.truth.forEach(holding ->
                held.computeIfAbsent(holding.slot(), slot -> new ArrayList<>()).add(holding));
        Map<String, List<Stored>> stored = new HashMap<>();
        bindings.forEach(document -> {
            Stored interval = Stored.of(document);
            stored.computeIfAbsent(interval.slot(), slot -> new ArrayList<>()).add(interval);
        });
        held.forEach((slot, holdings) ->
                compare(holdings, Optional.ofNullable(stored.remove(slot)).orElse(List.of())));
        stored.values().forEach(unknown -> wrong.add("nobody ever held " + unknown));
    }

    /** Documents that are the truth. */
    int equal() {
        return equal;
    }

    /** Documents that differ from the truth, or are missing, where it is known that records are. */
    int withinGaps() {
        return withinGaps;
    }

    /** What is wrong, a sentence each. */
    List<String> wrong() {
        return List.copyOf(wrong);
    }

    /** How many gaps there are of each cause. */
    Map<String, Integer> gapsByCause() {
        Map<String, Integer> causes = new TreeMap<>();
        gaps.values().forEach(gap -> causes.merge(gap.path("cause").asString(""), 1, Integer::sum));
        return causes;
    }

    private void compare(List<Holding> holdings, List<Stored> documents) {
        List<Holding> missing = new ArrayList<>(holdings);
        List<Stored> others = new ArrayList<>(documents);
        for (Holding holding : holdings) {
            Optional<Stored> document =
                    others.stream().filter(stored -> stored.is(holding)).findFirst();
            if (document.isPresent()) {
                equal++;
                others.remove(document.get());
                missing.remove(holding);
            }
        }
        if (missing.isEmpty() && others.isEmpty()) {
            exact.add(holdings.getFirst().slot());
            return;
        }
        boolean mayMiss = !holdings.getFirst().isSure()
                && holdings.stream().anyMatch(holding -> isWithinGap(holding.start()) || isWithinGap(holding.end()));
        if (!mayMiss) {
            missing.forEach(holding -> wrong.add("not in the ledger, though no record can be missing: " + holding
                    + "; the ledger has of these ports: " + others));
            if (missing.isEmpty()) {
                others.forEach(document -> wrong.add("in the ledger, and not true: " + document));
            }
            return;
        }
        withinGaps += Math.max(missing.size(), others.size());
        int before = wrong.size();
        others.forEach(document -> requireTrueBoundaries(document, holdings));
        if (wrong.size() == before) {
            requireTrueWhereComplete(holdings, documents);
        }
    }

    private void requireTrueBoundaries(Stored document, List<Holding> holdings) {
        if (document.startedBy().equals("LOGGED")
                && !isTrue(
                        holdings,
                        holding -> holding.start().equals(document.start())
                                && holding.b4().toString().equals(document.b4()))) {
            wrong.add("begins at a moment at which its holder was given nothing: " + document);
        }
        if (document.endedBy().equals("LOGGED")
                && !isTrue(
                        holdings,
                        holding -> Objects.equals(holding.end(), document.end())
                                && holding.b4().toString().equals(document.b4()))) {
            wrong.add("ends at a moment at which its holder lost nothing: " + document);
        }
    }

    private static boolean isTrue(List<Holding> holdings, Predicate<Holding> condition) {
        return holdings.stream().anyMatch(condition);
    }

    /** The holder can change at boundaries only, so these and the moments before them are all that must be looked at. */
    private void requireTrueWhereComplete(List<Holding> holdings, List<Stored> documents) {
        TreeSet<Instant> moments = new TreeSet<>();
        for (Holding holding : holdings) {
            add(moments, holding.start());
            add(moments, holding.end());
        }
        for (Stored document : documents) {
            add(moments, document.start());
            add(moments, document.end());
        }
        for (Instant moment : moments) {
            List<Stored> known =
                    documents.stream().filter(document -> document.isAt(moment)).toList();
            List<String> named = known.stream().map(Stored::b4).toList();
            List<String> true_ = holdings.stream()
                    .filter(holding -> holding.isAt(moment))
                    .map(holding -> holding.b4().toString())
                    .toList();
            boolean isAmbiguous = known.size() > 1
                    || known.stream().anyMatch(document -> document.startedBy().equals("UNKNOWN"));
            boolean isTrue = isAmbiguous ? named.containsAll(true_) : named.equals(true_);
            if (!isTrue && !isGapBetween(lastLogged(documents, moment), moment)) {
                wrong.add("an answer about %s at %s would be complete and name %s, but true is %s; the ledger has %s"
                        .formatted(holdings.getFirst().slot(), moment, known, true_, documents));
                return;
            }
        }
    }

    private static void add(Set<Instant> moments, @Nullable Instant boundary) {
        if (boundary != null) {
            moments.add(boundary);
            moments.add(boundary.minusMillis(1));
        }
    }

    private static Instant lastLogged(List<Stored> documents, Instant moment) {
        Instant last = Instant.EPOCH;
        for (Stored document : documents) {
            if (document.startedBy().equals("LOGGED")) {
                last = later(last, document.start(), moment);
            }
            if (document.endedBy().equals("LOGGED")) {
                last = later(last, document.end(), moment);
            }
        }
        return last;
    }

    private static Instant later(Instant last, @Nullable Instant boundary, Instant notAfter) {
        return boundary != null && boundary.isAfter(last) && !boundary.isAfter(notAfter) ? boundary : last;
    }

    private boolean isWithinGap(@Nullable Instant moment) {
        return moment != null && isGapBetween(moment, moment);
    }

    /** Whether a known gap meets the stretch, both ends included. */
    private boolean isGapBetween(Instant from, Instant to) {
        return gaps.values().stream()
                .anyMatch(gap -> gap.path("from").asLong(0) <= to.toEpochMilli()
                        && gap.path("to").asLong(0) >= from.toEpochMilli());
    }

    /** Whether the ledger has all of the truth about these ports of this address, and nothing else. */
    boolean isExact(Holding holding) {
        return exact.contains(holding.slot());
    }

    /** Whether the ledger's document of a gap is the one that an answer names. */
    boolean isKnown(JsonNode gap) {
        long from = Instant.parse(gap.path("from").asString("")).toEpochMilli();
        long to = Instant.parse(gap.path("to").asString("")).toEpochMilli();
        return gaps.values().stream()
                .anyMatch(known -> known.path("cause")
                                .asString("")
                                .equals(gap.path("cause").asString(" "))
                        && known.path("from").asLong(0) == from
                        && known.path("to").asLong(0) == to);
    }

    /** Everybody who truly held a port of an address within a window, in the order of their starts. */
    List<Holding> holders(Ipv4Address ipv4, int port, Instant from, Instant to) {
        return truth.stream()
                .filter(holding ->
                        holding.ipv4().equals(ipv4) && holding.ports().contains(port))
                .filter(holding -> !holding.start().isAfter(to)
                        && (holding.end() == null || holding.end().isAfter(from)))
                .sorted(Comparator.comparing(Holding::start))
                .toList();
    }
}
