package io.portledger.lab;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Softwire;

/**
 * A subscriber: a host behind a home gateway with an lwB4.
 *
 * @param number from 1 on; the LAN is 192.168.NUMBER.0/24
 * @param ports its share of {@link Lab#PUBLIC_ADDRESS}
 * @param host in the LAN
 * @param gateway with the lwB4 and the kernel's translation
 */
public record Household(int number, PortSet ports, Namespace host, Namespace gateway) {

    /** The host's private address. */
    public String hostAddress() {
        return "192.168." + number + ".2";
    }

    /** The gateway's address in the LAN. */
    public String gatewayAddress() {
        return "192.168." + number + ".1";
    }

    /** The lwB4's end of the softwire (RFC 7596 §5.1). */
    public Ipv6Address softwireAddress() {
        return Softwire.address(prefix(), Ipv4Address.parse(Lab.PUBLIC_ADDRESS), ports);
    }

    /** What the network routes to the gateway. */
    Ipv6Prefix prefix() {
        return Ipv6Prefix.parse("2001:db8:0:" + number + "00::/56");
    }

    /** Its link to the router, as the first three groups of its addresses. */
    String access() {
        return "2001:db8:a" + number + "::";
    }

    /** Lets the gateway send packets from the Internet to the host, as {@code nft} matches and changes them. */
    public void forwardToHost(String match, String port) {
        gateway.run(("nft add rule ip lwb4 to_hosts iifname softwire " + match + " dnat to " + hostAddress() + port)
                .split(" ", -1));
    }
}
