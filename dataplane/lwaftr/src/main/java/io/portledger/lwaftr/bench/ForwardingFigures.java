package io.portledger.lwaftr.bench;

import io.portledger.lwaftr.bench.Traffic.Outcome;
import java.util.Locale;

/**
 * What one process measured for one cell; written and read as the line that {@code minimal-loop.c} prints.
 *
 * @param tableOctets memory of the table
 * @param outcome of the round that is checked
 * @param downstream nanoseconds a packet
 * @param upstream nanoseconds a packet
 * @param placing nanoseconds of putting a packet in place
 */
record ForwardingFigures(
        Cell cell, long tableOctets, Outcome outcome, double downstream, double upstream, double placing) {

    static ForwardingFigures parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 9) {
            throw new IllegalArgumentException("not a line of figures: " + line);
        }
        return new ForwardingFigures(
                Cell.parse(words[0]),
                Long.parseLong(words[1]),
                new Outcome(
                        Long.parseLong(words[2]),
                        Long.parseLong(words[3]),
                        Long.parseUnsignedLong(words[4], 16),
                        Long.parseUnsignedLong(words[5], 16)),
                Double.parseDouble(words[6]),
                Double.parseDouble(words[7]),
                Double.parseDouble(words[8]));
    }

    String toLine() {
        return String.format(
                Locale.ROOT,
                "%s %d %d %d %016x %016x %.3f %.3f %.3f",
                cell,
                tableOctets,
                outcome.offered(),
                outcome.forwarded(),
                outcome.downstreamDigest(),
                outcome.upstreamDigest(),
                downstream,
                upstream,
                placing);
    }

    /** Nanoseconds a packet, as many each way. */
    double both() {
        return (downstream + upstream) / 2;
    }
}
