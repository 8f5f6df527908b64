package io.portledger.webapp.lookup;

import io.portledger.ledger.Question;
import io.portledger.softwire.Ipv4Address;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A question as somebody wrote it, field by field, not yet checked; an empty text is a field not yet filled.
 *
 * @param ip the public IPv4 address
 * @param port the port; the protocol may follow behind a slash
 * @param time any form of {@link Moment}
 * @param tolerance how far the asker's clock may be off; nothing means not at all
 * @param reference the case that the question belongs to
 * @param to the far end, an IPv4 address with or without a port; nothing means any
 */
public record Draft(String ip, String port, String time, String tolerance, String reference, String to) {

    /** Nothing filled. */
    public static final Draft EMPTY = new Draft("", "", "", "", "");

    /** A question that names no far end. */
    public Draft(String ip, String port, String time, String tolerance, String reference) {
        this(ip, port, time, tolerance, reference, "");
    }

    private static final int MAX_REFERENCE_LENGTH = 100;

    private static final Pattern ADDRESS = Pattern.compile("(?<![\\d.])(\\d{1,3}(?:\\.\\d{1,3}){3})(?!\\.?\\d)");

    /** Behind a colon any number, and a path may follow; behind other separators not the beginning of a date. */
    private static final Pattern PORT =
            Pattern.compile("\\s*(?:[:#](?<joined>\\d{1,6}(?:/(?i:tcp|udp|icmp|sctp|dccp)\\b)?)(?!\\d)(?:/\\S*)?"
                    + "|(?:[,;]|\\bport\\b\\s*[:=]?|\\s)\\s*(?<apart>\\d{1,5})(?![\\d./-]|:\\d))");

    private static final Pattern TOLERANCE = Pattern.compile("(?:±|\\+/-|\\+-)\\s*(\\d+\\s*[A-Za-z]*)");

    /** The fields of a draft. */
    public enum Field {
        IP("ip"),
        PORT("port"),
        TIME("time"),
        TOLERANCE("tolerance"),
        CASE("case"),
        TO("to");

        private final String parameter;

        Field(String parameter) {
            this.parameter = parameter;
        }

        /** Its name in a URL. */
        public String parameter() {
            return parameter;
        }
    }

    /**
     * What a check found.
     *
     * @param inquiry the checked question, or null if there are problems
     * @param problems for each field that cannot be used, why and what to write instead
     * @param remark how the time was understood where the asker may have meant another, or null
     */
    public record Checked(
            @Nullable Inquiry inquiry,
            Map<Field, String> problems,
            @Nullable String remark) {}

    /**
     * Reads a line such as {@code 203.0.113.7:40123 2026-11-23T14:02:07Z ±2s}: address, port and time in this order, or
     * the time first; what separates them hardly matters. What is not there stays empty; what is left over is taken as
     * part of the time, so that the check complains about it rather than ignores it.
     */
    public static Draft ofLine(String line) {
        String rest = line.strip();
        String tolerance = "";
        Matcher tolerances = TOLERANCE.matcher(rest);
        if (tolerances.find()) {
            tolerance = tolerances.group(1).strip();
            rest = rest.substring(0, tolerances.start()) + " " + rest.substring(tolerances.end());
        }
        Matcher address = ADDRESS.matcher(rest);
        if (!address.find()) {
            return new Draft("", "", withoutSeparators(rest), tolerance, "");
        }
        String port = "";
        int end = address.end();
        Matcher ports = PORT.matcher(rest).region(end, rest.length());
        ports.useTransparentBounds(true);
        if (ports.lookingAt()) {
            port = Objects.requireNonNullElseGet(ports.group("joined"), () -> ports.group("apart"));
            end = ports.end();
        }
        String time = withoutSeparators(rest.substring(0, address.start()) + " " + rest.substring(end));
        return new Draft(address.group(1), port, time, tolerance, "");
    }

    /** The line that reads as this draft's address, port and time. */
    public String line() {
        String socket = port.isBlank() ? ip.strip() : ip.strip() + ":" + port.strip();
        return (socket + " " + time.strip()).strip();
    }

    /** The same of another case. */
    public Draft withCase(String newReference) {
        return new Draft(ip, port, time, tolerance, newReference, to);
    }

    /** This draft's text in {@code field}. */
    public String text(Field field) {
        return switch (field) {
            case IP -> ip;
            case PORT -> port;
            case TIME -> time;
            case TOLERANCE -> tolerance;
            case CASE -> reference;
            case TO -> to;
        };
    }

    /** Checks every field. */
    public Checked check(Duration maxTolerance) {
        Map<Field, String> problems = new EnumMap<>(Field.class);
        Optional<Ipv4Address> address = read(Field.IP, problems, this::readAddress);
        Optional<ProtocolPort> socket = read(Field.PORT, problems, () -> ProtocolPort.read(port));
        Optional<FarEnd> farEnd = read(Field.TO, problems, () -> FarEnd.read(to));
        Optional<Moment> moment = read(Field.TIME, problems, () -> Moment.read(time));
        Optional<Duration> width = read(Field.TOLERANCE, problems, () -> Tolerance.read(tolerance, maxTolerance));
        Optional<String> why = read(Field.CASE, problems, this::readReference);
        String remark = moment.map(Moment::remark).orElse(null);
        if (address.isEmpty()
                || socket.isEmpty()
                || farEnd.isEmpty()
                || moment.isEmpty()
                || width.isEmpty()
                || why.isEmpty()) {
            return new Checked(null, problems, remark);
        }
        Question question = new Question(
                address.get(),
                socket.get().port(),
                moment.get().instant(),
                width.get(),
                socket.get().protocol(),
                farEnd.get().address(),
                farEnd.get().port());
        return new Checked(new Inquiry(question, why.get()), problems, remark);
    }

    private interface Reader<T> {
        T read();
    }

    private static <T> Optional<T> read(Field field, Map<Field, String> problems, Reader<T> reader) {
        try {
            return Optional.of(reader.read());
        } catch (IllegalArgumentException e) {
            problems.put(field, e.getMessage());
            return Optional.empty();
        }
    }

    private Ipv4Address readAddress() {
        if (ip.isBlank()) {
            throw new IllegalArgumentException("The public IPv4 address is missing, for example 203.0.113.7.");
        }
        if (ip.indexOf(':') >= 0) {
            throw new IllegalArgumentException("\"" + ip.strip()
                    + "\" is no IPv4 address. An IPv6 address is not shared: only IPv4 is asked for here.");
        }
        return Ipv4Address.parse(ip.strip());
    }

    private String readReference() {
        String text = reference.strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException(
                    "The case is missing: the reference of the case that this question belongs to.");
        }
        if (text.length() > MAX_REFERENCE_LENGTH) {
            throw new IllegalArgumentException("The case's reference has " + text.length()
                    + " characters (allowed: at most " + MAX_REFERENCE_LENGTH + ").");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "The case's reference must be one line of text without control characters.");
        }
        return text;
    }

    private static String withoutSeparators(String text) {
        List<String> words = new ArrayList<>();
        for (String word : text.strip().split("\\s+", -1)) {
            if (!word.isEmpty() && !word.matches("@|at|on|port|[-,;|/]+|https?://")) {
                words.add(word.replaceFirst("^[@,;|]+", "").replaceFirst("[,;|]+$", ""));
            }
        }
        return String.join(" ", words);
    }
}
