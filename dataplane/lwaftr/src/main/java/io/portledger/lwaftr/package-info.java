/**
 * The lwAFTR of RFC 7596: binding table, forwarding, provisioning and the export of binding events.
 *
 * <p>One control thread owns leases and binding table and calls every {@link io.portledger.lwaftr.BindingListener};
 * forwarding workers only read the table.
 */
package io.portledger.lwaftr;
