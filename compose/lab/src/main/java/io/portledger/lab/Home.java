package io.portledger.lab;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;

/**
 * The machines of a subscriber, whatever its binding is.
 *
 * @param number from 1 on; the LAN is 192.168.NUMBER.0/24
 * @param host in the LAN
 * @param gateway between LAN and the IPv6 network, where its interface is {@code wan}
 */
public record Home(int number, Namespace host, Namespace gateway) {

    /** The host's private address. */
    public String hostAddress() {
        return "192.168." + number + ".2";
    }

    /** The gateway's address in the LAN. */
    public String gatewayAddress() {
        return "192.168." + number + ".1";
    }

    /** What the network routes to the gateway. */
    public Ipv6Prefix prefix() {
        return Ipv6Prefix.parse("2001:db8:0:" + number + "00::/56");
    }

    /** Its link to the router, as the first three groups of its addresses. */
    String access() {
        return "2001:db8:a" + number + "::";
    }

    /** A household that knows its binding; the end of its softwire is that of RFC 7596 §5.1. */
    Household with(PortSet ports) {
        return with(ports, Softwire.address(prefix(), Ipv4Address.parse(Lab.PUBLIC_ADDRESS), ports));
    }

    Household with(PortSet ports, Ipv6Address softwireAddress) {
        return new Household(this, ports, softwireAddress);
    }
}
