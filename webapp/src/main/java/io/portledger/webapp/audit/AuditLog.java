package io.portledger.webapp.audit;

import io.portledger.webapp.audit.AuditEvent.AccountChanged;
import io.portledger.webapp.audit.AuditEvent.AccountRead;
import io.portledger.webapp.audit.AuditEvent.Answered;
import io.portledger.webapp.audit.AuditEvent.Asked;
import io.portledger.webapp.audit.AuditEvent.AuditRead;
import io.portledger.webapp.audit.AuditEvent.AuditVerified;
import io.portledger.webapp.audit.AuditEvent.CaseChanged;
import io.portledger.webapp.audit.AuditEvent.CaseOpened;
import io.portledger.webapp.audit.AuditEvent.Deleted;
import io.portledger.webapp.audit.AuditEvent.Deleting;
import io.portledger.webapp.audit.AuditEvent.Exported;
import io.portledger.webapp.audit.AuditEvent.SignInRefused;
import io.portledger.webapp.audit.AuditEvent.SignedIn;
import io.portledger.webapp.audit.AuditEvent.SignedOut;
import io.portledger.webapp.audit.AuditEvent.TornLineRemoved;
import io.portledger.webapp.audit.AuditEvent.Unanswered;
import io.portledger.webapp.audit.AuditEvent.Viewed;
import io.portledger.webapp.cases.Case;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of JSON lines that only grows. Each line carries its number and the SHA-256 of the line before it (of its bytes
 * without the line feed; 64 zeros in the first line), so that no line can be changed, taken out or put in without
 * breaking every later one. What the chain cannot show is that lines were cut off at the end: keep a copy of the newest
 * hash elsewhere for that.
 *
 * <p>{@link #append} returns when the line is on the disk. Callers that wait at the same time share one write to the
 * disk. Safe for use by several threads; one process at a time, which a lock on the file sees to.
 */
public final class AuditLog implements Closeable {

    private static final String NO_LINE = "0".repeat(64);
    private static final int MAX_LINE_LENGTH = 1 << 16;
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final Path file;
    private final Clock clock;
    private final FileChannel channel;
    private final Object writing = new Object();
    private final Object syncing = new Object();

    private long length;
    private volatile long lastNumber;
    private String lastHash;
    private volatile @Nullable String broken;
    private long syncedNumber;

    private AuditLog(Path file, Clock clock, FileChannel channel, long length, long lastNumber, String lastHash) {
        this.file = file;
        this.clock = clock;
        this.channel = channel;
        this.length = length;
        this.lastNumber = lastNumber;
        this.lastHash = lastHash;
        this.syncedNumber = lastNumber;
    }

    /**
     * What a verification found.
     *
     * @param lines how many lines are intact, from the first on
     * @param lastHash the hash of the last of these
     * @param problem what is wrong with the line after them, or null if the file ends there
     */
    public record Verification(
            long lines, String lastHash, @Nullable String problem) {

        /** Whether the whole file is as it was written. */
        public boolean isIntact() {
            return problem == null;
        }
    }

    /**
     * Opens the log, or begins it. An unfinished line that a crash left at the end is moved into an event of its own.
     *
     * @throws AuditException if the end of the file is no audit log, or another process writes it
     */
    public static AuditLog open(Path file, Clock clock) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file);
            if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
                try (FileChannel directory =
                        FileChannel.open(file.toAbsolutePath().getParent())) {
                    directory.force(true);
                }
            }
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            lock(file, channel);
            long size = channel.size();
            byte[] end = readEnd(channel, size);
            int tornFrom = lastLineFeed(end, end.length) + 1;
            byte[] torn = Arrays.copyOfRange(end, tornFrom, end.length);
            long length = size - torn.length;
            long lastNumber = 0;
            String lastHash = NO_LINE;
            if (length > 0) {
                int lineFrom = lastLineFeed(end, tornFrom - 1) + 1;
                byte[] lastLine = Arrays.copyOfRange(end, lineFrom, Math.max(lineFrom, tornFrom - 1));
                lastNumber = numberOf(lastLine, file);
                lastHash = Sha256.hex(lastLine);
            }
            AuditLog log = new AuditLog(file, clock, channel, length, lastNumber, lastHash);
            if (torn.length > 0) {
                channel.truncate(length);
                log.append(new TornLineRemoved(HexFormat.of().formatHex(torn)));
            }
            return log;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Writes a line to the disk.
     *
     * @return its number
     * @throws AuditException if it is not certain that it stands there
     */
    public long append(AuditEvent event) {
        long number;
        synchronized (writing) {
            if (broken != null) {
                throw new AuditException(broken);
            }
            number = lastNumber + 1;
            byte[] line = JSON.writeValueAsBytes(line(number, event));
            if (line.length >= MAX_LINE_LENGTH) {
                throw new AuditException("An audit line of " + line.length + " bytes is too long to be written.");
            }
            write(line);
            lastHash = Sha256.hex(line);
            length += line.length + 1;
            lastNumber = number;
        }
        sync(number);
        return number;
    }

    /** Reads the file from its beginning and follows the chain. May run while the log is written. */
    public static Verification verify(Path file) throws IOException {
        return verify(file, (_, _, _) -> {});
    }

    /** Is told of each intact line while a file is verified. */
    @FunctionalInterface
    public interface Progress {

        /**
         * One more line is intact.
         *
         * @param line its number
         * @param hash its hash
         * @param octets how much of the file was read, up to its end
         */
        void intact(long line, String hash, long octets);
    }

    /** As {@link #verify(Path)}, telling how far it is. What is written meanwhile is not read. */
    public static Verification verify(Path file, Progress progress) throws IOException {
        long lines = 0;
        long octets = 0;
        String previous = NO_LINE;
        long size = Files.size(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            while (true) {
                byte[] line = octets >= size ? null : readLine(in);
                if (line == null) {
                    return new Verification(lines, previous, null);
                }
                String problem = problemOf(line, lines + 1, previous);
                if (problem != null) {
                    return new Verification(lines, previous, "Line " + (lines + 1) + ": " + problem);
                }
                previous = Sha256.hex(line);
                lines++;
                octets += line.length + 1;
                progress.intact(lines, previous, octets);
            }
        }
    }

    /** A time as lines have it; the order of such texts is that of the times. */
    static String time(Instant instant) {
        return TIME.format(instant);
    }

    /** The file. */
    public Path file() {
        return file;
    }

    @Override
    public void close() throws IOException {
        synchronized (writing) {
            broken = "The audit log " + file + " is closed: the application is stopping. No answer is given.";
        }
        channel.close();
    }

    private ObjectNode line(long number, AuditEvent event) {
        ObjectNode line = JSON.createObjectNode();
        line.put("seq", number);
        line.put("time", TIME.format(clock.instant()));
        switch (event) {
            case Asked asked -> {
                line.put("event", "QUESTION");
                line.put("who", asked.who());
                line.put("channel", asked.channel());
                line.put("from", asked.from());
                line.put("ip", asked.question().ipv4().toString());
                line.put("port", asked.question().port());
                if (asked.question().protocol() != 0) {
                    line.put("protocol", asked.question().protocol());
                }
                if (asked.question().destination() != null) {
                    line.put(
                            "to",
                            asked.question().destination() + ":"
                                    + asked.question().destinationPort());
                }
                line.put("at", TIME.format(asked.question().at()));
                line.put("tolerance", asked.question().tolerance().toString());
                line.put("case", asked.reference());
            }
            case Answered answered -> {
                line.put("event", "ANSWER");
                line.put("question", answered.question());
                line.put("verdict", answered.verdict().name());
                line.put("complete", answered.complete());
                line.put("holders", answered.holders());
                line.put("digest", answered.digest());
            }
            case Unanswered unanswered -> {
                line.put("event", "NO_ANSWER");
                line.put("question", unanswered.question());
                line.put("cause", unanswered.cause().name());
            }
            case AccountRead read -> {
                line.put("event", "ACCOUNT");
                line.put("who", read.who());
                line.put("channel", read.channel());
                line.put("address", read.address());
                line.put("holder", read.holder());
                line.put("from", TIME.format(read.from()));
                line.put("to", TIME.format(read.to()));
                line.put("case", read.reference());
            }
            case CaseOpened(Case opened) -> {
                line.put("event", "CASE_OPENED");
                line.put("who", opened.openedBy());
                line.put("case", opened.reference());
                line.put("basis", opened.legalBasis());
                line.put("authority", opened.authority());
                line.put("from", TIME.format(opened.scope().from()));
                line.put("to", TIME.format(opened.scope().to()));
                opened.scope()
                        .addresses()
                        .forEach(address -> line.withArray("addresses").add(address.toString()));
                line.put("note", opened.note());
                line.put("state", opened.state().name());
            }
            case CaseChanged changed -> {
                line.put("event", "CASE_CHANGED");
                line.put("who", changed.who());
                line.put("case", changed.reference());
                line.put("was", changed.from().name());
                line.put("state", changed.to().name());
                line.put("remark", changed.remark());
            }
            case Viewed viewed -> {
                line.put("event", "VIEWED");
                line.put("who", viewed.who());
                line.put("channel", viewed.channel());
                line.put("from", viewed.from());
                line.put("kind", viewed.kind());
                line.put("rows", viewed.rows());
            }
            case Exported exported -> {
                line.put("event", "EXPORTED");
                line.put("who", exported.who());
                line.put("channel", exported.channel());
                line.put("from", exported.from());
                line.put("kind", exported.kind());
                line.put("rows", exported.rows());
                line.put("sha256", exported.sha256());
            }
            case SignedIn signedIn -> {
                line.put("event", "SIGNED_IN");
                line.put("who", signedIn.who());
                line.put("from", signedIn.from());
            }
            case SignedOut signedOut -> {
                line.put("event", "SIGNED_OUT");
                line.put("who", signedOut.who());
                line.put("from", signedOut.from());
            }
            case SignInRefused refused -> {
                line.put("event", "SIGN_IN_REFUSED");
                if (refused.who() != null) {
                    line.put("who", refused.who());
                }
                line.put("from", refused.from());
                line.put("cause", refused.cause());
                if (refused.unrecorded() > 0) {
                    line.put("unrecorded", refused.unrecorded());
                }
            }
            case AccountChanged changed -> {
                line.put("event", changed.change().name());
                line.put("who", changed.who());
                line.put("from", changed.from());
                line.put("user", changed.user());
                if (changed.roles() != null) {
                    changed.roles().forEach(line.putArray("roles")::add);
                }
                if (changed.token() != null) {
                    line.put("token", changed.token());
                }
            }
            case AuditRead read -> {
                line.put("event", "AUDIT_READ");
                line.put("who", read.who());
                line.put("from", read.from());
                line.put("filter", read.filter());
            }
            case AuditVerified verified -> {
                line.put("event", "AUDIT_VERIFIED");
                line.put("who", verified.who());
                line.put("from", verified.from());
                line.put("lines", verified.lines());
                line.put("lastHash", verified.lastHash());
                if (verified.problem() != null) {
                    line.put("problem", verified.problem());
                }
            }
            case Deleting deleting -> {
                line.put("event", "DELETING");
                line.put("kept", deleting.kept().name());
                line.put("cutoff", TIME.format(deleting.cutoff()));
                line.put("documents", deleting.documents());
            }
            case Deleted deleted -> {
                line.put("event", "DELETED");
                line.put("kept", deleted.deleted().kept().name());
                line.put("cutoff", TIME.format(deleted.deleted().cutoff()));
                line.put("documents", deleted.deleted().documents());
                deleted.deleted().indices().forEach(line.putArray("indices")::add);
            }
            case TornLineRemoved removed -> {
                line.put("event", "TORN_LINE_REMOVED");
                line.put("bytes", removed.bytes());
            }
        }
        line.put("previous", lastHash);
        return line;
    }

    private void write(byte[] line) {
        ByteBuffer buffer =
                ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
        try {
            long position = length;
            while (buffer.hasRemaining()) {
                position += channel.write(buffer, position);
            }
        } catch (IOException e) {
            try {
                channel.truncate(length);
            } catch (IOException again) {
                e.addSuppressed(again);
                broken = unusable(e);
            }
            throw new AuditException(unusable(e), e);
        }
    }

    private void sync(long number) {
        synchronized (syncing) {
            if (syncedNumber >= number) {
                return;
            }
            String fault = broken;
            if (fault != null) {
                throw new AuditException(fault);
            }
            long upTo = lastNumber;
            try {
                channel.force(false);
            } catch (IOException e) {
                // After a failed sync nobody can say what reached the disk, not even a later successful one.
                synchronized (writing) {
                    broken = unusable(e);
                }
                throw new AuditException(unusable(e), e);
            }
            syncedNumber = upTo;
        }
    }

    private String unusable(IOException e) {
        return "The audit log " + file + " cannot be written (" + e.getMessage()
                + "), so no answer is given. Check the free space and the rights there, then restart the web application.";
    }

    private static void lock(Path file, FileChannel channel) throws IOException {
        boolean isLocked;
        try {
            isLocked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            isLocked = false;
        }
        if (!isLocked) {
            throw new AuditException("Another process writes the audit log " + file
                    + ". Stop it, or give this one its own portledger.data-directory.");
        }
    }

    private static byte[] readEnd(FileChannel channel, long size) throws IOException {
        ByteBuffer end = ByteBuffer.allocate((int) Math.min(size, 2L * MAX_LINE_LENGTH));
        while (end.hasRemaining() && channel.read(end, size - end.remaining()) >= 0) {
            // reads until the buffer is full
        }
        return end.array();
    }

    private static int lastLineFeed(byte[] bytes, int before) {
        for (int i = before - 1; i >= 0; i--) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static long numberOf(byte[] line, Path file) {
        try {
            long number = JSON.readTree(line).path("seq").asLong(0);
            if (number > 0) {
                return number;
            }
        } catch (JacksonException e) {
            throw notALog(file, e);
        }
        throw notALog(file, null);
    }

    private static AuditException notALog(Path file, @Nullable Throwable cause) {
        String message = "The end of " + file
                + " is not a line of an audit log. Somebody changed the file: keep it as evidence, move it away, and start"
                + " again with a new one.";
        return cause == null ? new AuditException(message) : new AuditException(message, cause);
    }

    private static @Nullable String problemOf(byte[] line, long number, String previous) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JacksonException e) {
            return "it is no JSON";
        }
        if (node.path("seq").asLong(0) != number) {
            return "its number is " + node.path("seq") + ", not " + number + ": lines were taken out or put in";
        }
        if (!node.path("previous").asString("").equals(previous)) {
            return "it does not carry the hash of the line before it: that line was changed";
        }
        return null;
    }

    private static byte @Nullable [] readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        int b;
        while ((b = in.read()) >= 0 && b != '\n') {
            if (line.size() == MAX_LINE_LENGTH) {
                break;
            }
            line.write(b);
        }
        return b < 0 && line.size() == 0 ? null : line.toByteArray();
    }
}
