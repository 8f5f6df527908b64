package io.portledger.webapp.lookup;

import io.portledger.ledger.Question;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A port, and the protocol if the asker knows it.
 *
 * @param port 0-65535
 * @param protocol IP protocol number, 0 if it is not known
 */
record ProtocolPort(int port, int protocol) {

    private static final Map<String, Integer> PROTOCOLS =
            new TreeMap<>(Map.of("icmp", 1, "tcp", 6, "udp", 17, "dccp", 33, "sctp", 132));

    /**
     * Reads {@code 40123}, {@code 40123/tcp} or {@code 40123/6}.
     *
     * @throws IllegalArgumentException saying what to write instead
     */
    static ProtocolPort read(String text) {
        String stripped = text.strip();
        int slash = stripped.indexOf('/');
        String digits = slash < 0 ? stripped : stripped.substring(0, slash).strip();
        if (digits.isEmpty()) {
            throw new IllegalArgumentException(
                    "The source port is missing: the address is shared, and only the port tells its households apart.");
        }
        if (!digits.matches("\\d{1,6}") || Integer.parseInt(digits) > 0xffff) {
            throw new IllegalArgumentException("\"" + digits + "\" is no port (allowed: 0-65535).");
        }
        return new ProtocolPort(
                Integer.parseInt(digits),
                slash < 0 ? 0 : protocol(stripped.substring(slash + 1).strip()));
    }

    private static int protocol(String text) {
        Integer number = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
        if (number != null) {
            return number;
        }
        if (text.matches("\\d{1,3}") && Integer.parseInt(text) >= 1 && Integer.parseInt(text) <= 255) {
            return Integer.parseInt(text);
        }
        throw new IllegalArgumentException("\"" + text + "\" is no protocol (allowed: "
                + String.join(", ", PROTOCOLS.keySet()) + ", or a number 1-255).");
    }

    /** The form that {@link #read} reads. */
    static String write(Question question) {
        return question.port() + (question.protocol() == 0 ? "" : "/" + name(question.protocol()));
    }

    /** The protocol's name, or its number if it has none here. */
    static String name(int protocol) {
        return PROTOCOLS.entrySet().stream()
                .filter(named -> named.getValue() == protocol)
                .map(Map.Entry::getKey)
                .findAny()
                .orElse(Integer.toString(protocol));
    }
}
