package io.portledger.lwaftr.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The figures of all forks, as the table that is printed. */
final class ForwardingTable {

    private final Map<Row, Measured> rows = new LinkedHashMap<>();

    /**
     * Takes in what a fork measured.
     *
     * @throws IllegalStateException if it did not forward what the others forwarded
     */
    void add(int bindings, boolean isC, ForwardingFigures figures) {
        Measured row = rows.computeIfAbsent(new Row(bindings, figures.cell()), key -> new Measured());
        if (!row.all.isEmpty() && !row.all.getFirst().outcome().equals(figures.outcome())) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "With %d bindings and %s, two programs did not do the same: %s and %s",
                    bindings,
                    figures.cell(),
                    row.all.getFirst().outcome(),
                    figures.outcome()));
        }
        row.all.add(figures);
        (isC ? row.c : row.java).add(figures);
    }

    /** Markdown. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("| bindings | traffic | octets | down | up | both: ns/packet | both: M packets/s | C down | C up "
                + "| C both: ns/packet | ratio down | up | both | placing | octets/binding |");
        lines.add("| --: | :-- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
        rows.forEach((row, measured) -> lines.add(line(row, measured)));
        return lines;
    }

    /** What of the rows' outcome a test looks at: packets offered and forwarded. */
    List<String> outcomes() {
        return rows.entrySet().stream()
                .map(entry -> String.format(
                        Locale.ROOT,
                        "%d %s: %d of %d",
                        entry.getKey().bindings,
                        entry.getKey().cell,
                        entry.getValue().all.getFirst().outcome().forwarded(),
                        entry.getValue().all.getFirst().outcome().offered()))
                .toList();
    }

    private static String line(Row row, Measured measured) {
        Spread down = spread(measured.java, ForwardingFigures::downstream);
        Spread up = spread(measured.java, ForwardingFigures::upstream);
        Spread both = spread(measured.java, ForwardingFigures::both);
        boolean hasC = !measured.c.isEmpty();
        Spread cDown = hasC ? spread(measured.c, ForwardingFigures::downstream) : down;
        Spread cUp = hasC ? spread(measured.c, ForwardingFigures::upstream) : up;
        Spread cBoth = hasC ? spread(measured.c, ForwardingFigures::both) : both;
        return String.format(
                Locale.ROOT,
                "| %,d | %s | %s | %.1f | %.1f | %s | %.1f | %s | %s | %s | %s | %s | %s | %.1f | %s |",
                row.bindings,
                row.cell.description(),
                row.cell.sizes(),
                down.median(),
                up.median(),
                both.toString(1),
                1e3 / both.median(),
                hasC ? number(cDown.median(), 1) : "",
                hasC ? number(cUp.median(), 1) : "",
                hasC ? cBoth.toString(1) : "",
                hasC ? number(down.median() / cDown.median(), 2) : "",
                hasC ? number(up.median() / cUp.median(), 2) : "",
                hasC ? number(both.median() / cBoth.median(), 2) : "",
                spread(measured.java, ForwardingFigures::placing).median(),
                number((double) measured.java.getFirst().tableOctets() / row.bindings, row.bindings < 1000 ? 0 : 1));
    }

    private static String number(double value, int digits) {
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }

    private static Spread spread(List<ForwardingFigures> figures, ToDoubleFunction<ForwardingFigures> value) {
        return Spread.of(figures.stream().map(value::applyAsDouble).toList());
    }

    private record Row(int bindings, Cell cell) {}

    private static final class Measured {
        private final List<ForwardingFigures> all = new ArrayList<>();
        private final List<ForwardingFigures> java = new ArrayList<>();
        private final List<ForwardingFigures> c = new ArrayList<>();
    }
}
