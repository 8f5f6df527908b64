package io.portledger.collector.dialect;

import com.google.re2j.Matcher;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.NatMapping;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A dialect: reads the messages of one vendor as its file declares them.
 *
 * <p>A pattern has to match the whole message, and a message with control characters is of no use: so what somebody put
 * into one field cannot pass for another message.
 */
public final class Dialect {

    /** Longest message behind its header, in characters. */
    public static final int MAX_BODY = 8192;

    private static final Map<String, Integer> PROTOCOLS = Map.ofEntries(
            Map.entry("icmp", 1),
            Map.entry("igmp", 2),
            Map.entry("tcp", 6),
            Map.entry("udp", 17),
            Map.entry("dccp", 33),
            Map.entry("gre", 47),
            Map.entry("esp", 50),
            Map.entry("ah", 51),
            Map.entry("icmp6", 58),
            Map.entry("icmpv6", 58),
            Map.entry("ipv6-icmp", 58),
            Map.entry("sctp", 132),
            Map.entry("udplite", 136));

    private final DialectFile file;
    private final String origin;
    private final @Nullable List<ExporterPrefix> exporters;

    Dialect(DialectFile file, String origin, @Nullable List<ExporterPrefix> exporters) {
        this.file = file;
        this.origin = origin;
        this.exporters = exporters;
    }

    /** The same, for these exporters alone. */
    Dialect forExporters(List<ExporterPrefix> only) {
        return new Dialect(file, origin, only);
    }

    /** The name, as evidence has it. */
    public String name() {
        return file.name();
    }

    /** Whose messages they are. */
    public String devices() {
        return file.devices();
    }

    /** Where it was read from: a file, or that it comes with the collector. */
    public String origin() {
        return origin;
    }

    /** Whether the formats of all events were seen in messages or documents of the vendor. */
    public boolean isVerified() {
        return file.verified() && file.events().stream().noneMatch(event -> Boolean.FALSE.equals(event.verified()));
    }

    /** Where the formats are known from, and what is in doubt. */
    public String source() {
        return file.source();
    }

    /** Who may speak it; null: everybody. */
    public @Nullable List<ExporterPrefix> exporters() {
        return exporters;
    }

    /** How many samples it has. */
    public int sampleCount() {
        return file.samples().size();
    }

    /**
     * What the message says, or null if it is not of this dialect.
     *
     * @param exporter null: somebody who may speak any dialect
     */
    @Nullable
    Outcome read(SyslogText text, @Nullable String exporter, Instant received) {
        if (!hasLiteral(text.bodyWithHost())) {
            return null;
        }
        boolean isBody = file.begins().beginsWith(text.body());
        boolean isBodyWithHost =
                !text.bodyWithHost().equals(text.body()) && file.begins().beginsWith(text.bodyWithHost());
        if (!isBody && !isBodyWithHost) {
            return null;
        }
        if (exporters != null && exporter != null && !ExporterPrefix.anyContains(exporters, exporter)) {
            return new Outcome.Refused("exporter " + exporter + " is not among those that may send messages of dialect "
                    + name() + "; add it to collector.syslog.dialect-exporters." + name() + " if it is a NAT of yours");
        }
        Outcome outcome = isBody ? readBody(text.body(), text, received) : null;
        return outcome == null && isBodyWithHost
                ? orUnknown(readBody(text.bodyWithHost(), text, received))
                : orUnknown(outcome);
    }

    private Outcome orUnknown(@Nullable Outcome outcome) {
        return outcome != null ? outcome : unusable("none of its events has a message like this");
    }

    private boolean hasLiteral(String body) {
        for (String literal : file.literals()) {
            if (body.contains(literal)) {
                return true;
            }
        }
        return false;
    }

    private Outcome unusable(String reason) {
        return new Outcome.Unusable("dialect " + name() + ": " + reason);
    }

    private @Nullable Outcome readBody(String body, SyslogText text, Instant received) {
        if (body.length() > MAX_BODY) {
            return unusable("the message has " + body.length() + " characters (allowed: " + MAX_BODY + ")");
        }
        for (int i = 0; i < body.length(); i++) {
            if (isControl(body.charAt(i))) {
                return unusable(
                        String.format("the message holds control character U+%04X at %d", (int) body.charAt(i), i));
            }
        }
        for (EventRule event : file.events()) {
            if (event.contains() != null && !body.contains(event.contains())) {
                continue;
            }
            Matcher matcher = event.pattern().matcher(body);
            if (matcher.matches()) {
                if (event.kind() == EventRule.Kind.IGNORED) {
                    return new Outcome.Ignored();
                }
                try {
                    return new Outcome.Fact(fact(event, new Values(event, matcher), text, received));
                } catch (InvalidRecordException | IllegalArgumentException e) {
                    return unusable(String.valueOf(e.getMessage()));
                }
            }
        }
        return null;
    }

    /** Characters that move the cursor or are not seen: with them a text can look like another. */
    private static boolean isControl(char c) {
        if (c >= 0x20 && c < 0x7f) {
            return false;
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> c == '\ufffd';
        };
    }

    /** What the groups and the parameters hold. */
    private static final class Values {
        private final EventRule event;
        private final Matcher matcher;
        private final Map<String, String> parameters;

        Values(EventRule event, Matcher matcher) {
            this.event = event;
            this.matcher = matcher;
            Parameters syntax = event.parameters();
            String text = syntax == null ? null : matcher.group(EventRule.PARAMETERS);
            this.parameters = syntax == null || text == null ? Map.of() : syntax.read(text);
        }

        /** Null if it is not there; an empty one is not there either. */
        @Nullable
        String get(String source) {
            String value = event.pattern().groups().contains(source) ? matcher.group(source) : parameters.get(source);
            return value == null || value.isEmpty() ? null : value;
        }

        @Nullable
        String get(Field field) {
            return get(event.sourceOf(field));
        }

        String required(Field field) {
            String value = get(field);
            if (value == null) {
                throw new IllegalArgumentException("the message has no " + field.key());
            }
            return value;
        }

        int number(Field field, long max) {
            return Dialect.number(field.key(), required(field), max);
        }

        int numberOrZero(Field field, long max) {
            String value = get(field);
            return value == null ? 0 : Dialect.number(field.key(), value, max);
        }
    }

    private static BindingFact fact(EventRule event, Values values, SyslogText text, Instant received) {
        String inside = values.get(Field.INSIDE_ADDRESS);
        String softwire = values.get(Field.SOFTWIRE_ADDRESS);
        boolean isInsideIpv6 = inside != null && inside.indexOf(':') >= 0;
        if (isInsideIpv6 && softwire == null) {
            softwire = inside;
        }
        NatMapping mapping = null;
        Ports ports;
        int protocol = values.get(Field.PROTOCOL) == null ? 0 : protocol(values.required(Field.PROTOCOL));
        if (Boolean.TRUE.equals(event.wholeAddress())) {
            ports = PortSet.WHOLE_ADDRESS;
        } else if (values.get(Field.PORT) != null) {
            int port = values.number(Field.PORT, 0xffff);
            ports = Ports.of(new PortRange(port, port));
            String destination = values.get(Field.DESTINATION);
            mapping = new NatMapping(
                    protocol,
                    values.numberOrZero(Field.INSIDE_PORT, 0xffff),
                    destination == null ? null : ipv4(Field.DESTINATION, destination),
                    destination == null ? 0 : values.numberOrZero(Field.DESTINATION_PORT, 0xffff));
        } else {
            ports = Ports.of(
                    new PortRange(values.number(Field.FIRST_PORT, 0xffff), values.number(Field.LAST_PORT, 0xffff)));
        }
        if (mapping == null && protocol != 0) {
            mapping = new NatMapping(protocol, 0, null, 0);
        }
        return new BindingFact(
                event.kind() == EventRule.Kind.RELEASED ? BindingEvent.Kind.RELEASED : BindingEvent.Kind.ALLOCATED,
                time(event, values, text, received).toEpochMilli(),
                ipv4(Field.PUBLIC_ADDRESS, values.required(Field.PUBLIC_ADDRESS)),
                ports,
                softwire == null ? null : parse(Field.SOFTWIRE_ADDRESS, softwire, Ipv6Address::parse),
                inside == null || isInsideIpv6 ? null : ipv4(Field.INSIDE_ADDRESS, inside),
                values.get(Field.SUBSCRIBER),
                values.numberOrZero(Field.INSTANCE, 0xffff_ffffL),
                null,
                mapping);
    }

    private static Instant time(EventRule event, Values values, SyslogText text, Instant received) {
        List<TimeSource> sources = event.time();
        for (TimeSource source : sources == null ? List.<TimeSource>of() : sources) {
            String field = source.field();
            TimeSource.Format format = source.format();
            if (field != null && format != null) {
                String value = values.get(field);
                if (value != null) {
                    return TimeSource.read(format, value);
                }
            } else if (source.from() == TimeSource.From.RECEPTION) {
                return received;
            } else if (text.timestamp() != null) {
                return text.timestamp();
            }
        }
        throw new IllegalArgumentException(
                text.timeFault() != null ? text.timeFault() : "the message does not tell when it happened");
    }

    private static int protocol(String text) {
        Integer named = PROTOCOLS.get(text.toLowerCase(Locale.ROOT));
        if (named != null) {
            return named;
        }
        if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return number(Field.PROTOCOL.key(), text, 255);
        }
        throw new IllegalArgumentException("protocol is \"" + text + "\", which is not known (known: numbers 0-255, "
                + String.join(", ", PROTOCOLS.keySet().stream().sorted().toList()) + ")");
    }

    static int number(String what, String text, long max) {
        if (text.length() <= 10 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            long value = Long.parseLong(text);
            if (value <= max) {
                return (int) value;
            }
        }
        throw new IllegalArgumentException(what + " is \"" + text + "\", expected a number 0-" + max);
    }

    private static Ipv4Address ipv4(Field field, String text) {
        return parse(field, text, Ipv4Address::parse);
    }

    private static <T> T parse(Field field, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field.key() + ": " + e.getMessage(), e);
        }
    }

    /** Reads the samples; answers what is wrong, one sentence each. */
    public List<String> check() {
        List<String> faults = new ArrayList<>();
        for (int i = 0; i < file.samples().size(); i++) {
            Sample sample = file.samples().get(i);
            String fault = fault(sample);
            if (fault != null) {
                faults.add("sample " + (i + 1) + " of dialect " + name() + ": " + fault + "\n    message: "
                        + sample.message());
            }
        }
        if (file.samples().isEmpty()) {
            faults.add("dialect " + name() + " has no samples, so nothing says that it reads what it should");
        }
        return faults;
    }

    /** What devices write, as the samples have it: whole messages without framing. */
    public List<String> sampleMessages() {
        return file.samples().stream().map(Sample::message).toList();
    }

    /** What the messages of the samples are, for tests that change them. */
    List<Sample> samples() {
        return file.samples();
    }

    private @Nullable String fault(Sample sample) {
        Instant received = sample.receivedOrDefault();
        Outcome outcome = read(
                SyslogText.of(sample.message().getBytes(StandardCharsets.UTF_8), received, ZoneOffset.UTC),
                null,
                received);
        Sample.Expected expected = sample.record();
        if (expected == null) {
            return outcomeOf(outcome) == sample.result()
                    ? null
                    : "expected " + sample.result() + ", but " + said(outcome);
        }
        BindingFact fact;
        try {
            fact = expected.fact();
        } catch (InvalidRecordException | IllegalArgumentException e) {
            return "its record cannot be: " + e.getMessage();
        }
        return outcome instanceof Outcome.Fact found && found.fact().equals(fact)
                ? null
                : "expected " + fact + ", but " + said(outcome);
    }

    private static Sample.@Nullable Result outcomeOf(@Nullable Outcome outcome) {
        return switch (outcome) {
            case null -> Sample.Result.UNRECOGNISED;
            case Outcome.Ignored _ -> Sample.Result.IGNORED;
            case Outcome.Unusable _ -> Sample.Result.UNUSABLE;
            case Outcome.Fact _, Outcome.Refused _ -> null;
        };
    }

    private static String said(@Nullable Outcome outcome) {
        return switch (outcome) {
            case null -> "the dialect does not recognise it (literals and begins)";
            case Outcome.Ignored _ -> "it is ignored";
            case Outcome.Unusable unusable -> "it cannot be used: " + unusable.reason();
            case Outcome.Fact found -> "it is read as " + found.fact();
            case Outcome.Refused refused -> refused.reason();
        };
    }
}
