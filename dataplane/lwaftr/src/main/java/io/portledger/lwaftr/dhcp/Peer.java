package io.portledger.lwaftr.dhcp;

import io.portledger.softwire.Ipv6Address;

/**
 * The other end of a datagram.
 *
 * @param address its address
 * @param port its UDP port
 * @param scope the number of the interface on which its link-local address is; 0 with any other address;
 *     {@link #AMONG_PACKETS} if the way to it is that of the packets that are forwarded
 */
record Peer(Ipv6Address address, int port, int scope) {

    static final int AMONG_PACKETS = -1;
}
