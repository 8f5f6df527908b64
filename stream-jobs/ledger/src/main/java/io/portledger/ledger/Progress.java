package io.portledger.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far the ledger has come, by the marks of all collectors. Pure; see {@code docs/ledger.md}.
 *
 * @param until what exporters told of events up to here, included, is in the ledger, of all collectors; {@link
 *     Instant#EPOCH} if that is not known of one of them, or there is none
 * @param silences exporters that are not heard at present
 */
record Progress(Instant until, List<Mark.Silence> silences) {

    /** Nobody has told, or not all of it. */
    private static final Instant NEVER = Instant.EPOCH;

    static Progress of(List<Mark> marks) {
        Map<String, List<Mark>> byCollector = new TreeMap<>();
        marks.forEach(mark -> byCollector
                .computeIfAbsent(mark.collector(), name -> new ArrayList<>())
                .add(mark));
        Instant least = byCollector.values().stream()
                .map(Progress::until)
                .min(Instant::compareTo)
                .orElse(NEVER);
        Set<Mark.Silence> silences = new LinkedHashSet<>();
        marks.forEach(mark -> silences.addAll(mark.silences()));
        return new Progress(least, List.copyOf(silences));
    }

    /** How far one collector has come: where the partition is that is furthest behind. */
    private static Instant until(List<Mark> ofCollector) {
        int partitions = ofCollector.stream().mapToInt(Mark::partitions).max().orElse(0);
        return ofCollector.size() < partitions
                ? NEVER
                : ofCollector.stream().map(Mark::until).min(Instant::compareTo).orElse(NEVER);
    }

    /** What the ledger cannot know yet of a question's window. */
    List<Gap> gaps(Question question) {
        List<Gap> gaps = new ArrayList<>();
        if (question.to().isAfter(until)) {
            Instant from = until.equals(NEVER) ? NEVER : until.plusMillis(1);
            gaps.add(new Gap(
                    Gap.ANY_EXPORTER,
                    0,
                    Gap.NOT_YET_COLLECTED,
                    from.isAfter(question.to()) ? question.to() : from,
                    question.to(),
                    0));
        }
        for (Mark.Silence silence : silences) {
            if (!silence.since().isAfter(question.to())) {
                gaps.add(new Gap(
                        silence.exporter(),
                        silence.observationDomain(),
                        Gap.SILENT,
                        silence.since(),
                        question.to(),
                        0));
            }
        }
        return gaps;
    }
}
