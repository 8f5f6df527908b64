package io.portledger.lwaftr.bench;

/**
 * How it stood after so many sessions.
 *
 * @param forwarded packets, two for each session if none was lost
 * @param residentOctets what the process has in physical memory
 * @param nanosPerPacket of forwarding, both ways
 */
record SessionFigures(long sessions, long forwarded, long residentOctets, double nanosPerPacket) {

    static SessionFigures parse(String line) {
        String[] words = line.split(" ", -1);
        return new SessionFigures(
                Long.parseLong(words[0]),
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Double.parseDouble(words[3]));
    }

    String toLine() {
        return sessions + " " + forwarded + " " + residentOctets + " " + nanosPerPacket;
    }
}
