package io.portledger.lwaftr.bench;

/**
 * What happened while a table was changed under traffic.
 *
 * @param rate updates a second that were wanted
 * @param updatesPerSecond that were made
 * @param offered packets given to the engine
 * @param lost packets that it did not forward
 * @param nanosPerPacket of forwarding, both ways
 * @param longestBatchMicros the longest time from the end of a pair of batches to the end of the next
 * @param longestUpdateMicros the longest time that a change took
 */
record UpdateFigures(
        int bindings,
        int rate,
        double updatesPerSecond,
        long offered,
        long lost,
        double nanosPerPacket,
        double longestBatchMicros,
        double longestUpdateMicros) {

    static UpdateFigures parse(String line) {
        String[] words = line.split(" ", -1);
        return new UpdateFigures(
                Integer.parseInt(words[0]),
                Integer.parseInt(words[1]),
                Double.parseDouble(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Double.parseDouble(words[5]),
                Double.parseDouble(words[6]),
                Double.parseDouble(words[7]));
    }

    String toLine() {
        return bindings + " " + rate + " " + updatesPerSecond + " " + offered + " " + lost + " " + nanosPerPacket + " "
                + longestBatchMicros + " " + longestUpdateMicros;
    }
}
