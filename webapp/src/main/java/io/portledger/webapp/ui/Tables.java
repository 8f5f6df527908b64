package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableBody;
import com.vaadin.flow.component.html.NativeTableHeader;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Span;
import java.util.List;

/** Plain tables, which screen readers and printers understand. */
final class Tables {

    private Tables() {}

    /** A table that scrolls by itself if it is wider than the page. */
    static Component table(String label, List<String> columns, List<List<Component>> rows) {
        NativeTableRow header = new NativeTableRow();
        columns.forEach(name -> header.addHeaderCell().setText(name));
        NativeTableBody body = new NativeTableBody();
        for (List<Component> cells : rows) {
            NativeTableRow row = new NativeTableRow();
            cells.forEach(cell -> row.addDataCell().add(cell));
            body.add(row);
        }
        NativeTable table = new NativeTable(new NativeTableHeader(header), body);
        table.addClassName("rows");
        return new Scrollable(label, table);
    }

    static Component text(String text) {
        return new Span(text);
    }
}
