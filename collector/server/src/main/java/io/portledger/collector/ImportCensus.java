package io.portledger.collector;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.records.BindingEventReader;
import io.portledger.records.Topic;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Mapping;
import io.portledger.records.v1.NatCondition;
import io.portledger.records.v1.PortUsage;
import io.portledger.records.v1.Undecodable;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/** Counts what an import makes of each file. Records tell their file; gaps count for the one that is being read. */
final class ImportCensus {

    /** Reasons told one by one. */
    private static final int MAX_REASONS = 100;

    private static final String MORE_REASONS = "other reasons";

    private final Map<String, Counts> files = new LinkedHashMap<>();
    private Counts current = new Counts();
    private CollectorCounters before;

    /** Of one file. */
    private static final class Counts {
        private final Map<String, Long> events = new LinkedHashMap<>();
        private final Map<String, Long> messages = new LinkedHashMap<>();
        private final Map<String, Long> gaps = new TreeMap<>();
        private final Map<String, Map<String, Long>> skipped = new LinkedHashMap<>();
        private @Nullable String format;
        private @Nullable String fault;
        private long packets;
        private long templates;
        private long records;
        private long firstMillis = Long.MAX_VALUE;
        private long lastMillis = Long.MIN_VALUE;

        Counts() {
            for (String protocol : new String[] {"ipfix", "netflow9", "syslog"}) {
                messages.put(protocol, 0L);
            }
            for (String kind : new String[] {"bindings", "mappings", "sessions", "conditions", "usage"}) {
                events.put(kind, 0L);
            }
            for (String kind : new String[] {"undecodable", "notAboutBindings", "notRead"}) {
                skipped.put(kind, new TreeMap<>());
            }
        }

        void skip(String kind, String reason, long more) {
            Map<String, Long> reasons = skipped.computeIfAbsent(kind, _ -> new TreeMap<>());
            String told = reasons.containsKey(reason) || reasons.size() < MAX_REASONS ? reason : MORE_REASONS;
            reasons.merge(told, more, Long::sum);
        }

        void add(Counts other) {
            other.events.forEach((kind, count) -> events.merge(kind, count, Long::sum));
            other.messages.forEach((protocol, count) -> messages.merge(protocol, count, Long::sum));
            other.gaps.forEach((cause, count) -> gaps.merge(cause, count, Long::sum));
            other.skipped.forEach((kind, reasons) -> reasons.forEach((reason, count) -> skip(kind, reason, count)));
            packets += other.packets;
            templates += other.templates;
            records += other.records;
            firstMillis = Math.min(firstMillis, other.firstMillis);
            lastMillis = Math.max(lastMillis, other.lastMillis);
        }

        ImportedFile toFile(@Nullable String name) {
            return new ImportedFile(
                    name,
                    format,
                    fault,
                    packets,
                    messages,
                    templates,
                    records,
                    events,
                    firstMillis == Long.MAX_VALUE ? null : Instant.ofEpochMilli(firstMillis),
                    lastMillis == Long.MIN_VALUE ? null : Instant.ofEpochMilli(lastMillis),
                    gaps,
                    skipped);
        }
    }

    ImportCensus(CollectorCounters before) {
        this.before = before;
    }

    /** A file begins. */
    synchronized void begin(String file) {
        current = files.computeIfAbsent(file, _ -> new Counts());
    }

    /** What the file is. */
    synchronized void format(String format) {
        current.format = format;
    }

    /** The file cannot be read, or not any further. */
    synchronized void fault(String fault) {
        current.fault = fault;
    }

    /** A packet was read. */
    synchronized void packet() {
        current.packets++;
    }

    /** Something was not read at all. */
    synchronized void notRead(String reason, long more) {
        current.skip("notRead", reason, more);
    }

    /** What the collector counted while the file was read. */
    synchronized void counted(CollectorCounters now) {
        more("ipfix", Counter.IPFIX_MESSAGES, now);
        more("netflow9", Counter.NETFLOW_PACKETS, now);
        more("syslog", Counter.SYSLOG_MESSAGES, now);
        current.templates += now.get(Counter.IPFIX_TEMPLATES) - before.get(Counter.IPFIX_TEMPLATES);
        current.records += now.get(Counter.IPFIX_RECORDS) - before.get(Counter.IPFIX_RECORDS);
        before = now;
    }

    private void more(String protocol, Counter counter, CollectorCounters now) {
        current.messages.merge(protocol, now.get(counter) - before.get(counter), Long::sum);
    }

    /** A record is on its way. */
    synchronized void count(ProducerRecord<byte[], byte[]> record) {
        try {
            if (record.topic().equals(Topic.NAT_EVENTS.topicName())) {
                for (BindingEvent event : BindingEventReader.read(BindingEvents.parseFrom(record.value()))) {
                    Counts counts = of(event.getEvidence());
                    counts.events.merge(kind(event), 1L, Long::sum);
                    counts.firstMillis = Math.min(counts.firstMillis, event.getEventTimeMillis());
                    counts.lastMillis = Math.max(counts.lastMillis, event.getEventTimeMillis());
                }
            } else if (record.topic().equals(Topic.NAT_CONDITIONS.topicName())) {
                of(NatCondition.parseFrom(record.value()).getEvidence()).events.merge("conditions", 1L, Long::sum);
            } else if (record.topic().equals(Topic.PORT_USAGE.topicName())) {
                of(PortUsage.parseFrom(record.value()).getEvidence()).events.merge("usage", 1L, Long::sum);
            } else if (record.topic().equals(Topic.EXPORTER_HEALTH.topicName())) {
                current.gaps.merge(
                        ExporterGap.parseFrom(record.value()).getCause().name(), 1L, Long::sum);
            } else {
                Undecodable undecodable = Undecodable.parseFrom(record.value());
                of(undecodable.getSource())
                        .skip(
                                undecodable.getNotAboutBindings() ? "notAboutBindings" : "undecodable",
                                undecodable.getReason(),
                                1);
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a record of our own cannot be read", e);
        }
    }

    private static String kind(BindingEvent event) {
        if (!event.hasMapping()) {
            return "bindings";
        }
        Mapping mapping = event.getMapping();
        if (mapping.getDestinationIpv4() != 0 || mapping.getDestinationPort() != 0) {
            return "sessions";
        }
        String[] ends = event.getPorts().split("-", 2);
        boolean isOnePort = ends.length == 1 || ends[0].equals(ends[1]);
        return isOnePort || mapping.getInsidePort() != 0 ? "mappings" : "bindings";
    }

    private Counts of(Evidence evidence) {
        return files.getOrDefault(evidence.getFile(), current);
    }

    /** The result. */
    synchronized ImportSummary summary(boolean isLoaded) {
        Counts total = new Counts();
        files.values().forEach(total::add);
        return ImportSummary.of(
                isLoaded,
                files.entrySet().stream()
                        .map(file -> file.getValue().toFile(file.getKey()))
                        .toList(),
                total.toFile(null));
    }
}
