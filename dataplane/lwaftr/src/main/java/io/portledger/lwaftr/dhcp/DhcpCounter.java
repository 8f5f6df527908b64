package io.portledger.lwaftr.dhcp;

import java.util.Locale;

/** What is counted of DHCP. */
public enum DhcpCounter {
    /** DHCPDISCOVER that was answered by an offer. */
    OFFERED,
    /** DHCPREQUEST that was answered by an acknowledgement. */
    ACKNOWLEDGED,
    /** DHCPREQUEST that was refused. */
    REFUSED,
    /** DHCPRELEASE that ended a lease. */
    RELEASED,
    /** DHCPDECLINE that ended a lease. */
    DECLINED,
    /** DHCPINFORM that was answered. */
    INFORMED,
    /** Information-request that was answered. */
    CONFIGURED,
    /** DHCPV4-QUERY that went on to the central server. */
    RELAYED,
    /** DHCPV4-RESPONSE of the central server that went on to its client. */
    RELAYED_BACK,
    /** Lease of the central server that contradicts the table: the client did not hear of it. */
    DROPPED_CONFLICT,
    /** Datagrams that are no DHCP message, or lack what they must have. */
    DROPPED_MALFORMED,
    /** Messages that are not meant for this server. */
    DROPPED_NOT_FOR_US,
    /** Messages that nobody serves here. */
    DROPPED_UNSUPPORTED,
    /** Messages of a client that does not know about shared addresses. */
    DROPPED_NOT_SHARING,
    /** Messages of relays that are none, with a softwire that their sender cannot have, and answers nobody asked for. */
    DROPPED_SPOOFED,
    /** Messages that cannot be served at present: nothing is left, or the client may have nothing. */
    DROPPED_UNSERVED,
    /** Messages of a sender that sends too many. */
    DROPPED_FLOOD;

    /** How metrics call it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
