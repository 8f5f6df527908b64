package io.portledger.collector;

import io.portledger.records.v1.CollectorMark;
import io.portledger.records.v1.ExporterGap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Remembers beyond the end of their sessions when exporters were heard: to see that one began anew, and that one is
 * silent. Any thread may report.
 */
final class ExporterWatch {

    /** Exporters with their observation domains that are remembered. */
    private static final int MAX_REMEMBERED = 65_536;

    /** Silences told one by one; of more, the last stands for the rest. */
    private static final int MAX_SILENCES = 1_000;

    private final GapBoard gapBoard;
    private final long silenceMillis;
    private final long forgottenMillis;
    private final long gapMarginMillis;
    private final Map<Origin, Long> heardMillis = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<Counting, Long> lastMessageMillis = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Counting, Long> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    private record Origin(String exporter, int observationDomain) {}

    /** What counts its messages or records on its own. */
    private record Counting(String exporter, int observationDomain, int version) {}

    ExporterWatch(GapBoard gapBoard, IpfixSettings settings, long gapMarginMillis) {
        this.gapBoard = gapBoard;
        this.silenceMillis = settings.silence().toMillis();
        this.forgottenMillis = settings.silenceForgotten().toMillis();
        this.gapMarginMillis = gapMarginMillis;
    }

    /** A message came, of whatever it speaks. */
    synchronized void onMessage(String exporter, int observationDomain, int version, long atMillis) {
        lastMessageMillis.put(new Counting(exporter, observationDomain, version), atMillis);
    }

    /** When the last message came, by whichever session. */
    synchronized OptionalLong lastMessageMillis(String exporter, int observationDomain, int version) {
        Long last = lastMessageMillis.get(new Counting(exporter, observationDomain, version));
        return last == null ? OptionalLong.empty() : OptionalLong.of(last);
    }

    /** An exporter of bindings was heard, so that it can be missed from now on. */
    synchronized void onHeard(String exporter, int observationDomain, long now) {
        Origin origin = new Origin(exporter, observationDomain);
        Long before = heardMillis.put(origin, now);
        if (before != null && now - before >= silenceMillis) {
            reportSilence(origin, before, now);
        }
        if (heardMillis.size() > MAX_REMEMBERED) {
            forgetLongestSilent(now);
        }
    }

    /** Exporters of bindings that are silent, those that are longest first. */
    synchronized List<CollectorMark.Silence> silences(long now) {
        long latest = now - silenceMillis;
        List<CollectorMark.Silence> silences = new ArrayList<>();
        for (Map.Entry<Origin, Long> heard : heardMillis.entrySet()) {
            // The map is in the order of hearing.
            if (heard.getValue() > latest) {
                break;
            }
            boolean standsForTheRest = silences.size() == MAX_SILENCES - 1;
            silences.add(CollectorMark.Silence.newBuilder()
                    .setExporter(
                            standsForTheRest
                                    ? GapBoard.ANY_EXPORTER
                                    : heard.getKey().exporter())
                    .setObservationDomain(standsForTheRest ? 0 : heard.getKey().observationDomain())
                    .setSinceMillis(Math.max(0, heard.getValue() - gapMarginMillis))
                    .build());
            if (standsForTheRest) {
                break;
            }
        }
        return silences;
    }

    /** Nobody knows of which exporter records were lost between the two moments: of each that was heard, perhaps. */
    synchronized void reportNotCollected(long fromMillis, long toMillis) {
        if (heardMillis.size() > MAX_SILENCES) {
            reportNotCollected(new Origin(GapBoard.ANY_EXPORTER, 0), fromMillis, toMillis);
        } else {
            heardMillis.keySet().forEach(origin -> reportNotCollected(origin, fromMillis, toMillis));
        }
    }

    private void reportNotCollected(Origin origin, long fromMillis, long toMillis) {
        gapBoard.report(
                origin.exporter(),
                origin.observationDomain(),
                ExporterGap.Cause.NOT_COLLECTED,
                fromMillis - gapMarginMillis,
                toMillis,
                0);
    }

    /** Gives up exporters that were silent for too long. */
    synchronized void expire(long now) {
        while (!heardMillis.isEmpty() && heardMillis.values().iterator().next() + forgottenMillis < now) {
            forgetLongestSilent(now);
        }
    }

    private void forgetLongestSilent(long now) {
        Map.Entry<Origin, Long> eldest = heardMillis.entrySet().iterator().next();
        heardMillis.remove(eldest.getKey());
        if (now - eldest.getValue() >= silenceMillis) {
            reportSilence(eldest.getKey(), eldest.getValue(), now);
        }
    }

    private void reportSilence(Origin origin, long lastMillis, long now) {
        gapBoard.report(
                origin.exporter(),
                origin.observationDomain(),
                ExporterGap.Cause.SILENT,
                lastMillis - gapMarginMillis,
                now,
                0);
    }
}
