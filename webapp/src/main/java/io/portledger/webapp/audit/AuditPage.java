package io.portledger.webapp.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lines of an audit log, the newest first. Reading goes backwards from a place in the file, and ends when the page is
 * full or {@link #MOST_OCTETS} were looked through.
 *
 * @param lines the lines that match, newest first
 * @param older from where the older ones are read, or 0 if there are none
 * @param readTo the time of the oldest line that was looked at, or empty
 */
public record AuditPage(List<Line> lines, long older, String readTo) {

    /** Lines of a page at most. */
    public static final int MOST_LINES = 50;

    /** What is looked through for a page at most. */
    public static final long MOST_OCTETS = 64L << 20;

    private static final int BLOCK = 1 << 18;

    public AuditPage {
        lines = List.copyOf(lines);
    }

    /**
     * A line.
     *
     * @param number its number
     * @param time when it was written, as it stands there
     * @param event what
     * @param who the user, or empty
     * @param reference the case, or empty
     * @param rest everything else but the hash, as it stands there
     */
    public record Line(long number, String time, String event, String who, String reference, String rest) {

        private static Line of(JsonNode node) {
            String rest = node instanceof ObjectNode object
                    ? object.properties().stream()
                            .filter(field -> !List.of("seq", "time", "event", "who", "case", "previous")
                                    .contains(field.getKey()))
                            .map(field -> field.getKey() + "="
                                    + (field.getValue().isString()
                                            ? field.getValue().asString()
                                            : field.getValue().toString()))
                            .collect(Collectors.joining(", "))
                    : "";
            return new Line(
                    node.path("seq").asLong(0),
                    node.path("time").asString(""),
                    node.path("event").asString(""),
                    node.path("who").asString(""),
                    node.path("case").asString(""),
                    rest);
        }
    }

    /**
     * Which lines.
     *
     * @param user by whom or about whom, or empty for anybody
     * @param event what, or empty for anything
     * @param reference a part of the case's reference, or empty for any
     * @param from written at this time or later, or null
     * @param to written before this time, or null
     */
    public record Filter(
            String user,
            String event,
            String reference,
            @Nullable Instant from,
            @Nullable Instant to) {

        /** Everything. */
        public static final Filter NONE = new Filter("", "", "", null, null);

        private boolean matches(JsonNode node) {
            return (user.isEmpty()
                            || user.equals(node.path("who").asString(""))
                            || user.equals(node.path("user").asString("")))
                    && (event.isEmpty() || event.equals(node.path("event").asString("")))
                    && (reference.isEmpty()
                            || node.path("case")
                                    .asString("")
                                    .toLowerCase(Locale.ROOT)
                                    .contains(reference.toLowerCase(Locale.ROOT)))
                    && (from == null || node.path("time").asString("").compareTo(AuditLog.time(from)) >= 0)
                    && (to == null || node.path("time").asString("").compareTo(AuditLog.time(to)) < 0);
        }

        /** Whether no older line can match: a clock may have been set back, but not by a day. */
        private boolean endsAt(JsonNode node) {
            String time = node.path("time").asString("");
            return from != null && !time.isEmpty() && time.compareTo(AuditLog.time(from.minus(Duration.ofDays(1)))) < 0;
        }

        /** In words, for the log itself. */
        @Override
        public String toString() {
            return Stream.of(
                            user.isEmpty() ? "" : "user=" + user,
                            event.isEmpty() ? "" : "event=" + event,
                            reference.isEmpty() ? "" : "case=" + reference,
                            from == null ? "" : "from=" + from,
                            to == null ? "" : "to=" + to)
                    .filter(text -> !text.isEmpty())
                    .collect(Collectors.joining(" "));
        }
    }

    /**
     * Reads a page. May run while the log is written.
     *
     * @param before the place in the file before which it reads: {@link #older} of the page before, or a large number
     *     for the newest
     */
    static AuditPage read(Path file, Filter filter, long before) throws IOException {
        List<Line> lines = new ArrayList<>();
        String readTo = "";
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long end = Math.clamp(before, 0, channel.size());
            long stop = Math.max(0, end - MOST_OCTETS);
            byte[] tail = new byte[0];
            boolean isWhole = false;
            for (long block = end; block > 0; ) {
                long start = Math.max(0, block - BLOCK);
                byte[] bytes = new byte[(int) (block - start) + tail.length];
                readFully(channel, ByteBuffer.wrap(bytes, 0, (int) (block - start)), start);
                System.arraycopy(tail, 0, bytes, (int) (block - start), tail.length);
                int lineEnd = bytes.length;
                for (int i = bytes.length - 1; i >= -1; i--) {
                    boolean isBegin = i < 0 ? start == 0 : bytes[i] == '\n';
                    if (!isBegin) {
                        continue;
                    }
                    // What stands after the last line feed is being written just now.
                    if (isWhole && lineEnd > i + 1) {
                        JsonNode node = parse(Arrays.copyOfRange(bytes, i + 1, lineEnd));
                        if (filter.endsAt(node)) {
                            return new AuditPage(lines, 0, node.path("time").asString(""));
                        }
                        readTo = node.path("time").asString(readTo);
                        if (filter.matches(node)) {
                            lines.add(Line.of(node));
                        }
                        long position = start + i + 1;
                        if (lines.size() == MOST_LINES || position <= stop) {
                            return new AuditPage(lines, position, readTo);
                        }
                    }
                    isWhole = true;
                    lineEnd = Math.max(i, 0);
                }
                tail = Arrays.copyOf(bytes, lineEnd == 0 && start == 0 ? 0 : lineEnd);
                block = start;
            }
        }
        return new AuditPage(lines, 0, readTo);
    }

    private static JsonNode parse(byte[] line) {
        try {
            return JsonMapper.shared().readTree(line);
        } catch (JacksonException e) {
            ObjectNode broken = JsonMapper.shared().createObjectNode();
            broken.put("event", "NOT_A_LINE");
            return broken;
        }
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, at);
            if (count < 0) {
                throw new IOException("the file became shorter while it was read");
            }
            at += count;
        }
    }
}
