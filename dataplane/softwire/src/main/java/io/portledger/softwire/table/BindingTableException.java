package io.portledger.softwire.table;

/**
 * A binding table that cannot be read, written or used. The message is one sentence for the operator and begins with
 * the file, if known, and the line.
 */
public final class BindingTableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;

    BindingTableException(String file, int line, int column, String what, Throwable cause) {
        super(place(file, line) + what, cause);
        this.line = line;
        this.column = column;
    }

    BindingTableException(String file, int line, int column, String what) {
        super(place(file, line) + what);
        this.line = line;
        this.column = column;
    }

    /** The line at fault, counted from 1; 0 if the fault is not in a line. */
    public int line() {
        return line;
    }

    /** The character in the line at which the faulty value begins, counted from 1; 0 if it is the whole line. */
    public int column() {
        return column;
    }

    private static String place(String file, int line) {
        String separator = file.isEmpty() || line == 0 ? "" : ", ";
        String place = file + separator + (line == 0 ? "" : "line " + line);
        return place.isEmpty() ? "" : place + ": ";
    }
}
