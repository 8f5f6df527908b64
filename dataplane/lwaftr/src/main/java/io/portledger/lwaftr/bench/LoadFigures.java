package io.portledger.lwaftr.bench;

/**
 * What loading a table took.
 *
 * @param tableOctets memory of the table
 * @param residentOctets what the process grew by, the heap of the reader included
 * @param peakOctets what it grew by at the most
 */
record LoadFigures(int bindings, double seconds, long tableOctets, long residentOctets, long peakOctets) {

    static LoadFigures parse(String line) {
        String[] words = line.split(" ", -1);
        return new LoadFigures(
                Integer.parseInt(words[0]),
                Double.parseDouble(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]));
    }

    String toLine() {
        return bindings + " " + seconds + " " + tableOctets + " " + residentOctets + " " + peakOctets;
    }
}
