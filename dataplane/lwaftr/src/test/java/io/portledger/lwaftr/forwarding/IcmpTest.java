package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** ICMPv4 through the softwires (RFC 7596 §8) and ICMPv6 about them (RFC 2473 §8). */
class IcmpTest {

    private static final String HOST = "198.51.100.7";
    private static final String ROUTER = "203.0.113.9";
    private static final String SHARED = "192.0.2.1";
    private static final Ipv6Address TUNNEL_ROUTER = Ipv6Address.parse("2001:db8:cafe::9");
    private static final int OWN_ID = 35000;
    private static final int FOREIGN_ID = 80;

    private Engine engine = Engine.ofVectors();

    @AfterEach
    void balance() {
        engine.assertBalanced();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 13, 14, 15, 16, 17, 18})
    void questionsAndAnswersGoByTheirIdentifier(int type) {
        byte[] message = Packets.icmp(type, 0, OWN_ID << 16 | 1, new byte[12]);
        byte[] down = Packets.ipv4(HOST, SHARED, 1, message);
        byte[] up = Packets.ipv4(SHARED, HOST, 1, message);
        engine.fromIpv4Side(down.clone());
        engine.fromIpv6Side(Packets.fromB4(up.clone()));
        assertThat(engine.toIpv6Side).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(down, 56)));
        assertThat(engine.toIpv4Side).containsExactly(Packets.setTtl(up, 56));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8})
    void aForeignIdentifierIsNobodysDownstreamAndRefusedUpstream(int type) {
        byte[] message = Packets.icmp(type, 0, FOREIGN_ID << 16 | 1, new byte[12]);
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 1, message));
        assertThat(engine.packets(Counter.DROP_IN_BY_RFC7596_ICMPV4)).isEqualTo(1);
        assertThat(engine.toIpv4Side).as("RFC 7596 section 8.1: silently").isEmpty();
        engine.fromIpv6Side(Packets.fromB4(Packets.ipv4(SHARED, HOST, 1, message)));
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 11, 12})
    void anErrorFromTheInternetGoesByTheSourcePortOfItsQuote(int type) {
        byte[] quote = Packets.ipv4(SHARED, HOST, 17, Packets.udp(OWN_ID, 53, 40));
        byte[] error = Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(type, 1, 0, quote));
        engine.fromIpv4Side(error.clone());
        assertThat(engine.toIpv6Side).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.setTtl(error, 56)));
    }

    /** The quoted packet travelled to the lwB4, so its destination port is the subscriber's, not its source port. */
    @ParameterizedTest
    @CsvSource({"53, 35000, true", "35000, 53, false"})
    void anErrorFromAnLwB4GoesByTheDestinationPortOfItsQuote(int source, int destination, boolean isOwn) {
        byte[] quote = Packets.ipv4(HOST, SHARED, 6, Packets.udp(source, destination, 40));
        byte[] error = Packets.ipv4(SHARED, HOST, 1, Packets.icmp(3, 3, 0, quote));
        engine.fromIpv6Side(Packets.fromB4(error.clone()));
        assertThat(engine.toIpv4Side).hasSize(isOwn ? 1 : 0);
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(isOwn ? 0 : 1);
    }

    @Test
    void aQuotedPingGoesByItsIdentifier() {
        byte[] quote = Packets.ipv4(SHARED, HOST, 1, Packets.icmp(8, 0, OWN_ID << 16, new byte[4]));
        engine.fromIpv4Side(Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(11, 0, 0, quote)));
        assertThat(engine.toIpv6Side).hasSize(1);
    }

    @Test
    void skipsTheOptionsOfTheQuote() {
        byte[] quote = Packets.ipv4(SHARED, HOST, 17, 5, 1, 0, Engine.hex("94040000"), Packets.udp(OWN_ID, 53, 0));
        engine.fromIpv4Side(Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(11, 0, 0, quote)));
        assertThat(engine.toIpv6Side).hasSize(1);
    }

    @Test
    void doesNotVerifyTheTransportChecksumOfTheQuote() {
        byte[] quote = Arrays.copyOf(
                Packets.ipv4(SHARED, HOST, 17, Packets.putShort(Packets.udp(OWN_ID, 53, 100), 6, 0xdead)), 28);
        engine.fromIpv4Side(Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(3, 4, 1400, quote)));
        assertThat(engine.toIpv6Side).hasSize(1);
    }

    @Test
    void refusesErrorsWithoutABelievableQuote() {
        byte[] good = Packets.ipv4(SHARED, HOST, 17, Packets.udp(OWN_ID, 53, 40));
        byte[] badChecksum = good.clone();
        badChecksum[10] ^= 1;
        byte[] ofSomebodyElse = Packets.ipv4("192.0.2.2", HOST, 17, Packets.udp(OWN_ID, 53, 40));
        byte[] laterFragment = Packets.ipv4(SHARED, HOST, 17, 57, 1, 185, new byte[0], Packets.udp(OWN_ID, 53, 40));
        byte[] quotesAnError = Packets.ipv4(SHARED, HOST, 1, Packets.icmp(3, 1, 0, good));
        byte[][] quotes = {
            badChecksum, ofSomebodyElse, laterFragment, quotesAnError, Arrays.copyOf(good, 27), new byte[0]
        };
        for (byte[] quote : quotes) {
            engine.fromIpv4Side(Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(3, 1, 0, quote)));
        }
        assertThat(engine.toIpv6Side).isEmpty();
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_BAD_QUOTE_ICMPV4)).isEqualTo(quotes.length);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAWrongIcmpChecksum(boolean isQuery) {
        byte[] message = isQuery
                ? Packets.icmp(8, 0, OWN_ID << 16, new byte[4])
                : Packets.icmp(3, 1, 0, Packets.ipv4(SHARED, HOST, 17, Packets.udp(OWN_ID, 53, 40)));
        message[2] ^= 1;
        engine.fromIpv4Side(Packets.ipv4(ROUTER, SHARED, 1, message));
        assertThat(engine.packets(Counter.DROP_BAD_CHECKSUM_ICMPV4)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 9, 10, 30, 42})
    void carriesNoOtherIcmp(int type) {
        byte[] message = Packets.icmp(type, 0, OWN_ID << 16, new byte[8]);
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 1, message));
        engine.fromIpv6Side(Packets.fromB4(Packets.ipv4(SHARED, HOST, 1, message)));
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_ICMPV4)).isEqualTo(2);
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.toIpv6Side).isEmpty();
    }

    @Test
    void noErrorAboutAnError() {
        byte[] quote = Packets.ipv4(SHARED, HOST, 17, Packets.udp(OWN_ID, 53, 40));
        engine.fromIpv4Side(Packets.setTtl(Packets.ipv4(ROUTER, SHARED, 1, Packets.icmp(3, 1, 0, quote)), 1));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_TTL_ZERO_IPV4)).isEqualTo(1);
    }

    @Test
    void incomingIcmpCanBeRefusedOnEitherSide() {
        restart(TestSettings.withIcmp(false, false, true, true));
        engine.fromIpv4Side(Packets.ipv4(HOST, SHARED, 1, Packets.icmp(0, 0, OWN_ID << 16, new byte[4])));
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 3, 0, 0, new byte[4]));
        engine.fromIpv6Side(
                Packets.fromB4(Packets.ipv4(SHARED, HOST, 1, Packets.icmp(8, 0, OWN_ID << 16, new byte[4]))));
        assertThat(engine.packets(Counter.DROP_IN_BY_POLICY_ICMPV4)).isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_IN_BY_POLICY_ICMPV6)).isEqualTo(1);
        assertThat(engine.toIpv4Side).as("pings from inside still go out").hasSize(1);
    }

    @Test
    void answersEchoToItselfWhateverThePolicy() {
        restart(TestSettings.withIcmp(false, false, false, false));
        engine.fromIpv4Side(
                Packets.ipv4(HOST, Engine.OWN_IPV4.toString(), 1, Packets.icmp(8, 0, 0x00070001, new byte[4])));
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 128, 0, 1, new byte[4]));
        assertThat(engine.toIpv4Side).hasSize(1);
        assertThat(engine.toIpv6Side).containsExactly(Packets.icmpv6(Engine.BR, TUNNEL_ROUTER, 129, 0, 1, new byte[4]));
    }

    @Test
    void answersEchoToABrAddress() {
        byte[] data = new byte[100];
        Arrays.fill(data, (byte) 0x5a);
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 128, 0, 0x00070001, data));
        assertThat(engine.toIpv6Side)
                .containsExactly(Packets.icmpv6(Engine.BR, TUNNEL_ROUTER, 129, 0, 0x00070001, data));
        assertThat(engine.packets(Counter.ANSWERED_ECHO_ICMPV6)).isEqualTo(1);
    }

    @Test
    void refusesAWrongIcmpv6Checksum() {
        byte[] request = Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 128, 0, 1, new byte[4]);
        request[42] ^= 1;
        engine.fromIpv6Side(request);
        assertThat(engine.packets(Counter.DROP_BAD_CHECKSUM_ICMPV6)).isEqualTo(1);
        assertThat(engine.toIpv6Side).isEmpty();
    }

    /** RFC 2473 §8: type and code inside the tunnel, and what the IPv4 source is told. */
    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "1, 3", "1, 4", "1, 5", "3, 0", "4, 0", "4, 1", "4, 2"})
    void errorsFromInsideTheTunnelBecomeHostUnreachable(int type, int code) {
        byte[] inner = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, OWN_ID, 40));
        engine.fromIpv6Side(
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, type, code, 0, Packets.ipv6(Engine.BR, Engine.B4, 4, inner)));
        DownstreamTest.assertIcmpError(engine.toIpv4Side, 3, 1, 0, inner);
        assertThat(engine.packets(Counter.RELAYED_ICMPV6)).isEqualTo(1);
    }

    @Test
    void countsTheErrorsThatAreNotRelayed() {
        byte[] quote =
                Packets.ipv6(Engine.BR, Engine.B4, 4, Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, OWN_ID, 40)));
        engine.fromIpv6Side(
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 3, 1, 0, quote),
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 2, 1, 1400, quote),
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 2, 0, 1400, quote),
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 129, 0, 0, quote));
        assertThat(engine.packets(Counter.DROP_OVER_TIME_BUT_NOT_HOP_LIMIT_ICMPV6))
                .isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_TOO_BIG_TYPE_BUT_NOT_CODE_ICMPV6))
                .isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_TOO_BIG_WITHOUT_DF_ICMPV6)).isEqualTo(1);
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_ICMPV6)).isEqualTo(1);
        assertThat(engine.toIpv4Side).isEmpty();
    }

    @Test
    void relaysNothingThatQuotesNoTunnelPacketOfOurs() {
        byte[] inner = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, OWN_ID, 40));
        byte[] innerOfNobody = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, 80, 40));
        byte[] innerBroken = inner.clone();
        innerBroken[10] ^= 1;
        byte[] whole = Packets.ipv6(Engine.BR, Engine.B4, 4, inner);
        byte[][] quotes = {
            Packets.ipv6(Engine.BR, TUNNEL_ROUTER, 4, inner),
            Packets.ipv6(TUNNEL_ROUTER, Engine.B4, 4, inner),
            Packets.ipv6(Engine.BR, Engine.B4, 4, innerOfNobody),
            Packets.ipv6(Engine.BR, Engine.B4, 4, innerBroken),
            Packets.ipv6(Engine.BR, Engine.B4, 17, inner),
            Arrays.copyOf(whole, 67),
            Arrays.copyOf(whole, 39),
            Packets.ipv6Fragment(whole, 8, 32, 1)
        };
        for (byte[] quote : quotes) {
            engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 1, 0, 0, quote));
        }
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(engine.packets(Counter.DROP_BAD_QUOTE_ICMPV6)).isEqualTo(quotes.length);
    }

    @Test
    void relaysAnErrorAboutOurFirstFragment() {
        byte[] inner = Packets.ipv4(HOST, SHARED, 17, Packets.udp(53, OWN_ID, 1460));
        byte[] quote =
                Arrays.copyOf(Packets.ipv6Fragment(Packets.ipv6(Engine.BR, Engine.B4, 4, inner), 0, 1448, 1), 200);
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 1, 0, 0, quote));
        DownstreamTest.assertIcmpError(engine.toIpv4Side, 3, 1, 0, Arrays.copyOf(inner, 152));
    }

    /** RFC 8201 §4: a packet-too-big message with an MTU below 1280 is ignored. */
    @ParameterizedTest
    @CsvSource({"1279, 0", "0, 0", "1280, 1240", "1500, 1460"})
    void believesNoMtuBelow1280(int tunnelMtu, int nextHopMtu) {
        byte[] inner = Packets.ipv4(HOST, SHARED, 17, 56, 1, Packets.DF, new byte[0], Packets.udp(53, OWN_ID, 40));
        byte[] quote = Packets.ipv6(Engine.BR, Engine.B4, 4, inner);
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 2, 0, tunnelMtu, quote));
        if (nextHopMtu == 0) {
            assertThat(engine.toIpv4Side).isEmpty();
        } else {
            DownstreamTest.assertIcmpError(engine.toIpv4Side, 3, 4, nextHopMtu, inner);
        }
    }

    @Test
    void tellsAHairpinningSenderThroughItsSoftwire() {
        byte[] inner = Packets.ipv4(SHARED, SHARED, 17, Packets.udp(OWN_ID, 35900, 40));
        byte[] quote = Packets.ipv6(Engine.BR, Engine.OTHER_B4, 4, inner);
        engine.fromIpv6Side(Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 1, 0, 0, quote));
        assertThat(engine.toIpv4Side).isEmpty();
        assertThat(Ipv6Address.fromBytes(engine.toIpv6Side.getFirst(), 24)).isEqualTo(Engine.B4);
    }

    @Test
    void protocolsWithoutPortsAreRelayedForAnUnsharedAddress() {
        engine.table.put(new Binding(Engine.B4, Ipv4Address.parse("192.0.2.9"), PortSet.WHOLE_ADDRESS, Engine.BR));
        byte[] inner = Packets.ipv4(HOST, "192.0.2.9", 47, new byte[40]);
        engine.fromIpv6Side(
                Packets.icmpv6(TUNNEL_ROUTER, Engine.BR, 1, 0, 0, Packets.ipv6(Engine.BR, Engine.B4, 4, inner)));
        assertThat(engine.toIpv4Side).hasSize(1);
    }

    private void restart(ForwardingSettings settings) {
        engine.close();
        engine = Engine.ofVectors(settings);
    }
}
