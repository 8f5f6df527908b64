package io.portledger.webapp.lookup;

import io.portledger.ledger.Answer;
import io.portledger.ledger.BindingInterval;
import io.portledger.ledger.BindingInterval.Boundary;
import io.portledger.ledger.BindingInterval.Holder;
import io.portledger.ledger.Evidence;
import io.portledger.ledger.Gap;
import io.portledger.ledger.Question;
import io.portledger.records.NatMapping;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An answer in words. Every sentence claims no more than the records do. */
public final class Wording {

    private Wording() {}

    /** The verdict in one sentence. */
    public static String verdict(Answer answer) {
        Question question = answer.question();
        String farEnd = FarEnd.write(question);
        String socket =
                question.ipv4() + ":" + ProtocolPort.write(question) + (farEnd.isEmpty() ? "" : " to " + farEnd);
        return switch (answer.verdict()) {
            case HELD ->
                holder(answer.holders().getFirst().holder()) + " held " + socket + " " + window(question) + ".";
            case NOT_HELD -> "Nobody held " + socket + " " + window(question) + ", as far as the records tell.";
            case AMBIGUOUS -> ambiguous(answer, socket);
        };
    }

    /** Whether the records are complete, in one sentence. */
    public static String completeness(Answer answer) {
        if (answer.complete()) {
            return "The records are complete: no loss is known around that time.";
        }
        String consequence = switch (answer.verdict()) {
            case HELD -> "another holder in between cannot be ruled out";
            case NOT_HELD -> "\"nobody\" is not proven";
            case AMBIGUOUS -> "there may be further holders";
        };
        return "Records may be missing around that time, so " + consequence + ".";
    }

    /** When the question was about: the moment, or the window that the tolerance makes of it. */
    public static String window(Question question) {
        return question.tolerance().isZero()
                ? "at " + Moment.write(question.at())
                : "from " + Moment.write(question.from()) + " to " + Moment.write(question.to());
    }

    /** Who it is, by the most telling name known. */
    public static String holder(Holder holder) {
        List<String> names = new ArrayList<>();
        if (holder.subscriber() != null) {
            names.add("subscriber " + holder.subscriber());
        }
        if (holder.b4() != null) {
            names.add(holder.b4().toString());
        }
        if (holder.insideIpv4() != null) {
            names.add("inside address " + holder.insideIpv4()
                    + (holder.natInstance() == 0 ? "" : " of NAT instance " + holder.natInstance()));
        }
        String name = names.isEmpty()
                ? "a holder without a name"
                : names.removeFirst() + (names.isEmpty() ? "" : " (" + String.join(", ", names) + ")");
        return name.startsWith("subscriber") || name.startsWith("inside") || name.startsWith("a ")
                ? Character.toUpperCase(name.charAt(0)) + name.substring(1)
                : name;
    }

    /** Of which entry of a NAT's table an interval tells, or null if the holder had all traffic of the ports. */
    public static @Nullable String mapping(BindingInterval interval) {
        NatMapping mapping = interval.mapping();
        if (mapping == null) {
            return null;
        }
        return (mapping.isSession() ? "session" : "mapping")
                + (mapping.protocol() == 0 ? "" : " of " + ProtocolPort.name(mapping.protocol()))
                + (mapping.insidePort() == 0 ? "" : ", inside port " + mapping.insidePort())
                + (mapping.isSession()
                        ? ", to " + mapping.destination()
                                + (mapping.destinationPort() == 0 ? "" : ":" + mapping.destinationPort())
                        : "");
    }

    /** How the beginning is known. */
    public static String beginning(BindingInterval interval) {
        return switch (interval.startedBy()) {
            case LOGGED -> "logged by the exporter";
            case INFERRED -> "inferred from another record";
            case UNKNOWN, OPEN -> "not logged: it may have begun earlier";
        };
    }

    /** How the end is known. */
    public static String ending(BindingInterval interval) {
        return switch (interval.endedBy()) {
            case LOGGED -> "logged by the exporter";
            case INFERRED -> "inferred: the ports were given to somebody else, no release was logged";
            case UNKNOWN -> "not logged: it may have ended earlier";
            case OPEN -> "still held as far as the ledger knows";
        };
    }

    /** The beginning as time, or null if no record tells any. */
    public static @Nullable String start(BindingInterval interval) {
        boolean isKnown =
                interval.startedBy() != Boundary.UNKNOWN || interval.start().toEpochMilli() > 0;
        return isKnown ? Moment.write(interval.start()) : null;
    }

    /** What is known about a gap. */
    public static String cause(Gap gap) {
        return switch (gap.cause()) {
            case "SEQUENCE" -> "sequence numbers are missing: messages were lost on the way";
            case "RESTART" -> "the exporter restarted: messages before that may be lost";
            case "UNDECODABLE" -> "messages arrived that could not be decoded";
            case "NOT_COLLECTED" -> "the collector was not running, or had no room";
            case "NOT_YET_COLLECTED" -> "records of this time have not all arrived yet: ask again later";
            case "SKEW" -> "the exporter's clock and the collector's differ: the times are doubtful";
            case "SILENT" -> "the exporter was not heard";
            case "LATE" -> "a record came after the history of its time was closed";
            case "NOT_READ" -> "stored records were deleted before the ledger had read them";
            case "EXPIRED" -> "records of that time are deleted: the period for which they may be kept is over";
            default -> gap.cause();
        };
    }

    /** A syslog message as text, invisible characters as their numbers; null for binary records. */
    public static @Nullable String text(Evidence evidence) {
        boolean isSyslog = evidence.transport().startsWith("SYSLOG")
                || (evidence.templateId() == 0 && !evidence.hostname().isEmpty());
        if (!isSyslog) {
            return null;
        }
        StringBuilder visible = new StringBuilder();
        for (char c : new String(evidence.rawBytes(), StandardCharsets.UTF_8).toCharArray()) {
            visible.append(isInvisible(c) ? "\\x%02x".formatted((int) c) : c);
        }
        return visible.toString();
    }

    /** Control characters, and those that turn the reading direction, with which a record could lie. */
    private static boolean isInvisible(char c) {
        return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
    }

    /** A length of time as {@code 3 d 4 h}, its two largest units. */
    public static String length(Duration duration) {
        long days = duration.toDays();
        if (days > 0) {
            return days + " d " + duration.toHoursPart() + " h";
        }
        if (duration.toHours() > 0) {
            return duration.toHours() + " h " + duration.toMinutesPart() + " min";
        }
        if (duration.toMinutes() > 0) {
            return duration.toMinutes() + " min " + duration.toSecondsPart() + " s";
        }
        return duration.toSeconds() + "." + "%03d".formatted(duration.toMillisPart()) + " s";
    }

    private static String ambiguous(Answer answer, String socket) {
        Question question = answer.question();
        BindingInterval first = answer.holders().getFirst();
        List<Holder> households = new ArrayList<>();
        for (BindingInterval interval : answer.holders()) {
            if (households.stream().noneMatch(interval.holder()::isSame)) {
                households.add(interval.holder());
            }
        }
        if (households.size() > 1) {
            return households.size() + " households held " + socket + " " + window(question)
                    + (answer.holders().stream().anyMatch(interval -> interval.mapping() != null)
                            ? ". The protocol, the far end or a more exact time may tell them apart."
                            : ". A more exact time may tell them apart.");
        }
        boolean isWholeWindow = !first.start().isAfter(question.from())
                && (first.end() == null || first.end().isAfter(question.to()));
        if (isWholeWindow) {
            return holder(first.holder()) + " probably held " + socket + " " + window(question)
                    + ", but no record tells when that began.";
        }
        return holder(first.holder()) + " held " + socket + " for a part of the time only, " + window(question) + ".";
    }
}
