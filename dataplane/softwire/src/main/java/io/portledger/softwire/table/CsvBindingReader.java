package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a binding table in CSV: {@code b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address[,subscriber]}.
 *
 * <p>The header line may be missing. Lines that begin with {@code #} and empty lines are skipped. Blanks around a field
 * do not count. A field may stand in quotes as in RFC 4180, with line breaks in it.
 */
public final class CsvBindingReader implements BindingReader {

    private static final int MAX_FIELDS = 7;
    static final int MAX_RECORD = 4096;

    private final Reader in;
    private final String file;
    private final @Nullable Ipv6Address defaultBr;
    private final char[] buffer = new char[1 << 15];
    private int position;
    private int limit;

    /** Where the character last read stands. */
    private int line = 1;

    private int column;

    /** The current record: its fields one after the other in {@code text}. */
    private final StringBuilder text = new StringBuilder(128);

    private final int[] starts = new int[MAX_FIELDS];
    private final int[] ends = new int[MAX_FIELDS];
    private final int[] columns = new int[MAX_FIELDS];
    private int fields;
    private int recordLine;
    private boolean isFirstRecord = true;

    private String lastBrText = "";
    private @Nullable Ipv6Address lastBr;
    private @Nullable Binding next;
    private boolean isOver;
    private int nextLine;
    private int returnedLine;

    /**
     * Takes over {@code in}.
     *
     * @param file what messages call the table; empty for nothing
     * @param defaultBr the BR address of bindings that name none; null if each must
     */
    public CsvBindingReader(Reader in, String file, @Nullable Ipv6Address defaultBr) {
        this.in = in;
        this.file = file;
        this.defaultBr = defaultBr;
    }

    @Override
    public boolean hasNext() {
        if (next == null && !isOver) {
            // Stays so if reading fails.
            isOver = true;
            try {
                next = read();
            } catch (CharacterCodingException e) {
                throw new BindingTableException(file, line, 0, "this is not UTF-8 text", e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            isOver = next == null;
        }
        return next != null;
    }

    @Override
    public Binding next() {
        if (!hasNext() || next == null) {
            throw new NoSuchElementException();
        }
        Binding binding = next;
        returnedLine = nextLine;
        next = null;
        return binding;
    }

    @Override
    public int line() {
        return returnedLine;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private @Nullable Binding read() throws IOException {
        while (readRecord()) {
            boolean isHeader = isFirstRecord && field(0).equals("b4-ipv6");
            isFirstRecord = false;
            if (!isHeader) {
                nextLine = recordLine;
                return binding();
            }
            requireHeader();
        }
        return null;
    }

    private void requireHeader() {
        String header = String.join(
                ",", IntStream.range(0, fields).mapToObj(this::field).toList());
        if (!header.equals(CsvBindingWriter.HEADER) && !(header + ",subscriber").equals(CsvBindingWriter.HEADER)) {
            throw fault(0, "the header is \"" + header + "\" (expected: " + CsvBindingWriter.HEADER + ")", null);
        }
    }

    private Binding binding() {
        if (fields < 6) {
            throw fault(
                    0,
                    fields + (fields == 1 ? " field" : " fields") + " (expected 6 or 7: " + CsvBindingWriter.HEADER
                            + ")",
                    null);
        }
        int at = 0;
        try {
            Ipv6Address b4 = Ipv6Address.parse(field(at));
            Ipv4Address ipv4 = Ipv4Address.parse(field(++at));
            int psidOffset = number(++at, Fields.PSID_OFFSET, 16);
            int psidLength = number(++at, Fields.PSID_LEN, 16);
            int psid = number(++at, Fields.PSID, 0xffff);
            var ports = Fields.portSet(psidOffset, psidLength, psid);
            Ipv6Address br = br(++at);
            return new Binding(b4, ipv4, ports, br, fields == MAX_FIELDS ? field(6) : null);
        } catch (IllegalArgumentException e) {
            throw fault(columns[at], String.valueOf(e.getMessage()), e);
        }
    }

    /** Tables seldom know more than a few BR addresses, and the last one is nearly always the next. */
    private Ipv6Address br(int at) {
        String written = field(at);
        if (written.isEmpty()) {
            return Fields.brAddress("br-address", null, defaultBr);
        }
        Ipv6Address br = lastBr;
        if (br == null || !written.equals(lastBrText)) {
            br = Ipv6Address.parse(written);
            lastBr = br;
            lastBrText = written;
        }
        return br;
    }

    private String field(int index) {
        return text.substring(starts[index], ends[index]);
    }

    private int number(int index, String name, int max) {
        int number = 0;
        for (int i = starts[index]; i < ends[index]; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw notANumber(index, name, max);
            }
            number = Math.min(number * 10 + digit, 1 << 20);
        }
        if (starts[index] == ends[index]) {
            throw notANumber(index, name, max);
        }
        if (number > max) {
            throw Fields.outOfRange(name, field(index), max);
        }
        return number;
    }

    private IllegalArgumentException notANumber(int index, String name, int max) {
        return new IllegalArgumentException(
                name + " \"" + field(index) + "\" is not a number (allowed: 0-" + max + ")");
    }

    /** Reads the next record that is neither empty nor a comment; false at the end of the table. */
    private boolean readRecord() throws IOException {
        while (true) {
            text.setLength(0);
            fields = 0;
            int c = afterBlanks();
            if (c < 0) {
                return false;
            }
            if (c == '#') {
                while (c >= 0 && c != '\n') {
                    c = readChar();
                }
            } else if (c != '\n') {
                recordLine = line;
                readFields(c);
                return true;
            }
            endLine(c);
        }
    }

    private void readFields(int firstChar) throws IOException {
        int c = firstChar;
        while (true) {
            if (fields == MAX_FIELDS) {
                throw fault(
                        column,
                        "more than 7 fields (expected 6 or 7: " + CsvBindingWriter.HEADER
                                + "; put a subscriber with a comma in quotes)",
                        null);
            }
            columns[fields] = column;
            starts[fields] = text.length();
            c = c == '"' ? readQuoted() : readPlain(c);
            fields++;
            if (c != ',') {
                endLine(c);
                return;
            }
            c = afterBlanks();
        }
    }

    /** Reads up to the comma or the end of the line, which is returned. */
    private int readPlain(int firstChar) throws IOException {
        int c = firstChar;
        while (c >= 0 && c != ',' && c != '\n') {
            if (c == '"') {
                throw fault(
                        column,
                        "a quote inside a field (put the whole field in quotes and write \"\" for a" + " quote in it)",
                        null);
            }
            append(c);
            c = readChar();
        }
        int end = text.length();
        while (end > starts[fields] && isBlank(text.charAt(end - 1))) {
            end--;
        }
        ends[fields] = end;
        return c;
    }

    private int readQuoted() throws IOException {
        int openedLine = line;
        int openedColumn = column;
        while (true) {
            int c = readChar();
            if (c < 0) {
                throw new BindingTableException(
                        file, openedLine, openedColumn, "the quote that opens here is never closed");
            }
            if (c == '"') {
                c = readChar();
                if (c != '"') {
                    ends[fields] = text.length();
                    while (c >= 0 && isBlank((char) c)) {
                        c = readChar();
                    }
                    if (c >= 0 && c != ',' && c != '\n') {
                        throw fault(
                                column, "text after a closing quote (expected a comma or the end of the line)", null);
                    }
                    return c;
                }
            }
            append(c);
            if (c == '\n') {
                endLine(c);
            }
        }
    }

    private void append(int c) {
        if (text.length() == MAX_RECORD) {
            throw new BindingTableException(
                    file, recordLine, 0, "the line is longer than " + MAX_RECORD + " characters");
        }
        text.append((char) c);
    }

    private int afterBlanks() throws IOException {
        int c = readChar();
        while (c >= 0 && isBlank((char) c)) {
            c = readChar();
        }
        return c;
    }

    /** A byte order mark counts as blank: it can only stand at the beginning. */
    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\ufeff';
    }

    private int readChar() throws IOException {
        if (position == limit) {
            position = 0;
            limit = Math.max(0, in.read(buffer));
            if (limit == 0) {
                return -1;
            }
        }
        column++;
        return buffer[position++];
    }

    private void endLine(int c) {
        if (c == '\n') {
            line++;
            column = 0;
        }
    }

    private BindingTableException fault(int at, String what, @Nullable Throwable cause) {
        return cause == null
                ? new BindingTableException(file, recordLine, at, what)
                : new BindingTableException(file, recordLine, at, what, cause);
    }
}
