package io.portledger.jobs;

import io.portledger.ledger.BindingDocument;
import io.portledger.ledger.Divisions;
import io.portledger.ledger.DivisionsDocument;
import io.portledger.ledger.Finding;
import io.portledger.ledger.FindingDocument;
import io.portledger.ledger.Gap;
import io.portledger.ledger.GapDocument;
import io.portledger.ledger.Mark;
import io.portledger.ledger.MarkDocument;
import io.portledger.ledger.Usage;
import io.portledger.ledger.UsageDocument;
import io.portledger.softwire.Ipv4Address;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * A document to write to the ledger or to delete from it.
 *
 * @param index its index
 * @param id its id
 * @param routing decides the shard, or null: the id does
 * @param version of several writes of one document that with the largest version stands, whichever arrives last; 0 if
 *     all writes of it are the same
 * @param json the document, or null to delete it
 */
public record LedgerWrite(
        String index,
        String id,
        @Nullable String routing,
        long version,
        @Nullable String json) implements Serializable {

    private static final long serialVersionUID = 1L;

    static LedgerWrite write(BindingDocument document, long version) {
        return new LedgerWrite(document.index(), document.id(), document.routing(), version, document.json());
    }

    static LedgerWrite delete(BindingDocument document, long version) {
        return new LedgerWrite(document.index(), document.id(), document.routing(), version, null);
    }

    static LedgerWrite write(Mark mark, long version) {
        MarkDocument document = MarkDocument.of(mark);
        return new LedgerWrite(document.index(), document.id(), null, version, document.json());
    }

    static LedgerWrite write(Ipv4Address ipv4, Divisions divisions, long version) {
        DivisionsDocument document = DivisionsDocument.of(ipv4, divisions);
        return new LedgerWrite(document.index(), document.id(), null, version, document.json());
    }

    static LedgerWrite write(Finding finding, long version) {
        FindingDocument document = FindingDocument.of(finding);
        return new LedgerWrite(document.index(), document.id(), null, version, document.json());
    }

    static LedgerWrite deleteFinding(String id, long version) {
        return new LedgerWrite(FindingDocument.INDEX, id, null, version, null);
    }

    /** Writes a usage, whose reports only grow in number. */
    public static LedgerWrite write(Usage usage, long reports) {
        UsageDocument document = UsageDocument.of(usage);
        return new LedgerWrite(document.index(), document.id(), null, reports, document.json());
    }

    static LedgerWrite write(Gap gap) {
        GapDocument document = GapDocument.of(gap);
        return new LedgerWrite(document.index(), document.id(), null, 0, document.json());
    }
}
