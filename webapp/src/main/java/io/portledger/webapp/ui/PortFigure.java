package io.portledger.webapp.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Svg;
import com.vaadin.flow.component.html.Code;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.html.Span;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.webapp.lookup.PortReading;
import java.util.List;
import java.util.Locale;

/**
 * How a port maps to the PSID, drawn: its 16 bits split into A, PSID and j, the holder's ranges on the scale of all
 * ports, and the calculation both ways. A block that is no port set is drawn on the scale only.
 */
final class PortFigure extends Div {

    private static final int PORTS = 1 << 16;

    /** A range narrower than this, in ports, is drawn this wide: else it could not be seen. */
    private static final int MIN_DRAWN_WIDTH = 96;

    /** Beyond this many ranges they lie closer than what is drawn. */
    private static final int MAX_DRAWN_RANGES = 1023;

    private static final int LISTED_RANGES = 3;

    PortFigure(PortReading reading) {
        addClassName("port-figure");
        if (reading.ports() instanceof PortSet set) {
            add(bits(reading, set));
        }
        add(scale(reading), ranges(reading), arithmetic(reading));
    }

    private static Component bits(PortReading reading, PortSet set) {
        int a = set.psidOffset();
        int k = set.psidLength();
        Div figure = new Div();
        figure.addClassName("bits");
        String description = "Port " + reading.port() + " is " + reading.bits() + " in binary.";
        if (a > 0) {
            figure.add(group("offset", "A", a, reading.bits().substring(0, a), reading.offsetValue(set)));
            description += " A, the first " + a + " bits, is " + reading.offsetValue(set) + ".";
        }
        if (k > 0) {
            figure.add(group("psid", "PSID", k, reading.bits().substring(a, a + k), set.psid()));
            description += " The PSID, the next " + k + " bits, is " + set.psid() + ".";
        }
        if (set.contiguousBits() > 0) {
            figure.add(group(
                    "index", "j", set.contiguousBits(), reading.bits().substring(a + k), reading.indexInRange(set)));
            description += " j, the last " + set.contiguousBits() + " bits, is " + reading.indexInRange(set) + ".";
        }
        figure.getElement().setAttribute("role", "img");
        figure.getElement().setAttribute("aria-label", description);
        return new Scrollable("The bits of the port", figure);
    }

    private static Component group(String kind, String name, int width, String bits, int value) {
        Div cells = new Div();
        cells.addClassName("cells");
        bits.chars().forEach(bit -> cells.add(new Span(String.valueOf((char) bit))));
        Span caption = new Span(name + " = " + value);
        caption.addClassName("caption");
        Span length = new Span(width == 1 ? "1 bit" : width + " bits");
        length.addClassName("length");
        Div group = new Div(cells, caption, length);
        group.addClassNames("group", kind);
        group.getStyle().set("flex-grow", Integer.toString(width));
        return group;
    }

    private static Component scale(PortReading reading) {
        StringBuilder svg = new StringBuilder("<svg viewBox=\"0 0 65536 100\" preserveAspectRatio=\"none\""
                + " aria-hidden=\"true\" focusable=\"false\"><rect class=\"all\" width=\"65536\" height=\"100\"/>");
        for (PortRange range : reading.firstRanges(MAX_DRAWN_RANGES)) {
            rect(svg, "own", range.first(), range.size(), 0, 100);
        }
        rect(svg, "hit", reading.range().first(), reading.range().size(), 0, 100);
        svg.append("</svg>");
        Div marker = new Div(new Span(Integer.toString(reading.port())));
        marker.addClassName("marker");
        marker.getStyle().set("left", percent(reading.port()));
        Div ticks = new Div();
        ticks.addClassName("ticks");
        for (int tick : new int[] {0, PORTS / 4, PORTS / 2, PORTS / 4 * 3, PORTS - 1}) {
            Span label = new Span(Integer.toString(tick));
            label.getStyle().set("left", percent(tick));
            ticks.add(label);
        }
        Div scale = new Div(marker, new Svg(svg.toString()), ticks);
        scale.addClassName("scale");
        scale.getElement().setAttribute("role", "img");
        scale.getElement()
                .setAttribute(
                        "aria-label",
                        "The holder's ports among all 65536: port " + reading.port() + " lies in "
                                + text(reading.range()) + ".");
        return scale;
    }

    private static String percent(int port) {
        return String.format(Locale.ROOT, "%.3f%%", port * 100.0 / PORTS);
    }

    private static void rect(StringBuilder svg, String kind, int first, int size, int y, int height) {
        int width = Math.max(size, MIN_DRAWN_WIDTH);
        int x = Math.max(0, Math.min(first - (width - size) / 2, PORTS - width));
        svg.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                .formatted(kind, x, y, width, height));
    }

    private static Component ranges(PortReading reading) {
        Paragraph text = new Paragraph();
        text.addClassName("ranges");
        int count = reading.rangeCount();
        int size = reading.range().size();
        int ports = reading.ports().portCount();
        text.add(new Span(
                count == 1
                        ? "One range of " + ports + (ports == 1 ? " port: " : " ports: ")
                        : count + " ranges of " + size + (size == 1 ? " port, " : " ports, ") + ports
                                + " ports in all: "));
        List<PortRange> first = reading.firstRanges(LISTED_RANGES);
        PortRange last = reading.lastRange();
        for (int i = 0; i < first.size(); i++) {
            text.add(new Span(i == 0 ? "" : ", "), listed(first.get(i), reading.range()));
        }
        boolean isHitBetween =
                !first.contains(reading.range()) && !reading.range().equals(last);
        if (isHitBetween) {
            text.add(new Span(", … "), listed(reading.range(), reading.range()));
        }
        if (count > LISTED_RANGES) {
            text.add(new Span(", … "), listed(last, reading.range()));
        }
        return text;
    }

    private static Component listed(PortRange range, PortRange hit) {
        Span text = new Span(text(range));
        text.addClassName("mono");
        if (range.equals(hit)) {
            text.addClassName("hit");
        }
        return text;
    }

    private static Component arithmetic(PortReading reading) {
        Div part = new Div(new Code(reading.toPsid()));
        if (reading.ports() instanceof PortSet) {
            part.add(new Code(reading.toPort()));
        }
        part.addClassName("arithmetic");
        return part;
    }

    private static String text(PortRange range) {
        return range.size() == 1 ? Integer.toString(range.first()) : range.first() + "–" + range.last();
    }
}
