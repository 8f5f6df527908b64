package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.ListItem;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.UnorderedList;
import com.vaadin.flow.component.progressbar.ProgressBar;
import com.vaadin.flow.router.QueryParameters;
import io.portledger.webapp.lookup.Draft;
import io.portledger.webapp.lookup.Draft.Field;
import io.portledger.webapp.lookup.Inquiry;
import java.util.List;
import java.util.Map;

/** What stands in the place of the answer while there is none. Each says what to do next. */
final class Notices {

    private static final List<String> EXAMPLES = List.of(
            "203.0.113.7:40123 2026-11-23T14:02:07Z",
            "203.0.113.7 40123 2026-11-23 15:02:07 +01:00",
            "203.0.113.7:40123 23/Nov/2026:14:02:07 +0000 ±2s",
            "203.0.113.7:40123 1795442527");

    private Notices() {}

    static Component beforeFirstQuestion() {
        UnorderedList examples = new UnorderedList();
        EXAMPLES.forEach(example -> examples.add(new ListItem(new Code(example))));
        return notice(
                "No question yet",
                "Paste a line such as one of these, name the case, and press Enter. A time without an offset is read as"
                        + " UTC.",
                examples);
    }

    static Component caseNeeded() {
        return notice(
                "A case is needed first",
                "This link holds a question but no case. Write the reference of the case it belongs to and press Enter; nothing"
                        + " has been asked or logged yet.");
    }

    static Component incomplete(Map<Field, String> problems) {
        UnorderedList list = new UnorderedList();
        problems.values().forEach(problem -> list.add(new ListItem(problem)));
        return notice("Not asked yet", "Mend this, then press Enter:", list);
    }

    static Component asking() {
        ProgressBar progress = new ProgressBar();
        progress.setIndeterminate(true);
        progress.getElement().setAttribute("aria-label", "Waiting for the ledger");
        return notice("Asking the ledger …", "The question stands in the audit log.", progress);
    }

    static Component failure(String title, String message) {
        Div notice = notice(title, message);
        notice.addClassName("failure");
        notice.getElement().setAttribute("role", "alert");
        return notice;
    }

    /** The case does not allow the question; the way to a case that does. */
    static Component notAllowed(String message, Inquiry inquiry) {
        Draft draft = inquiry.draft();
        QueryParameters asked =
                QueryParameters.simple(Map.of("case", draft.reference(), "ip", draft.ip(), "time", draft.time()));
        Div notice = notice(
                "The case does not allow it",
                message,
                new Anchor("cases?" + asked.getQueryString(), "Open or look at cases"));
        notice.addClassName("failure");
        notice.getElement().setAttribute("role", "alert");
        return notice;
    }

    /** Something was done. */
    static Component done(String text) {
        Div notice = notice("Done", text);
        notice.getElement().setAttribute("role", "status");
        return notice;
    }

    /** Something to copy. */
    static Component secret(String title, Code secret, String after) {
        Div notice = notice(title, after, new Paragraph(secret));
        notice.addClassName("secret");
        notice.getElement().setAttribute("role", "status");
        return notice;
    }

    static Div notice(String title, String text, Component... more) {
        Div notice = new Div(new H2(title), new Paragraph(text));
        notice.add(more);
        notice.addClassName("notice");
        return notice;
    }
}
