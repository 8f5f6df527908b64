package io.portledger.collector;

import io.portledger.records.BindingFact;
import io.portledger.records.v1.ExporterGap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Collects gaps and joins those of one exporter, observation domain and cause that meet, so that a flood of losses does
 * not become a flood of records. Any thread may report; whoever flushes publishes.
 */
final class GapBoard {

    /** Stands for the exporter where it is not known whose records may be missing. */
    static final String ANY_EXPORTER = "*";

    private record Key(String exporter, int observationDomain, ExporterGap.Cause cause) {}

    private final Map<Key, List<ExporterGap>> gaps = new LinkedHashMap<>();

    /**
     * Records of an exporter may be missing.
     *
     * @param observationDomain unsigned; 0 for syslog
     * @param fromMillis first moment, included; below 0 is taken as 0, since ever
     * @param toMillis last moment, included
     * @param lostRecords how many are known to be missing; 0 if unknown
     */
    synchronized void report(
            String exporter,
            int observationDomain,
            ExporterGap.Cause cause,
            long fromMillis,
            long toMillis,
            long lostRecords) {
        long from = Math.max(0, Math.min(fromMillis, toMillis));
        List<ExporterGap> ofKey =
                gaps.computeIfAbsent(new Key(exporter, observationDomain, cause), key -> new ArrayList<>());
        if (!ofKey.isEmpty()) {
            ExporterGap last = ofKey.getLast();
            if (from <= last.getToMillis() && toMillis >= last.getFromMillis()) {
                ofKey.set(
                        ofKey.size() - 1,
                        last.toBuilder()
                                .setFromMillis(Math.min(from, last.getFromMillis()))
                                .setToMillis(Math.max(toMillis, last.getToMillis()))
                                .setLostRecords(last.getLostRecords() + lostRecords)
                                .build());
                return;
            }
        }
        ofKey.add(ExporterGap.newBuilder()
                .setExporter(exporter)
                .setObservationDomain(observationDomain)
                .setCause(cause)
                .setFromMillis(from)
                .setToMillis(toMillis)
                .setLostRecords(lostRecords)
                .build());
    }

    /**
     * A record is lost that may tell when its event was: the gap reaches to that time as well, however long the record
     * was on its way. A time that cannot be is not gone by.
     *
     * @param receivedMillis when the record was received
     */
    void reportLost(
            String exporter,
            int observationDomain,
            ExporterGap.Cause cause,
            OptionalLong eventTimeMillis,
            long receivedMillis,
            long fromMillis,
            long toMillis,
            long lostRecords) {
        long from = fromMillis;
        long to = toMillis;
        if (eventTimeMillis.isPresent() && BindingFact.isPlausible(eventTimeMillis.getAsLong(), receivedMillis)) {
            from = Math.min(from, eventTimeMillis.getAsLong());
            to = Math.max(to, eventTimeMillis.getAsLong());
        }
        report(exporter, observationDomain, cause, from, to, lostRecords);
    }

    /** Takes all gaps off the board. */
    synchronized List<ExporterGap> flush() {
        if (gaps.isEmpty()) {
            return List.of();
        }
        List<ExporterGap> all = new ArrayList<>();
        gaps.values().forEach(all::addAll);
        gaps.clear();
        return all;
    }
}
