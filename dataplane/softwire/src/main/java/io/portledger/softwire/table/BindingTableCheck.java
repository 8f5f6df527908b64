package io.portledger.softwire.table;

import io.portledger.softwire.Binding;
import io.portledger.softwire.PortSet;

/**
 * The two rules that every binding table keeps: all bindings of an IPv4 address divide its ports alike (RFC 7597 §5.1:
 * one PSID offset and PSID length), and no (IPv4 address, PSID) has two lwB4s.
 *
 * <p>Takes about 24 octets of memory for each binding and for each address. For one thread.
 */
public final class BindingTableCheck {

    private final String file;
    private final LineIndex divisionByAddress = LineIndex.of64BitKeys();
    private final LineIndex lineByOwner = LineIndex.of64BitKeys();

    /** @param file what messages call the table; empty for nothing */
    public BindingTableCheck(String file) {
        this.file = file;
    }

    /**
     * Takes the next binding of the table, which begins in line {@code line}, counted from 1.
     *
     * @throws BindingTableException naming this line and the one that it contradicts
     */
    public void accept(Binding binding, int line) {
        long address = binding.ipv4().bits() & 0xffff_ffffL;
        PortSet ports = binding.ports();
        long division = (long) line << 16 | ports.psidOffset() << 8 | ports.psidLength();
        long first = divisionByAddress.putIfAbsent(address, division);
        if (first != 0 && (first & 0xffff) != (division & 0xffff)) {
            throw new BindingTableException(
                    file,
                    line,
                    0,
                    binding.ipv4() + " has "
                            + divisionText(division) + " here, but " + divisionText(first) + " in line "
                            + (first >>> 16)
                            + "; all bindings of an address must have the same");
        }
        long firstLine = lineByOwner.putIfAbsent(address << 16 | ports.psid(), line);
        if (firstLine != 0) {
            throw new BindingTableException(
                    file,
                    line,
                    0,
                    binding.ipv4() + " with PSID " + ports.psid() + " is in line " + firstLine + " already");
        }
    }

    private static String divisionText(long division) {
        return "psid-offset " + (division >>> 8 & 0xff) + " and psid-len " + (division & 0xff);
    }
}
