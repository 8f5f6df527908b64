package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv6Message;

/** Where messages go. */
@FunctionalInterface
interface Outbound {

    /** Sends a message, once what it says is made to last. */
    void send(Dhcpv6Message message, Peer to);
}
