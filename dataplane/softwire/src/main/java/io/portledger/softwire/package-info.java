/**
 * The vocabulary every other module speaks: addresses, port sets, bindings and the files that hold them.
 *
 * <p>Terms are those of RFC 7596 (lw4o6) and RFC 7597 (port mapping). Everything here is an immutable value, safe to
 * share between threads. {@link io.portledger.softwire.PortSet} is the only port-set arithmetic in the product: the
 * data plane allocates with it and the ledger decodes with it.
 */
package io.portledger.softwire;
