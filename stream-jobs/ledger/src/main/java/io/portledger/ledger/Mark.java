package io.portledger.ledger;

import java.time.Instant;
import java.util.List;

/**
 * How far the records of one collector, of one partition of a topic, have come into the ledger. Only the marks of all
 * partitions together tell how far the collector has come.
 *
 * @param collector the collector's name
 * @param topic the topic
 * @param partition its partition
 * @param partitions how many partitions there are in all, and so as many marks of this collector
 * @param until what the partition holds of events up to here, included, is in the ledger, as an interval or as a gap
 * @param silences exporters of bindings that the collector does not hear at present
 */
public record Mark(
        String collector, String topic, int partition, int partitions, Instant until, List<Silence> silences) {

    /** Keeps a copy. */
    public Mark {
        silences = List.copyOf(silences);
    }

    /**
     * An exporter that is not heard.
     *
     * @param exporter the exporter, or {@link Gap#ANY_EXPORTER}
     * @param observationDomain its IPFIX observation domain, unsigned
     * @param since its records may be missing from here on
     */
    public record Silence(String exporter, long observationDomain, Instant since) {}
}
