package io.portledger.collector;

import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where an import hands over what it finds; nothing here reads a clock, the time is that of the files. For one thread. */
final class ImportTarget {

    /** Exporters of syslog whose first and last messages are remembered. */
    private static final int MAX_EXPORTERS = 65_536;

    private final IpfixIntake ipfix;
    private final SyslogIntake syslog;
    private final GapBoard gapBoard;
    private final Outbox.Batch batch;
    private final ImportCensus census;
    private final long gapMarginMillis;
    private final boolean isContinuous;
    private final Map<String, Span> spans = new HashMap<>();
    private String file = "";

    /** From the first message to the last. */
    private record Span(long firstMillis, long lastMillis, boolean isOfBindings) {

        Span with(long millis, boolean ofBindings) {
            return new Span(Math.min(firstMillis, millis), Math.max(lastMillis, millis), isOfBindings || ofBindings);
        }
    }

    ImportTarget(
            IpfixIntake ipfix,
            SyslogIntake syslog,
            GapBoard gapBoard,
            Outbox.Batch batch,
            ImportCensus census,
            long gapMarginMillis,
            boolean isContinuous) {
        this.ipfix = ipfix;
        this.syslog = syslog;
        this.gapBoard = gapBoard;
        this.batch = batch;
        this.census = census;
        this.gapMarginMillis = gapMarginMillis;
        this.isContinuous = isContinuous;
    }

    /** What comes now is from this file. */
    void continueIn(String nextFile) {
        file = nextFile;
    }

    String file() {
        return file;
    }

    IpfixIntake ipfix() {
        return ipfix;
    }

    SyslogIntake syslog() {
        return syslog;
    }

    Outbox.Batch batch() {
        return batch;
    }

    ImportCensus census() {
        return census;
    }

    /** Takes a syslog message, or with a fault what should have been one. */
    void takeSyslog(
            byte[] octets, @Nullable String fault, String exporter, Evidence.Transport transport, long atMillis) {
        boolean isOfBindings =
                syslog.take(octets, fault, SyslogIntake.Source.kept(exporter, transport, atMillis, file), batch);
        if (isOfBindings || spans.containsKey(exporter) || spans.size() < MAX_EXPORTERS) {
            spans.merge(
                    exporter,
                    new Span(atMillis, atMillis, isOfBindings),
                    (known, _) -> known.with(atMillis, isOfBindings));
        }
    }

    /** Syslog messages of an exporter are missing between these. */
    void reportHole(String exporter, long fromMillis, long toMillis) {
        gapBoard.report(exporter, 0, ExporterGap.Cause.NOT_COLLECTED, fromMillis - gapMarginMillis, toMillis, 0);
    }

    /** Nothing comes any more: says where the files end. */
    void close() {
        if (isContinuous) {
            return;
        }
        spans.forEach((exporter, span) -> {
            if (span.isOfBindings()) {
                reportHole(exporter, span.firstMillis(), span.firstMillis());
                reportHole(exporter, span.lastMillis(), span.lastMillis());
            }
        });
    }
}
