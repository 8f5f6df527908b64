package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.html.Article;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.H3;
import com.vaadin.flow.component.html.H4;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableBody;
import com.vaadin.flow.component.html.NativeTableHeader;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.notification.Notification;
import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Gap;
import io.portledger.ledger.Question;
import io.portledger.ledger.Verdict;
import io.portledger.webapp.lookup.Moment;
import io.portledger.webapp.lookup.PortReading;
import io.portledger.webapp.lookup.Wording;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An answer: the verdict first, then who, when, how complete, by which records, and why this port. */
final class AnswerPanel extends Div {

    /** More would be no answer but a list; the REST interface gives it. */
    private static final int MAX_HOLDERS = 20;

    private static final int MAX_GAPS = 20;
    private static final int BYTES_PER_ROW = 16;

    AnswerPanel(Answer answer) {
        addClassName("answer-panel");
        add(verdict(answer), completeness(answer));
        List<BindingInterval> holders = answer.holders();
        for (int i = 0; i < Math.min(MAX_HOLDERS, holders.size()); i++) {
            add(holding(holders.get(i), i, holders.size(), answer.question()));
        }
        if (holders.size() > MAX_HOLDERS) {
            Paragraph rest = new Paragraph((holders.size() - MAX_HOLDERS)
                    + " more holdings are not shown: ask with a smaller tolerance, or take all by the REST interface.");
            rest.addClassName("rest");
            add(rest);
        }
    }

    private static Component verdict(Answer answer) {
        Span pill = new Span(symbol(answer.verdict()) + " " + name(answer.verdict()));
        pill.addClassName("pill");
        H2 sentence = new H2(Wording.verdict(answer));
        Button copy = new Button("Copy link");
        copy.addThemeVariants(ButtonVariant.TERTIARY);
        // In the browser, because only a click there may write to the clipboard; the address bar holds the question.
        copy.addAttachListener(attach -> copy.getElement()
                .executeJs("this.addEventListener('click', () => navigator.clipboard?.writeText(location.href))"));
        copy.addClickListener(click -> Notification.show(
                "The link to this question is in the clipboard. Opening it asks again, and is audited again."));
        Div banner = new Div(pill, sentence, copy);
        banner.addClassNames(
                "verdict", answer.verdict().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        return banner;
    }

    private static String symbol(Verdict verdict) {
        return switch (verdict) {
            case HELD -> "✓";
            case AMBIGUOUS -> "≈";
            case NOT_HELD -> "∅";
        };
    }

    private static String name(Verdict verdict) {
        return verdict.name().replace('_', ' ');
    }

    private static Component completeness(Answer answer) {
        Span mark = new Span(answer.complete() ? "Complete" : "Incomplete");
        mark.addClassName("pill");
        Div part = new Div(new Div(mark, new Span(Wording.completeness(answer))));
        part.addClassNames("completeness", answer.complete() ? "complete" : "incomplete");
        if (!answer.gaps().isEmpty()) {
            NativeTable table = new NativeTable(
                    new NativeTableHeader(row(true, "Exporter", "From", "To", "What happened", "Records lost")));
            NativeTableBody body = new NativeTableBody();
            answer.gaps().stream().limit(MAX_GAPS).forEach(gap -> body.add(gapRow(gap)));
            table.add(body);
            part.add(new Scrollable("Gaps in the records", table));
            if (answer.gaps().size() > MAX_GAPS) {
                part.add(new Paragraph((answer.gaps().size() - MAX_GAPS) + " more gaps are not shown."));
            }
        }
        return part;
    }

    private static NativeTableRow gapRow(Gap gap) {
        String exporter = gap.exporter() + (gap.observationDomain() == 0 ? "" : " domain " + gap.observationDomain());
        return row(
                false,
                exporter,
                Moment.write(gap.from()),
                Moment.write(gap.to()),
                Wording.cause(gap),
                gap.lostRecords() == 0 ? "unknown" : Long.toString(gap.lostRecords()));
    }

    private static NativeTableRow row(boolean isHeader, String... cells) {
        NativeTableRow row = new NativeTableRow();
        for (String cell : cells) {
            if (isHeader) {
                row.addHeaderCell().setText(cell);
            } else {
                row.addDataCell().setText(cell);
            }
        }
        return row;
    }

    private static Component holding(BindingInterval interval, int index, int count, Question question) {
        Article part = new Article();
        part.addClassName("holding");
        part.add(new H3(count == 1 ? "Holder" : "Holder " + (index + 1) + " of " + count));

        DescriptionList facts = new DescriptionList();
        facts.addClassName("facts");
        BindingInterval.Holder holder = interval.holder();
        String nat = Wording.mapping(interval);
        if (nat != null) {
            fact(facts, "Only its", nat);
        }
        fact(facts, "Subscriber", holder.subscriber() == null ? "not told by the exporter" : holder.subscriber());
        if (holder.b4() != null) {
            fact(facts, "lwB4 (IPv6)", mono(holder.b4().toString()));
        }
        if (holder.insideIpv4() != null) {
            fact(facts, "Inside address", mono(holder.insideIpv4().toString()));
        }
        if (holder.natInstance() != 0) {
            fact(facts, "NAT instance", Integer.toString(holder.natInstance()));
        }
        if (interval.br() != null) {
            fact(facts, "lwAFTR (IPv6)", mono(interval.br().toString()));
        }
        fact(facts, "From", boundary(Wording.start(interval), Wording.beginning(interval)));
        fact(
                facts,
                "To",
                boundary(interval.end() == null ? null : Moment.write(interval.end()), Wording.ending(interval)));
        String length = length(interval);
        if (length != null) {
            fact(facts, "Length", length);
        }
        fact(facts, "Asked moment", position(interval, question.at()));
        part.add(facts);

        part.add(new H4("Why this port"), new PortFigure(new PortReading(question.port(), interval.ports())));

        part.add(new H4("Evidence"));
        if (interval.startEvidence() == null && interval.endEvidence() == null) {
            part.add(new Paragraph("No record of this holding's start or end is kept."));
        }
        if (interval.startEvidence() != null) {
            part.add(evidence("Start", interval.startEvidence(), interval.start()));
        }
        if (interval.endEvidence() != null) {
            part.add(evidence("End", interval.endEvidence(), interval.end()));
        }
        return part;
    }

    private static Component boundary(@Nullable String time, String how) {
        Span known = new Span(how);
        known.addClassName("how");
        return time == null ? known : new Span(mono(time), known);
    }

    private static @Nullable String length(BindingInterval interval) {
        return interval.end() == null || Wording.start(interval) == null
                ? null
                : Wording.length(Duration.between(interval.start(), interval.end()));
    }

    private static String position(BindingInterval interval, Instant at) {
        String afterStart = Wording.start(interval) == null
                ? ""
                : Wording.length(Duration.between(interval.start(), at).abs())
                        + (at.isBefore(interval.start()) ? " before the start" : " after the start");
        if (interval.end() == null) {
            return afterStart.isEmpty() ? Moment.write(at) : afterStart;
        }
        String beforeEnd = Wording.length(Duration.between(at, interval.end()).abs())
                + (at.isBefore(interval.end()) ? " before the end" : " after the end");
        return afterStart.isEmpty() ? beforeEnd : afterStart + ", " + beforeEnd;
    }

    private static Component evidence(String boundary, Evidence evidence, @Nullable Instant event) {
        DescriptionList facts = new DescriptionList();
        facts.addClassName("facts");
        fact(facts, boundary + " record", transport(evidence));
        fact(facts, "Exporter", evidence.exporter());
        if (!evidence.hostname().isEmpty()) {
            fact(facts, "Host name", evidence.hostname());
        }
        if (evidence.templateId() != 0) {
            fact(facts, "Observation domain", Long.toString(evidence.observationDomain()));
            fact(facts, "Sequence number", Long.toString(evidence.sequence()));
            fact(facts, "Template", Integer.toString(evidence.templateId()));
        }
        fact(facts, "Received", boundary(Moment.write(evidence.received()), delay(evidence.received(), event)));
        Div part = new Div(facts);
        part.addClassName("evidence");
        String text = Wording.text(evidence);
        if (text != null) {
            part.add(raw("As text", text));
        }
        part.add(raw("Bytes", dump(evidence.rawBytes())));
        return part;
    }

    private static String delay(Instant received, @Nullable Instant event) {
        if (event == null) {
            return "";
        }
        Duration delay = Duration.between(event, received);
        return delay.isNegative()
                ? Wording.length(delay.negated()) + " before the event by the exporter's clock: the clocks differ"
                : Wording.length(delay) + " after the event";
    }

    private static String transport(Evidence evidence) {
        return switch (evidence.transport()) {
            case "IPFIX_UDP" -> "IPFIX over UDP";
            case "SYSLOG_UDP" -> "syslog over UDP";
            case "SYSLOG_TCP" -> "syslog over TCP";
            case "FILE" -> "read from a file";
            default -> evidence.transport();
        };
    }

    private static Component raw(String label, String content) {
        Span caption = new Span(label);
        Div part = new Div(caption, new Scrollable(label, new Pre(content)));
        part.addClassName("raw");
        return part;
    }

    /** Rows of an offset and sixteen bytes. */
    static String dump(byte[] bytes) {
        HexFormat hex = HexFormat.ofDelimiter(" ");
        StringBuilder dump = new StringBuilder();
        for (int i = 0; i < bytes.length; i += BYTES_PER_ROW) {
            dump.append("%04x  ".formatted(i))
                    .append(hex.formatHex(bytes, i, Math.min(bytes.length, i + BYTES_PER_ROW)))
                    .append('\n');
        }
        return dump.toString();
    }

    private static void fact(DescriptionList list, String term, String description) {
        fact(list, term, new Span(description));
    }

    private static void fact(DescriptionList list, String term, Component description) {
        Div pair = new Div(new DescriptionList.Term(term), new DescriptionList.Description(description));
        list.getElement().appendChild(pair.getElement());
    }

    private static Span mono(String text) {
        Span span = new Span(text);
        span.addClassName("mono");
        return span;
    }
}
