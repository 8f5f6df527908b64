package io.portledger.webapp.lookup;

import io.portledger.ledger.Question;
import io.portledger.softwire.Ipv4Address;
import org.jspecify.annotations.Nullable;

/**
 * With whom somebody communicated, as far as the asker knows it.
 *
 * @param address the far end's address, or null
 * @param port the far end's port, or 0
 */
record FarEnd(@Nullable Ipv4Address address, int port) {

    /**
     * Reads {@code 198.51.100.1} or {@code 198.51.100.1:443}; nothing is an unknown far end.
     *
     * @throws IllegalArgumentException saying what to write instead
     */
    static FarEnd read(String text) {
        String stripped = text.strip();
        if (stripped.isEmpty()) {
            return new FarEnd(null, 0);
        }
        int colon = stripped.lastIndexOf(':');
        String digits = colon < 0 ? "0" : stripped.substring(colon + 1);
        if (!digits.matches("\\d{1,5}") || Integer.parseInt(digits) > 0xffff) {
            throw new IllegalArgumentException("\"" + digits + "\" is no port of a far end (allowed: 0-65535).");
        }
        return new FarEnd(
                Ipv4Address.parse(colon < 0 ? stripped : stripped.substring(0, colon)), Integer.parseInt(digits));
    }

    /** The form that {@link #read} reads. */
    static String write(Question question) {
        return question.destination() == null
                ? ""
                : question.destination() + (question.destinationPort() == 0 ? "" : ":" + question.destinationPort());
    }
}
