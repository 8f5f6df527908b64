/**
 * The Port Control Protocol, version 2 (RFC 6887), with the PORT_SET option (RFC 7753): messages to octets and back.
 *
 * <p>No sockets, no clocks, no state. A server feeds datagrams to {@link io.portledger.pcp.PcpRequestDecoder} and
 * answers what it says; a client uses {@link io.portledger.pcp.PcpRequest#encode} and
 * {@link io.portledger.pcp.PcpResponse#decode}. All values are immutable. Addresses are 128 bits as in the protocol:
 * an IPv4 address stands as {@code ::ffff:a.b.c.d}.
 */
package io.portledger.pcp;
