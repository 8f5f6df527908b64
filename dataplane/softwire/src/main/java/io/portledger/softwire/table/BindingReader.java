package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import java.io.Closeable;
import java.util.Iterator;

/**
 * The bindings of a table in the order of its file, one at a time; a table of any length needs the memory of one entry.
 *
 * <p>{@link #hasNext} and {@link #next} throw {@link BindingTableException} for what is not right in the file and
 * {@link java.io.UncheckedIOException} if it cannot be read; after either, reading is over.
 */
public interface BindingReader extends Iterator<Binding>, Closeable {

    /** The line in which the binding last returned begins, counted from 1. */
    int line();
}
