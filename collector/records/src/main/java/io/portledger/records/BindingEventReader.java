package io.portledger.records;

import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import java.util.ArrayList;
import java.util.List;

/** Reads the events of a record of {@link Topic#NAT_EVENTS}, each with its whole evidence. */
public final class BindingEventReader {

    private BindingEventReader() {}

    /**
     * The events of a record, in its order; none of a mark.
     *
     * @throws InvalidRecordException if there are more than {@value BindingEventsWriter.MAX_EVENTS}
     */
    public static List<BindingEvent> read(BindingEvents batch) {
        int count = batch.getEventsCount();
        if (count > BindingEventsWriter.MAX_EVENTS) {
            throw new InvalidRecordException(
                    "events are " + count + " (allowed: at most " + BindingEventsWriter.MAX_EVENTS + ")");
        }
        List<BindingEvent> events = new ArrayList<>(count);
        Evidence before = Evidence.getDefaultInstance();
        for (BindingEvent event : batch.getEventsList()) {
            Evidence evidence = event.getEvidence();
            if (evidence.getExporter().isEmpty() && !before.getExporter().isEmpty()) {
                evidence = evidence.toBuilder()
                        .setExporter(before.getExporter())
                        .setTransport(before.getTransport())
                        .setObservationDomain(before.getObservationDomain())
                        .setTemplateId(before.getTemplateId())
                        .setHostname(before.getHostname())
                        .setDialect(before.getDialect())
                        .setFile(before.getFile())
                        .build();
                events.add(event.toBuilder().setEvidence(evidence).build());
            } else {
                events.add(event);
            }
            before = evidence;
        }
        return events;
    }
}
