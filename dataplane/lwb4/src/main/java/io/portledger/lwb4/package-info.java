/**
 * The lwB4 of RFC 7596: the subscriber's end of the softwire.
 *
 * <p>{@link io.portledger.lwb4.HomeGateway} is the whole of it: it gets a binding from its settings, by PCP, DHCPv4 over
 * DHCPv6 or DHCPv6 ({@link io.portledger.lwb4.dhcp}) and forwards packets by it ({@link io.portledger.lwb4.softwire}).
 * {@link io.portledger.lwb4.fleet} runs thousands of PCP clients in one process.
 */
package io.portledger.lwb4;
