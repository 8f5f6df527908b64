/**
 * How lwB4s come to their bindings: pools of public addresses, leases with lifetimes, and the PCP server.
 *
 * <p>{@link io.portledger.lwaftr.provisioning.LeaseTable} is the one place where lease state changes; a way of
 * provisioning asks it and is told what the lwB4 gets. Everything here belongs to the control thread unless its class
 * says otherwise.
 */
package io.portledger.lwaftr.provisioning;
