/**
 * DHCPv6 (RFC 8415) and DHCPv4 (RFC 2131) as far as softwires are provisioned by them: messages to octets and back.
 *
 * <p>DHCPv4-over-DHCPv6 (RFC 7341), shared IPv4 addresses (RFC 7618), the softwire's source address (RFC 8539),
 * containers of softwire options (RFC 7598), AFTR-Name (RFC 6334), priorities (RFC 8026) and PCP servers (RFC 7291).
 *
 * <p>No sockets, no clocks, no state. {@link io.portledger.dhcp.Dhcpv6Message} is the outer message,
 * {@link io.portledger.dhcp.Dhcpv4Message} the one that DHCPV4-QUERY and DHCPV4-RESPONSE carry. All values are
 * immutable. A message whose framing is broken is refused with a {@link io.portledger.dhcp.DhcpException}; an option
 * whose data are broken stays in its message as {@code Malformed} with the fault, because a receiver ignores such an
 * option, and not the message, in most cases.
 */
package io.portledger.dhcp;
