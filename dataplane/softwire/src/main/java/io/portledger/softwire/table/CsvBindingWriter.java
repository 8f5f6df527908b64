package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import java.io.IOException;
import java.io.Writer;
import org.jspecify.annotations.Nullable;

/** Writes a binding table in CSV, header first; what {@link CsvBindingReader} reads back. Lines end with a line feed. */
public final class CsvBindingWriter implements BindingWriter {

    static final String HEADER = "b4-ipv6,ipv4,psid-offset,psid-len,psid,br-address,subscriber";

    private final Writer out;

    /** Takes over {@code out}, which should be buffered, and writes the header. */
    public CsvBindingWriter(Writer out) throws IOException {
        this.out = out;
        out.write(HEADER);
        out.write('\n');
    }

    @Override
    public void write(Binding binding) throws IOException {
        String row = row(binding);
        if (row.length() > CsvBindingReader.MAX_RECORD) {
            throw new BindingTableException(
                    "",
                    0,
                    0,
                    "the subscriber of " + binding.b4() + " is too long: a line has at most "
                            + CsvBindingReader.MAX_RECORD + " characters");
        }
        out.write(row);
        out.write('\n');
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** The binding as its line of the table, without line end. */
    public static String row(Binding binding) {
        return binding.b4() + "," + binding.ipv4() + "," + binding.ports().psidOffset() + ","
                + binding.ports().psidLength() + "," + binding.ports().psid() + "," + binding.br() + ","
                + quoted(binding.subscriber());
    }

    private static String quoted(@Nullable String subscriber) {
        if (subscriber == null) {
            return "";
        }
        boolean isPlain = subscriber.strip().length() == subscriber.length()
                && subscriber.chars().noneMatch(c -> c == ',' || c == '"' || c < ' ' || c == '\ufeff');
        return isPlain ? subscriber : '"' + subscriber.replace("\"", "\"\"") + '"';
    }
}
