/**
 * Provisioning by DHCP on the lwAFTR's side: shared IPv4 addresses by DHCPv4 over DHCPv6 (RFC 7341, RFC 7618, RFC 8539),
 * by a server of its own or as the relay to a central one, and what lwB4s find by stateless DHCPv6 (RFC 7598, RFC 6334).
 */
package io.portledger.lwaftr.dhcp;
