package io.portledger.webapp.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Gap;
import io.portledger.ledger.Question;
import io.portledger.records.NatMapping;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.webapp.lookup.Inquiry;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.PortReading;
import io.portledger.webapp.lookup.Wording;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An answer as the REST interface and {@code portledger who --json} give it. Times are ISO 8601 in UTC with
 * milliseconds; intervals include their start and not their end.
 *
 * @param question what was asked, and how it was understood
 * @param verdict HELD, AMBIGUOUS or NOT_HELD
 * @param summary the verdict in one sentence
 * @param complete false if records that could change the verdict may be missing
 * @param holders everybody who had the port within the window asked about, in order of time
 * @param evidence the records by which that is known
 * @param gaps where records may be missing; empty if complete
 */
record AnswerDocument(
        QuestionDocument question,
        String verdict,
        String summary,
        boolean complete,
        List<HolderDocument> holders,
        List<EvidenceDocument> evidence,
        List<GapDocument> gaps) {

    /** More ranges than this are not listed: a set may have 32767 of them. */
    private static final int MAX_RANGES = 64;

    /**
     * The question.
     *
     * @param ipv4 the public address
     * @param port the port
     * @param protocol IP protocol number, or null if it was not asked with
     * @param farEnd the far end, or null if it was not asked with
     * @param time the moment asked about
     * @param tolerance how far off it may be either way, an ISO 8601 duration
     * @param from first moment of the window
     * @param to last moment of the window
     * @param reference the case
     * @param remark how the time was understood where another reading was possible, or null
     */
    record QuestionDocument(
            String ipv4,
            int port,
            @Nullable Integer protocol,
            @Nullable String farEnd,
            String time,
            String tolerance,
            String from,
            String to,
            @JsonProperty("case") String reference,
            @Nullable String remark) {}

    /**
     * One holding.
     *
     * @param b4 the household's softwire address, or null for a plain NAT
     * @param subscriber the operator's name for the subscriber, or null
     * @param insideIpv4 the address inside a NAT, or null
     * @param natInstance tells equal inside addresses apart; 0 if unknown
     * @param br the lwAFTR's tunnel end point, or null
     * @param ipv4 the public address
     * @param ports the ports' key: {@code a/k/psid} of a port set, {@code first-last} of a block
     * @param start when it began, or null if no record tells
     * @param startedBy LOGGED, INFERRED or UNKNOWN
     * @param end when it ended, or null while it is open or if no record tells
     * @param endedBy LOGGED, INFERRED, UNKNOWN or OPEN
     * @param mapping how the port asked about belongs to the ports
     * @param nat of which entry of a NAT's table this tells, or null if the holder had all traffic of the ports
     */
    record HolderDocument(
            @Nullable String b4,
            @Nullable String subscriber,
            @Nullable String insideIpv4,
            int natInstance,
            @Nullable String br,
            String ipv4,
            String ports,
            @Nullable String start,
            String startedBy,
            @Nullable String end,
            String endedBy,
            MappingDocument mapping,
            @Nullable NatDocument nat) {}

    /**
     * A mapping or session of a NAT.
     *
     * @param protocol IP protocol number, or null if the exporter did not tell
     * @param insidePort port inside the NAT, or null if the exporter did not tell
     * @param destination the far end's address, or null for a mapping, which serves any
     * @param destinationPort the far end's port, or null
     */
    record NatDocument(
            @Nullable Integer protocol,
            @Nullable Integer insidePort,
            @Nullable String destination,
            @Nullable Integer destinationPort) {}

    /**
     * From the port to its owner.
     *
     * @param kind PORT_SET or BLOCK; a block has no a, k, m, psid, offsetValue and index
     * @param bits the port's 16 bits
     * @param psidOffset a
     * @param psidLength k
     * @param contiguousBits m
     * @param offsetValue A, the value of the first a bits
     * @param psid the value of the next k bits
     * @param index j, the value of the last m bits
     * @param range the contiguous range that has the port
     * @param rangeCount how many ranges the holder has
     * @param portCount how many ports the holder has
     * @param ranges the first ranges, at most 64
     * @param toPsid the calculation from the port to the PSID
     * @param toPort the calculation back
     */
    record MappingDocument(
            String kind,
            String bits,
            @Nullable Integer psidOffset,
            @Nullable Integer psidLength,
            @Nullable Integer contiguousBits,
            @Nullable Integer offsetValue,
            @Nullable Integer psid,
            @Nullable Integer index,
            RangeDocument range,
            int rangeCount,
            int portCount,
            List<RangeDocument> ranges,
            String toPsid,
            String toPort) {}

    /**
     * Ports {@code first} to {@code last}, both included.
     *
     * @param first lowest port
     * @param last highest port
     */
    record RangeDocument(int first, int last) {}

    /**
     * A record that proves a boundary.
     *
     * @param holder its place in the list of holders, from 0
     * @param boundary START or END
     * @param exporter the sender's address
     * @param transport as in {@link Evidence}
     * @param observationDomain of IPFIX; 0 for syslog
     * @param sequence of IPFIX; 0 for syslog
     * @param templateId of IPFIX; 0 for syslog
     * @param hostname of a syslog message, or empty
     * @param dialect by which a syslog message was read, or empty
     * @param file from which the record was imported, or empty
     * @param received when the collector received it
     * @param raw the bytes in hexadecimal
     * @param text the bytes as text, of a syslog message only
     */
    record EvidenceDocument(
            int holder,
            String boundary,
            String exporter,
            String transport,
            long observationDomain,
            long sequence,
            int templateId,
            String hostname,
            String dialect,
            String file,
            String received,
            String raw,
            @Nullable String text) {}

    /**
     * A stretch of time in which records may be missing.
     *
     * @param exporter whose
     * @param observationDomain of IPFIX; 0 for syslog
     * @param cause SEQUENCE, RESTART or UNDECODABLE
     * @param from first moment
     * @param to last moment
     * @param lostRecords how many are known to be missing; 0 if unknown
     */
    record GapDocument(
            String exporter, long observationDomain, String cause, String from, String to, long lostRecords) {}

    static AnswerDocument of(Inquiry inquiry, Answer answer, @Nullable String remark) {
        Question question = answer.question();
        List<EvidenceDocument> evidence = new ArrayList<>();
        List<HolderDocument> holders = new ArrayList<>();
        for (BindingInterval interval : answer.holders()) {
            if (interval.startEvidence() != null) {
                evidence.add(evidence(holders.size(), "START", interval.startEvidence()));
            }
            if (interval.endEvidence() != null) {
                evidence.add(evidence(holders.size(), "END", interval.endEvidence()));
            }
            holders.add(holder(interval, question.port()));
        }
        return new AnswerDocument(
                new QuestionDocument(
                        question.ipv4().toString(),
                        question.port(),
                        question.protocol() == 0 ? null : question.protocol(),
                        inquiry.draft().to().isEmpty() ? null : inquiry.draft().to(),
                        Moment.write(question.at()),
                        question.tolerance().toString(),
                        Moment.write(question.from()),
                        Moment.write(question.to()),
                        inquiry.reference(),
                        remark),
                answer.verdict().name(),
                Wording.verdict(answer),
                answer.complete(),
                holders,
                evidence,
                answer.gaps().stream().map(AnswerDocument::gap).toList());
    }

    private static HolderDocument holder(BindingInterval interval, int port) {
        return new HolderDocument(
                Objects.toString(interval.holder().b4(), null),
                interval.holder().subscriber(),
                Objects.toString(interval.holder().insideIpv4(), null),
                interval.holder().natInstance(),
                Objects.toString(interval.br(), null),
                interval.ipv4().toString(),
                interval.ports().key(),
                Wording.start(interval),
                interval.startedBy().name(),
                interval.end() == null ? null : Moment.write(interval.end()),
                interval.endedBy().name(),
                mapping(new PortReading(port, interval.ports())),
                interval.mapping() == null ? null : nat(interval.mapping()));
    }

    private static NatDocument nat(NatMapping mapping) {
        return new NatDocument(
                mapping.protocol() == 0 ? null : mapping.protocol(),
                mapping.insidePort() == 0 ? null : mapping.insidePort(),
                Objects.toString(mapping.destination(), null),
                mapping.destinationPort() == 0 ? null : mapping.destinationPort());
    }

    private static MappingDocument mapping(PortReading reading) {
        PortSet set = reading.ports() instanceof PortSet portSet ? portSet : null;
        return new MappingDocument(
                set == null ? "BLOCK" : "PORT_SET",
                reading.bits(),
                set == null ? null : set.psidOffset(),
                set == null ? null : set.psidLength(),
                set == null ? null : set.contiguousBits(),
                set == null ? null : reading.offsetValue(set),
                set == null ? null : set.psid(),
                set == null ? null : reading.indexInRange(set),
                range(reading.range()),
                reading.rangeCount(),
                reading.ports().portCount(),
                reading.firstRanges(MAX_RANGES).stream()
                        .map(AnswerDocument::range)
                        .toList(),
                reading.toPsid(),
                reading.toPort());
    }

    private static RangeDocument range(PortRange range) {
        return new RangeDocument(range.first(), range.last());
    }

    private static EvidenceDocument evidence(int holder, String boundary, Evidence evidence) {
        return new EvidenceDocument(
                holder,
                boundary,
                evidence.exporter(),
                evidence.transport(),
                evidence.observationDomain(),
                evidence.sequence(),
                evidence.templateId(),
                evidence.hostname(),
                evidence.dialect(),
                evidence.file(),
                Moment.write(evidence.received()),
                evidence.raw(),
                Wording.text(evidence));
    }

    private static GapDocument gap(Gap gap) {
        return new GapDocument(
                gap.exporter(),
                gap.observationDomain(),
                gap.cause(),
                Moment.write(gap.from()),
                Moment.write(gap.to()),
                gap.lostRecords());
    }
}
