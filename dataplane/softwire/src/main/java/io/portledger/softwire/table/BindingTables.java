package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Iterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Opens and writes binding-table files: {@code .csv}, or {@code .json} as in RFC 8676. */
public final class BindingTables {

    private BindingTables() {}

    /**
     * Opens a table whose bindings are checked against each other while they are read ({@link BindingTableCheck}).
     *
     * @param defaultBr the BR address of bindings that name none; null if each must
     * @throws BindingTableException if there is no such file, or its name ends in neither {@code .csv} nor {@code .json}
     */
    public static BindingReader open(Path file, @Nullable Ipv6Address defaultBr) throws IOException {
        BindingReader reader = openUnchecked(file, defaultBr);
        BindingTableCheck check = new BindingTableCheck(file.toString());
        return new BindingReader() {
            @Override
            public boolean hasNext() {
                return reader.hasNext();
            }

            @Override
            public Binding next() {
                Binding binding = reader.next();
                check.accept(binding, reader.line());
                return binding;
            }

            @Override
            public int line() {
                return reader.line();
            }

            @Override
            public void close() throws IOException {
                reader.close();
            }
        };
    }

    /** As {@link #open}, for a caller that finds contradictions itself: nothing is remembered of a binding. */
    public static BindingReader openUnchecked(Path file, @Nullable Ipv6Address defaultBr) throws IOException {
        boolean isJson = isJson(file);
        try {
            return isJson
                    ? new JsonBindingReader(Files.newInputStream(file), file.toString(), defaultBr)
                    : new CsvBindingReader(Files.newBufferedReader(file), file.toString(), defaultBr);
        } catch (NoSuchFileException e) {
            throw new BindingTableException(file.toString(), 0, 0, "there is no such file", e);
        }
    }

    /**
     * Writes a table; a file of that name is replaced when the new one is complete, and stays as it is if writing fails.
     *
     * @param instance what JSON holds beside the table; unused in CSV
     * @return how many bindings were written
     * @throws BindingTableException if the format cannot express a binding, or {@code bindings} throws it
     */
    public static long write(Path file, Iterator<Binding> bindings, BindInstance instance) throws IOException {
        boolean isJson = isJson(file);
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try {
            long count = 0;
            var out = Files.newBufferedWriter(partial);
            try (BindingWriter writer = isJson ? new JsonBindingWriter(out, instance) : new CsvBindingWriter(out)) {
                for (; bindings.hasNext(); count++) {
                    writer.write(bindings.next());
                }
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return count;
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static boolean isJson(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".json")) {
            return true;
        }
        if (name.endsWith(".csv")) {
            return false;
        }
        throw new BindingTableException(file.toString(), 0, 0, "unknown kind of binding table (allowed: .csv, .json)");
    }
}
