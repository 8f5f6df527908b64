package io.portledger.standalone;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** An answer of {@code GET /api/v1/holders} for people at a terminal. */
final class AnswerText {

    private AnswerText() {}

    /** The verdict first, then each holder with the records that prove it, then what may be missing. */
    static String of(JsonNode answer) {
        List<String> lines = new ArrayList<>();
        lines.add(text(answer, "verdict") + "  " + text(answer, "summary"));
        JsonNode remark = answer.path("question").path("remark");
        if (remark.isString()) {
            lines.add("          " + remark.asString());
        }
        JsonNode holders = answer.path("holders");
        for (int i = 0; i < holders.size(); i++) {
            holder(holders.get(i), lines);
            for (JsonNode evidence : answer.path("evidence")) {
                if (evidence.path("holder").asInt(-1) == i) {
                    lines.add("  %-10s %s from %s, received %s"
                            .formatted(
                                    text(evidence, "boundary").equals("START") ? "began by" : "ended by",
                                    text(evidence, "transport"),
                                    text(evidence, "exporter"),
                                    text(evidence, "received")));
                }
            }
        }
        if (!answer.path("complete").asBoolean(true)) {
            lines.add("");
            lines.add("Not complete: records that could change this answer may be missing.");
            for (JsonNode gap : answer.path("gaps")) {
                lines.add("  %s  %s from %s to %s"
                        .formatted(text(gap, "cause"), text(gap, "exporter"), text(gap, "from"), text(gap, "to")));
            }
        }
        return String.join(System.lineSeparator(), lines);
    }

    private static void holder(JsonNode holder, List<String> lines) {
        lines.add("");
        String b4 = holder.path("b4").isString() ? text(holder, "b4") : text(holder, "insideIpv4");
        lines.add("  %-10s %s".formatted("holder", b4));
        if (holder.path("subscriber").isString()) {
            lines.add("  %-10s %s".formatted("subscriber", text(holder, "subscriber")));
        }
        lines.add("  %-10s %s (%s)".formatted("from", orDash(holder.path("start")), text(holder, "startedBy")));
        lines.add("  %-10s %s (%s)".formatted("until", orDash(holder.path("end")), text(holder, "endedBy")));
        JsonNode nat = holder.path("nat");
        if (nat.isObject()) {
            lines.add("  %-10s protocol %s, inside port %s, to %s"
                    .formatted(
                            "only",
                            orAny(nat.path("protocol")),
                            orAny(nat.path("insidePort")),
                            nat.path("destination").isString()
                                    ? text(nat, "destination") + ":" + orAny(nat.path("destinationPort"))
                                    : "any"));
        }
        JsonNode mapping = holder.path("mapping");
        lines.add("  %-10s %s, %d in all; %s"
                .formatted(
                        "ports",
                        text(holder, "ports"),
                        mapping.path("portCount").asInt(0),
                        text(mapping, "toPsid")));
    }

    private static String orAny(JsonNode number) {
        return number.isNumber() ? number.asString() : "any";
    }

    private static String orDash(JsonNode value) {
        return value.isString() ? value.asString() : "-";
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }
}
