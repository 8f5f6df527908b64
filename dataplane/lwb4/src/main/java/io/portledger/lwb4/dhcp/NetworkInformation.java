package io.portledger.lwb4.dhcp;

import io.portledger.lwb4.softwire.LwaftrName;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a DHCPv6 server says about IPv4 over this network.
 *
 * @param aftrName option 64 (RFC 6334); null: not there
 * @param pcpServers option 86 (RFC 7291), IPv4 as mapped; may be empty
 * @param dhcp4o6 option 88 (RFC 7341); null: not there
 * @param container option 96 (RFC 7598); null: not there, or of no use
 * @param priority option 111 (RFC 8026): codes of options, the most preferred first; empty: no preference
 * @param refreshAfter option 32: when to ask again, at least ten minutes
 * @param longestRetransmission option 83: the most that a client may wait between two requests; null: not there
 */
public record NetworkInformation(
        @Nullable LwaftrName aftrName,
        List<Ipv6Address> pcpServers,
        @Nullable Dhcp4o6Servers dhcp4o6,
        @Nullable Container container,
        List<Integer> priority,
        Duration refreshAfter,
        @Nullable Duration longestRetransmission) {

    /** RFC 8415 §7.6, IRT_MINIMUM. */
    public static final Duration SHORTEST_REFRESH = Duration.ofMinutes(10);

    /** RFC 8415 §7.6, IRT_DEFAULT. */
    public static final Duration DEFAULT_REFRESH = Duration.ofDays(1);

    /** Defensive copies; a refresh that is too early is put off. */
    public NetworkInformation {
        pcpServers = List.copyOf(pcpServers);
        priority = List.copyOf(priority);
        refreshAfter = refreshAfter.compareTo(SHORTEST_REFRESH) < 0 ? SHORTEST_REFRESH : refreshAfter;
    }

    /**
     * That DHCPv4 over DHCPv6 is spoken here.
     *
     * @param addresses the servers, each once; empty: all of them, by multicast
     */
    public record Dhcp4o6Servers(List<Ipv6Address> addresses) {

        /** Each address once. */
        public Dhcp4o6Servers {
            addresses = addresses.stream().distinct().toList();
        }
    }

    /**
     * A softwire for lw4o6.
     *
     * @param brs the lwAFTR's ends, at least one; each is as good as another
     * @param bind the binding; null: it comes by another way
     */
    public record Container(List<Ipv6Address> brs, @Nullable Bind bind) {

        /** @throws IllegalArgumentException if there is no end */
        public Container {
            brs = List.copyOf(brs);
            if (brs.isEmpty()) {
                throw new IllegalArgumentException("a container without BR (RFC 7598 section 5.1 asks for one)");
            }
        }
    }

    /**
     * A binding.
     *
     * @param ipv4 the public address
     * @param prefix from which the softwire's address is made; or the address itself, if it has 128 bits
     * @param ports the ports of the address
     */
    public record Bind(Ipv4Address ipv4, Ipv6Prefix prefix, PortSet ports) {

        /** @throws IllegalArgumentException if no address can be made from the prefix */
        public Bind {
            if (prefix.length() > 64 && prefix.length() < 128) {
                throw new IllegalArgumentException("the prefix " + prefix
                        + " leaves no room for an interface identifier (allowed: a length of 0-64, or 128)");
            }
        }
    }
}
