package io.portledger.collector;

import io.portledger.softwire.Ipv6Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses of exporters as the records write them. */
final class Addresses {

    private Addresses() {}

    /** The address without port and zone, IPv6 as RFC 5952 has it, an IPv4-mapped one as IPv4. */
    static String text(InetSocketAddress endPoint) {
        InetAddress address = endPoint.getAddress();
        if (address instanceof Inet6Address) {
            Ipv6Address ipv6 = Ipv6Address.fromBytes(address.getAddress(), 0);
            return ipv6.isMapped() ? ipv6.embeddedIpv4().toString() : ipv6.toString();
        }
        return address.getHostAddress();
    }
}
