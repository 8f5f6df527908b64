package io.portledger.lwaftr.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.dhcp.Dhcpv4Option;
import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.MessageType;
import io.portledger.softwire.PublicPorts;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class DhcpServiceProperties {

    @Property(tries = 2_000)
    void noOctetsAreTooWildAndNoLeaseIsLostByThem(
            @ForAll byte[] octets,
            @ForAll @Size(max = 4) List<@IntRange(max = 330) Integer> places,
            @ForAll @Size(4) List<Byte> values) {
        try (ServedLink link = new ServedLink(ServedLink.settings(0), 6)) {
            PublicPorts held = link.lease(ServedLink.OTHER_SOURCE, ServedLink.OTHER_CLIENT);
            link.service.serve(Unpooled.wrappedBuffer(octets), new Peer(ServedLink.SOURCE, 546, 0), link.now);
            for (MessageType type : MessageType.values()) {
                ByteBuf datagram = Unpooled.buffer();
                new Dhcpv6Message.Dhcpv4Query(
                                false,
                                List.of(Dhcpv6Option.Dhcpv4.of(link.message(
                                        type,
                                        ServedLink.CLIENT,
                                        ServedLink.everything(),
                                        new Dhcpv4Option.RequestedAddress(held.ipv4()),
                                        new Dhcpv4Option.PortParameters(held.ports()),
                                        new Dhcpv4Option.SoftwireSource(ServedLink.OTHER_SOURCE)))))
                        .encode(datagram);
                for (int i = 0; i < places.size(); i++) {
                    if (places.get(i) < datagram.writerIndex()) {
                        datagram.setByte(places.get(i), values.get(i));
                    }
                }
                link.service.serve(datagram, new Peer(ServedLink.SOURCE, 546, 0), link.now);
            }
            assertThat(link.leases
                            .find(ServedLink.OTHER_SOURCE, link.now)
                            .orElseThrow()
                            .publicPorts())
                    .isEqualTo(held);
        }
    }
}
