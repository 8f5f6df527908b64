package io.portledger.webapp.retention;

import io.portledger.ledger.ClosedIndices;
import io.portledger.ledger.LedgerException;
import io.portledger.ledger.Retention;
import io.portledger.ledger.Retention.Kept;
import io.portledger.webapp.WebSettings;
import io.portledger.webapp.audit.AuditEvent;
import io.portledger.webapp.audit.AuditException;
import io.portledger.webapp.audit.AuditLog;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

/**
 * Deletes once an hour, or as often as the settings say, what is older than its period, kind by kind, and writes to the audit log what is going to be
 * deleted, and what was. A kind without a period is kept for ever. What fails is tried again the next time. Indices that
 * are closed are merged.
 */
@Component
class RetentionSchedule {

    private static final Logger LOG = LoggerFactory.getLogger(RetentionSchedule.class);

    private final Retention retention;
    private final ClosedIndices closedIndices;
    private final AuditLog audit;
    private final Clock clock;
    private final Map<Kept, Duration> periods = new EnumMap<>(Kept.class);

    RetentionSchedule(
            Retention retention, ClosedIndices closedIndices, AuditLog audit, Clock clock, WebSettings settings) {
        this.retention = retention;
        this.closedIndices = closedIndices;
        this.audit = audit;
        this.clock = clock;
        put(Kept.BINDINGS, settings.retention().bindings());
        put(Kept.SESSIONS, settings.retention().sessions());
        put(Kept.USAGE, settings.retention().usage());
        put(Kept.FINDINGS, settings.retention().findings());
    }

    private void put(Kept kept, @Nullable Duration period) {
        if (period == null) {
            return;
        }
        if (period.compareTo(Duration.ofDays(1)) < 0) {
            throw new IllegalArgumentException("portledger.retention: the period of " + kept + " is " + period
                    + " (allowed: a day and more, or nothing for ever)");
        }
        periods.put(kept, period);
    }

    /** One index at a time, so that it does not disturb. */
    @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT10M")
    void merge() {
        try {
            closedIndices.mergeOldest().ifPresent(index -> LOG.info("Index {} is merged", index));
        } catch (LedgerException e) {
            LOG.warn("{}", e.getMessage());
        }
    }

    @Scheduled(
            fixedDelayString = "${portledger.retention.every}",
            initialDelayString = "${portledger.retention.first-after}")
    void run() {
        periods.forEach((kept, period) -> {
            try {
                retention
                        .round(
                                kept,
                                clock.instant().minus(period),
                                (_, cutoff, documents) ->
                                        audit.append(new AuditEvent.Deleting(kept, cutoff, documents)),
                                sum -> LOG.info("{} documents of {} are deleted", sum, kept))
                        .ifPresent(deleted -> audit.append(new AuditEvent.Deleted(deleted)));
            } catch (LedgerException | AuditException e) {
                LOG.error(
                        "Nothing more of {} is deleted for now, and it is tried again the next time: {}",
                        kept,
                        e.getMessage());
            }
        });
    }
}
