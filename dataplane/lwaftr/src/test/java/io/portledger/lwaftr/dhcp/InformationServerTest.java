package io.portledger.lwaftr.dhcp;

import static io.portledger.lwaftr.dhcp.ServedLink.BR;
import static io.portledger.lwaftr.dhcp.ServedLink.CLIENT;
import static io.portledger.lwaftr.dhcp.ServedLink.SOURCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.dhcp.Dhcpv6Message;
import io.portledger.dhcp.Dhcpv6Option;
import io.portledger.dhcp.Octets;
import io.portledger.lwaftr.provisioning.Assignment;
import io.portledger.lwaftr.provisioning.Origin;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Information-requests are answered. */
class InformationServerTest {

    private static final Dhcpv6Option.ClientId DUID = new Dhcpv6Option.ClientId(Octets.parse("0003000102aabbccdd01"));

    private final ServedLink link = new ServedLink(ServedLink.settings(0), 6);

    @AfterEach
    void close() {
        link.close();
    }

    private static Dhcpv6Message request(List<Integer> codes, Dhcpv6Option... more) {
        List<Dhcpv6Option> options = new ArrayList<>(List.of(DUID, new Dhcpv6Option.OptionRequest(codes)));
        options.addAll(List.of(more));
        return new Dhcpv6Message.Exchange(Dhcpv6Message.INFORMATION_REQUEST, 0x445566, options);
    }

    private Dhcpv6Message ask(Integer... codes) {
        return link.exchange(SOURCE, request(List.of(codes))).orElseThrow();
    }

    @Test
    void aReplyHasWhatWasAskedForAndNothingElse() {
        Dhcpv6Message.Exchange all = (Dhcpv6Message.Exchange) ask(64, 86, 88, 96, 111);

        assertThat(all.type()).isEqualTo(Dhcpv6Message.REPLY);
        assertThat(all.transactionId()).isEqualTo(0x445566);
        assertThat(all.options())
                .containsExactly(
                        DUID,
                        new Dhcpv6Option.ServerId(Octets.parse("000200007ed9" + Octets.of(BR.toBytes()))),
                        new Dhcpv6Option.AftrName("lwaftr.example.com"),
                        new Dhcpv6Option.PcpServers(List.of(BR)),
                        new Dhcpv6Option.Dhcp4o6Servers(List.of(Ipv6Address.parse("2001:db8:1::1"))),
                        new Dhcpv6Option.S46Container(
                                Dhcpv6Option.S46_CONTAINER_LW, List.of(new Dhcpv6Option.S46Br(BR))),
                        new Dhcpv6Option.S46Priority(List.of(96, 88, 64)));
        assertThat(ask().options()).hasSize(2);
        assertThat(ask(88).options()).hasSize(3);
        assertThat(ask(94, 95).options())
                .as("other mechanisms are not served here")
                .hasSize(2);
    }

    @Test
    void clientsOfDsLiteAloneGetTheOtherName() {
        assertThat(ask(64).option(Dhcpv6Option.AftrName.class)).contains(new Dhcpv6Option.AftrName("aftr.example.com"));
        assertThat(ask(64, 88).option(Dhcpv6Option.AftrName.class))
                .contains(new Dhcpv6Option.AftrName("lwaftr.example.com"));
        assertThat(ask(64, 96).option(Dhcpv6Option.AftrName.class))
                .contains(new Dhcpv6Option.AftrName("lwaftr.example.com"));
    }

    @Test
    void theContainerHasTheBindingThatTheSoftwireHasByLease() {
        PublicPorts ports = link.lease(SOURCE, CLIENT);

        assertThat(ask(96).option(Dhcpv6Option.S46Container.class))
                .contains(new Dhcpv6Option.S46Container(
                        Dhcpv6Option.S46_CONTAINER_LW,
                        List.of(
                                new Dhcpv6Option.S46Br(BR),
                                new Dhcpv6Option.S46V4v6Binding(
                                        ports.ipv4(),
                                        new Ipv6Prefix(SOURCE, 128),
                                        List.of(new Dhcpv6Option.S46PortParameters(ports.ports()))))));
    }

    @Test
    void theContainerHasTheBindingThatIsAssignedAndItsEndPoint() {
        PublicPorts whole = PublicPorts.parse("198.51.100.9/0/0/0");
        Ipv6Address otherBr = Ipv6Address.parse("2001:db8:ffff::2");
        assertThat(link.leases.edit(
                        List.of(new Assignment(
                                new Binding(SOURCE, whole.ipv4(), PortSet.WHOLE_ADDRESS, otherBr), Origin.KAFKA)),
                        List.of(),
                        link.now))
                .isEmpty();

        Dhcpv6Option.S46Container container =
                ask(96).option(Dhcpv6Option.S46Container.class).orElseThrow();

        assertThat(container.brs()).containsExactly(otherBr);
        assertThat(container.binding().orElseThrow().ports()).isEqualTo(PortSet.WHOLE_ADDRESS);
        assertThat(container.binding().orElseThrow().options()).isEmpty();
    }

    @Test
    void whatIsForAnotherServerOrAsksForAddressesIsDiscarded() {
        assertThat(link.exchange(SOURCE, request(List.of(96), new Dhcpv6Option.ServerId(Octets.parse("000100")))))
                .isEmpty();
        assertThat(link.exchange(
                        SOURCE, request(List.of(96), new Dhcpv6Option.Uninterpreted(3, Octets.parse("00".repeat(12))))))
                .isEmpty();
        assertThat(link.exchange(SOURCE, new Dhcpv6Message.Exchange(Dhcpv6Message.SOLICIT, 1, List.of(DUID))))
                .as("addresses are not given here")
                .isEmpty();
        assertThat(link.count(DhcpCounter.DROPPED_NOT_FOR_US)).isOne();
        assertThat(link.count(DhcpCounter.DROPPED_MALFORMED)).isOne();
        assertThat(link.count(DhcpCounter.DROPPED_UNSUPPORTED)).isOne();
    }
}
