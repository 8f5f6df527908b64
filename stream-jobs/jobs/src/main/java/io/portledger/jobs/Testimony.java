package io.portledger.jobs;

import com.google.protobuf.ByteString;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.Evidence;
import io.portledger.softwire.Ports;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A fact and the record that tells it. Several records may tell the same fact: by IPFIX and by syslog, from both of a
 * hot-standby pair, in snapshots. {@link #merge} makes one testimony of them that does not depend on their order.
 *
 * @param fact what happened
 * @param evidence the record
 */
record Testimony(BindingFact fact, Evidence evidence) {

    private static final Comparator<Evidence> EVIDENCE_ORDER = Comparator.comparingInt(Evidence::getTransportValue)
            .thenComparing(Evidence::getExporter)
            .thenComparing(Evidence::getObservationDomain, Integer::compareUnsigned)
            .thenComparing(Evidence::getSequence, Integer::compareUnsigned)
            .thenComparing(Evidence::getRaw, ByteString.unsignedLexicographicalComparator())
            .thenComparing(Evidence::getTemplateId, Integer::compareUnsigned)
            .thenComparing(Evidence::getHostname)
            .thenComparingLong(Evidence::getReceivedMillis);

    /** @throws io.portledger.records.InvalidRecordException if the record says what its contract does not allow */
    static Testimony from(BindingEvent event) {
        return new Testimony(BindingFact.from(event), event.getEvidence());
    }

    BindingEvent toEvent() {
        return fact.toEvent(evidence);
    }

    /** What makes it this fact and no other. */
    Identity identity() {
        return new Identity(atMillis(), fact.kind(), ports(), holder().identity());
    }

    boolean isAllocation() {
        return fact.kind() == BindingEvent.Kind.ALLOCATED;
    }

    long atMillis() {
        return fact.eventTimeMillis();
    }

    Ports ports() {
        return fact.ports();
    }

    Holder holder() {
        return new Holder(fact.ipv6(), fact.insideIpv4(), fact.subscriber(), fact.natInstance());
    }

    /**
     * One testimony of two for the same fact: the evidence is that of the lesser record in an order of content, not of
     * arrival, so that a rebuild chooses the same; what only one of them knows is kept.
     */
    Testimony merge(Testimony other) {
        Testimony lesser = EVIDENCE_ORDER.compare(evidence, other.evidence) <= 0 ? this : other;
        BindingFact kept = lesser.fact;
        return new Testimony(
                new BindingFact(
                        kept.kind(),
                        kept.eventTimeMillis(),
                        kept.ipv4(),
                        kept.ports(),
                        kept.ipv6(),
                        kept.insideIpv4(),
                        least(fact.subscriber(), other.fact.subscriber()),
                        Integer.compareUnsigned(fact.natInstance(), other.fact.natInstance()) > 0
                                ? fact.natInstance()
                                : other.fact.natInstance(),
                        least(fact.br(), other.fact.br()),
                        kept.mapping()),
                lesser.evidence);
    }

    private static <T extends Comparable<? super T>> @Nullable T least(@Nullable T one, @Nullable T other) {
        return one == null ? other : other == null ? one : one.compareTo(other) <= 0 ? one : other;
    }

    /**
     * A fact, whoever tells it; ordered by time first.
     *
     * @param holder in its form without what may differ between records of the same household
     */
    record Identity(long atMillis, BindingEvent.Kind kind, Ports ports, Holder holder) implements Comparable<Identity> {

        private static final Comparator<Holder> HOLDER_ORDER = Comparator.comparing(
                holder -> Stream.of(holder.b4(), holder.insideIpv4(), holder.natInstance(), holder.subscriber())
                        .map(String::valueOf)
                        .toList()
                        .toString());

        private static final Comparator<Identity> ORDER = Comparator.comparingLong(Identity::atMillis)
                .thenComparing(Identity::kind)
                .thenComparing(identity -> identity.ports().key())
                .thenComparing(Identity::holder, HOLDER_ORDER);

        @Override
        public int compareTo(Identity other) {
            return ORDER.compare(this, other);
        }
    }
}
