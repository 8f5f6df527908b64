package io.portledger.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What subscribers do, by the programs they do it with, through two lwB4s that share an address and one lwAFTR; tshark
 * listens between them.
 *
 * <p>All links have an MTU of 1500, the tunnel so has 1460. Needs root and the Debian packages iproute2, nftables,
 * procps, iputils-ping, iputils-tracepath, traceroute, iperf3 and tshark.
 */
@Timeout(60)
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class SubscribersReachTheInternetTest {

    private static final int TUNNEL_MTU = 1460;
    private static final int REDUCED_LINK_MTU = 1400;
    private static final int REDUCED_TUNNEL_MTU = 1360;
    private static final int FILE_OCTETS = 3_000_000;

    private Path directory;
    private Lab lab;
    private Household first;
    private Household second;
    private Program capture;

    @BeforeAll
    void build(@TempDir Path temporary) throws Exception {
        directory = temporary;
        lab = Lab.build(directory);
        first = lab.households().getFirst();
        second = lab.households().getLast();
        capture = lab.start(
                lab.router(),
                "tshark",
                "-q",
                "-B",
                "64",
                "-i",
                Lab.CORE_INTERFACE,
                "-w",
                capturedTo().toString());
        capture.awaitPrinted(printed -> printed.contains("Capturing on"));
        await().until(() -> Files.exists(capturedTo()) && Files.size(capturedTo()) > 0);
        lab.start(lab.internet(), "iperf3", "--server", "--forceflush")
                .awaitPrinted(printed -> printed.contains("Server listening"));
    }

    @AfterAll
    void clear() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    @Order(1)
    void aHostPingsTheInternet() {
        assertThat(first.host().run("ping", "-n", "-c", "3", "-i", "0.2", Lab.internetAddress(0)))
                .contains("3 received");
        assertThat(second.host().run("ping", "-n", "-c", "3", "-i", "0.2", Lab.internetAddress(0)))
                .contains("3 received");
    }

    @Test
    @Order(2)
    void theInternetPingsAHostByAnIdentifierOfItsPortSetAndByNoOther() {
        first.forwardToHost("icmp type echo-request", "");
        second.forwardToHost("icmp type echo-request", "");
        int own = first.ports().portAt(7);
        assertThat(lab.internet()
                        .run("ping", "-n", "-c", "3", "-i", "0.2", "-e", Integer.toString(own), Lab.PUBLIC_ADDRESS))
                .contains("3 received");
        // With a PSID offset of 4, ports below 4096 are nobody's.
        assertThat(lab.internet().runExpecting(1, "ping", "-n", "-c", "1", "-W", "1", "-e", "4095", Lab.PUBLIC_ADDRESS))
                .contains("0 received");
    }

    @Test
    @Order(2)
    void theLwaftrAnswersPingsFromAllSides() {
        for (Namespace asking : List.of(first.host(), lab.internet())) {
            assertThat(asking.run("ping", "-n", "-c", "2", "-i", "0.2", Lab.LWAFTR_ADDRESS))
                    .contains("2 received");
        }
        assertThat(lab.router().run("ping", "-n", "-c", "2", "-i", "0.2", Lab.BR_ADDRESS))
                .contains("2 received");
    }

    @Test
    @Order(3)
    void tracerouteSeesEachHopOnce() {
        String printed = first.host().run("traceroute", "-n", "-q", "1", "-w", "5", Lab.internetAddress(1));
        assertThat(matches(printed, "(?m)^ *\\d+  ([0-9.]+|\\*)"))
                .as(printed)
                .containsExactly(
                        first.gatewayAddress(), Lab.LWAFTR_ADDRESS, Lab.LWAFTR_ROUTER_ADDRESS, Lab.internetAddress(1));
    }

    @Test
    @Order(4)
    void iperfMovesTcpBothWays() {
        assertThat(iperf(first, 2, "-n", "5M")).isPositive();
        assertThat(iperf(second, 2, "-n", "5M", "--reverse")).isPositive();
    }

    @Test
    @Order(5)
    void aFileArrivesAsItWasBothWays() throws Exception {
        Transfer.thereAndBack(first.host(), Lab.internetAddress(3), 40080, lab.internet(), 40080, FILE_OCTETS);
    }

    @Test
    @Order(6)
    void datagramsLargerThanAnyMtuGoBothWays() {
        for (Household household : lab.households()) {
            assertThat(household.host().run("ping", "-n", "-c", "3", "-i", "0.2", "-s", "4000", Lab.internetAddress(4)))
                    .contains("4008 bytes from")
                    .contains("3 received");
        }
        assertThat(datagramsLost("--length", "4000", "-n", "80K", "-b", "2M")).isZero();
        assertThat(datagramsLost("--length", "4000", "-n", "80K", "-b", "2M", "--reverse"))
                .isZero();
    }

    @Test
    @Order(7)
    void twoHouseholdsOfOneAddressReachEachOther() throws Exception {
        second.forwardToHost("tcp dport " + sharedPort(), ":40081");
        transferBetweenHouseholds();
    }

    private int sharedPort() {
        return second.ports().portAt(100);
    }

    private void transferBetweenHouseholds() throws Exception {
        Transfer.thereAndBack(first.host(), Lab.PUBLIC_ADDRESS, sharedPort(), second.host(), 40081, FILE_OCTETS / 3);
    }

    @Test
    @Order(8)
    void thePathMtuIsFoundWhenALinkOnTheWayIsSmaller() throws Exception {
        assertThat(tracepath(6)).contains("pmtu " + TUNNEL_MTU).doesNotContain("pmtu " + REDUCED_TUNNEL_MTU);
        lab.setCoreMtu(REDUCED_LINK_MTU);
        assertThat(tracepath(7)).contains("pmtu " + REDUCED_TUNNEL_MTU);
        assertThat(first.host()
                        .runExpecting(1, "ping", "-n", "-M", "do", "-s", "1400", "-c", "1", Lab.internetAddress(8)))
                .contains("mtu = " + REDUCED_TUNNEL_MTU);
        assertThat(first.host().run("ping", "-n", "-M", "do", "-s", "1332", "-c", "1", Lab.internetAddress(8)))
                .contains("1 received");
        assertThat(lab.internet().run("tracepath", "-n", "-m", "8", "-p", dnatPort(), Lab.PUBLIC_ADDRESS))
                .contains("pmtu " + REDUCED_TUNNEL_MTU);
        Transfer.thereAndBack(second.host(), Lab.internetAddress(9), 40082, lab.internet(), 40082, FILE_OCTETS);
        assertThat(iperf(second, 10, "-n", "2M")).isPositive();
        transferBetweenHouseholds();
        // Neither question nor answer has DF: both ends of the softwire fragment to the MTU that they have learned. The
        // first answer may be the one from which the lwAFTR learns.
        assertThat(second.host()
                        .run("ping", "-n", "-M", "dont", "-s", "1400", "-c", "3", "-i", "0.2", Lab.internetAddress(11)))
                .containsPattern("[23] received");
    }

    /** A port of the first household at which tracepath's datagrams reach its host; tracepath counts it up. */
    private String dnatPort() {
        int port = first.ports().portAt(first.ports().rangeSize());
        first.forwardToHost("udp dport " + port + "-" + (port + first.ports().rangeSize() - 1), "");
        return Integer.toString(port);
    }

    /** Must come last: it looks at what went through the tunnels before. */
    @Test
    @Order(9)
    void everyTunnelPacketIsIpv4InIpv6WithTheSubscribersPorts() {
        capture.end();
        List<CapturedPacket> packets = CapturedPacket.read(lab.router(), capturedTo());
        assertThat(packets).filteredOn(CapturedPacket::isBroken).isEmpty();
        List<CapturedPacket> inTunnels =
                packets.stream().filter(packet -> !packet.isIcmpv6()).toList();
        assertThat(inTunnels).hasSizeGreaterThan(1000).allMatch(CapturedPacket::carriesIpv4);
        for (Household household : lab.households()) {
            String softwire = household.softwireAddress().toString();
            List<CapturedPacket> sent = withAddress(inTunnels, "ipv6.src", softwire);
            List<CapturedPacket> received = withAddress(inTunnels, "ipv6.dst", softwire);
            assertThat(sent)
                    .allMatch(packet -> packet.first("ipv6.dst").equals(Lab.BR_ADDRESS))
                    .allMatch(packet -> packet.all("ip.src").isEmpty()
                            || packet.first("ip.src").equals(Lab.PUBLIC_ADDRESS))
                    // 64, less the gateway's kernel and the router.
                    .allMatch(packet -> packet.first("ipv6.hlim").equals("62"));
            assertThat(sent.stream().flatMap(packet -> packet.subscriberPorts().stream()))
                    .isNotEmpty()
                    .allMatch(port -> household.ports().contains(Integer.decode(port)));
            assertThat(received).allMatch(packet -> packet.first("ipv6.src").equals(Lab.BR_ADDRESS));
            assertThat(sent).anyMatch(CapturedPacket::isFragment).anyMatch(CapturedPacket::isInnerFragment);
            assertThat(received).anyMatch(CapturedPacket::isFragment).noneMatch(CapturedPacket::isInnerFragment);
        }
    }

    private static List<CapturedPacket> withAddress(List<CapturedPacket> packets, String field, String address) {
        return packets.stream()
                .filter(packet -> packet.first(field).equals(address))
                .toList();
    }

    private Path capturedTo() {
        return directory.resolve("core.pcapng");
    }

    private String tracepath(int target) {
        return first.host().run("tracepath", "-n", "-m", "8", Lab.internetAddress(target));
    }

    /** How many octets the receiver of a TCP transfer got before the sender had sent all and ended it. */
    private static long iperf(Household household, int target, String... options) {
        String printed = iperf3(household, target, options);
        return Long.parseLong(matches(printed, "\"sum_received\":\\s*\\{[^}]*\"bytes\":\\s*(\\d+)")
                .getFirst());
    }

    /** How many UDP datagrams the receiver missed, of those it could count. */
    private long datagramsLost(String... options) {
        List<String> all = new ArrayList<>(List.of("--udp"));
        all.addAll(List.of(options));
        // Its server answers datagrams from the first address only.
        String printed = iperf3(first, 0, all.toArray(String[]::new));
        assertThat(Long.parseLong(matches(printed, "\"sum\":\\s*\\{[^}]*\"packets\":\\s*(\\d+)")
                        .getLast()))
                .as(printed)
                .isPositive();
        return Long.parseLong(matches(printed, "\"sum\":\\s*\\{[^}]*\"lost_packets\":\\s*(\\d+)")
                .getLast());
    }

    private static String iperf3(Household household, int target, String... options) {
        List<String> command = new ArrayList<>(List.of("iperf3", "--client", Lab.internetAddress(target), "--json"));
        command.addAll(List.of(options));
        return household.host().run(command.toArray(String[]::new));
    }

    private static List<String> matches(String printed, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(printed);
        List<String> matches =
                matcher.results().map((MatchResult result) -> result.group(1)).toList();
        assertThat(matches).as("%s in %s", pattern, printed).isNotEmpty();
        return matches;
    }
}
