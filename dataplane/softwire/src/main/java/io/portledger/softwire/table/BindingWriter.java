package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import java.io.Closeable;
import java.io.IOException;

/** Writes a binding table as it comes. The table is complete when it is closed. */
public interface BindingWriter extends Closeable {

    /**
     * Appends a binding.
     *
     * @throws BindingTableException if the format cannot express it
     */
    void write(Binding binding) throws IOException;
}
