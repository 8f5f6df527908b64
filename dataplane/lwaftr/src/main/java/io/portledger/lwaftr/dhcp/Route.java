package io.portledger.lwaftr.dhcp;

import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.softwire.Ipv6Address;
import java.util.ArrayList;
import java.util.List;

/**
 * The way by which a message came, and by which its answer goes back.
 *
 * @param neighbour who sent the datagram: the client or the last relay
 * @param relays on the way, the last one first
 */
record Route(Peer neighbour, List<Dhcpv6Message.Relay> relays) {

    Route {
        relays = List.copyOf(relays);
    }

    /** The client's own address, as it or its first relay says. */
    Ipv6Address client() {
        return relays.isEmpty() ? neighbour.address() : relays.getLast().peer();
    }

    /** The answer as it is sent to the neighbour: in a Relay-reply for each relay (RFC 8415 §19.3). */
    Dhcpv6Message back(Dhcpv6Message answer) {
        Dhcpv6Message whole = answer;
        for (Dhcpv6Message.Relay relay : relays.reversed()) {
            List<Dhcpv6Option> options = new ArrayList<>();
            relay.option(Dhcpv6Option.InterfaceId.class).ifPresent(options::add);
            options.add(Dhcpv6Option.RelayMessage.of(whole));
            whole = new Dhcpv6Message.Relay(
                    Dhcpv6Message.RELAY_REPLY, relay.hopCount(), relay.link(), relay.peer(), options);
        }
        return whole;
    }
}
