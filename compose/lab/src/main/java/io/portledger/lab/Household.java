package io.portledger.lab;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;

/**
 * A subscriber: a host behind a home gateway with an lwB4.
 *
 * @param home its machines
 * @param ports its share of {@link Lab#PUBLIC_ADDRESS}
 * @param softwireAddress the lwB4's end of the softwire
 */
public record Household(Home home, PortSet ports, Ipv6Address softwireAddress) {

    /** The machine in the LAN. */
    public Namespace host() {
        return home.host();
    }

    /** The machine with the lwB4 and the kernel's translation. */
    public Namespace gateway() {
        return home.gateway();
    }

    /** The host's private address. */
    public String hostAddress() {
        return home.hostAddress();
    }

    /** The gateway's address in the LAN. */
    public String gatewayAddress() {
        return home.gatewayAddress();
    }

    /** Lets the gateway send packets from the Internet to the host, as {@code nft} matches and changes them. */
    public void forwardToHost(String match, String port) {
        gateway()
                .run(("nft add rule ip lwb4 to_hosts iifname softwire " + match + " dnat to " + hostAddress() + port)
                        .split(" ", -1));
    }
}
