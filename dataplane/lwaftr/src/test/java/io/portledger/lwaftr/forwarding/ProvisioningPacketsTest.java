package io.portledger.lwaftr.forwarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PCP and DHCP requests among the packets: in plain IPv6, and inside the softwire. */
class ProvisioningPacketsTest {

    private static final String AFTR = "192.0.0.1";
    private static final String NEW_B4 = "192.0.0.2";
    private static final byte[] QUESTION = "how many ports?".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ANSWER = "one thousand!!".getBytes(StandardCharsets.US_ASCII);

    private final List<ProvisioningRequest> taken = new ArrayList<>();
    private boolean isAdmitting = true;
    private boolean isFull;
    private int port = ControlPlane.PCP;
    private final Engine engine = new Engine(Engine.settings(), new ControlPlane() {
                @Override
                public boolean serves(int asked) {
                    return asked == port;
                }

                @Override
                public boolean admits(Ipv6Address b4) {
                    return isAdmitting;
                }

                @Override
                public boolean take(ProvisioningRequest request) {
                    return !isFull && taken.add(request);
                }
            })
            .withVectors();

    @AfterEach
    void close() {
        engine.assertBalanced();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {ControlPlane.PCP, ControlPlane.DHCP})
    void aRequestInPlainIpv6IsTakenOutAndAnswered(int service) {
        port = service;
        engine.fromIpv6Side(plain(Engine.B4, 40_000, service, QUESTION));

        ProvisioningRequest request = onlyRequest();
        assertThat(request.source()).isEqualTo(Engine.B4);
        assertThat(request.b4()).isEqualTo(Engine.B4);
        assertThat(request.br()).isEqualTo(Engine.BR);
        assertThat(request.sourcePort()).isEqualTo(40_000);
        assertThat(request.port()).isEqualTo(service);
        assertThat(ByteBufUtil.getBytes(request.payload())).isEqualTo(QUESTION);
        assertThat(engine.packets(Counter.PROVISIONING_IPV6)).isOne();
        assertThat(sent()).isEmpty();

        reply(request);

        assertThat(sent()).hasSize(1).first().isEqualTo(Packets.udpIpv6(Engine.BR, Engine.B4, service, 40_000, ANSWER));
        assertThat(engine.packets(Counter.OUT_PROVISIONING_IPV6)).isOne();
    }

    @Test
    void anLwb4WithoutABindingAsksInsideTheSoftwire() {
        engine.fromIpv6Side(
                inSoftwire(Engine.OTHER_B4, Packets.udpIpv4(NEW_B4, AFTR, 40_000, ControlPlane.PCP, QUESTION)));

        ProvisioningRequest request = onlyRequest();
        assertThat(request.source()).isEqualTo(Ipv6Address.mapped(Ipv4Address.parse(NEW_B4)));
        assertThat(request.b4()).isEqualTo(Engine.OTHER_B4);
        assertThat(engine.packets(Counter.PROVISIONING_IPV4)).isOne();

        reply(request);

        assertThat(sent()).hasSize(1);
        byte[] packet = sent().getFirst();
        byte[] inner = Arrays.copyOfRange(packet, 40, packet.length);
        assertThat(packet).isEqualTo(Packets.ipv6(Engine.BR, Engine.OTHER_B4, 4, inner));
        assertThat(Packets.hasRightHeaderChecksum(inner)).isTrue();
        byte[] expected = Packets.udpIpv4(AFTR, NEW_B4, ControlPlane.PCP, 40_000, ANSWER);
        assertThat(inner[8]).isEqualTo((byte) 64);
        assertThat(Arrays.copyOfRange(inner, 12, inner.length))
                .isEqualTo(Arrays.copyOfRange(expected, 12, expected.length));
    }

    @ParameterizedTest
    @ValueSource(strings = {AFTR, "203.0.113.1"})
    void anLwb4WithABindingAsksFromItsOwnPorts(String destination) {
        engine.fromIpv6Side(
                Packets.fromB4(Packets.udpIpv4("192.0.2.1", destination, 35_000, ControlPlane.PCP, QUESTION)));

        assertThat(onlyRequest().source()).isEqualTo(Ipv6Address.mapped(Engine.SHARED));
        reply(onlyRequest());
        assertThat(sent()).hasSize(1);
        assertThat(engine.toIpv4Side).isEmpty();
    }

    @Test
    void nobodyAsksFromThePortsOfAnother() {
        byte[] request = Packets.udpIpv4("192.0.2.1", AFTR, 35_000, ControlPlane.PCP, QUESTION);
        engine.fromIpv6Side(inSoftwire(Engine.OTHER_B4, request));
        engine.fromIpv6Side(Packets.fromB4(Packets.udpIpv4("198.51.100.1", AFTR, 35_000, ControlPlane.PCP, QUESTION)));

        assertThat(taken).isEmpty();
        assertThat(engine.packets(Counter.DROP_NO_SOURCE_SOFTWIRE_IPV6)).isEqualTo(2);
    }

    @Test
    void aRequestInIpv6InsideIpv6IsAnsweredInTheSameWay() {
        byte[] inner = plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION);
        engine.fromIpv6Side(Packets.ipv6(Engine.B4, Engine.BR, 41, inner));
        reply(onlyRequest());

        byte[] answer = Packets.udpIpv6(Engine.BR, Engine.B4, ControlPlane.PCP, 40_000, ANSWER);
        assertThat(sent()).containsExactly(Packets.ipv6(Engine.BR, Engine.B4, 41, answer));

        engine.fromIpv6Side(Packets.ipv6(Engine.OTHER_B4, Engine.BR, 41, inner));
        assertThat(taken).hasSize(1);
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_IPV6)).isOne();
    }

    @Test
    void aLongAnswerLeavesInFragments() {
        engine.fromIpv6Side(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION));
        assertThat(onlyRequest().reply(Unpooled.wrappedBuffer(new byte[3000]))).isTrue();
        engine.forwarder.takeOver();

        assertThat(sent()).hasSizeGreaterThan(1).allMatch(packet -> packet[6] == 44 && packet.length <= 1500);
        assertThat(engine.packets(Counter.OUT_IPV6_FRAG)).isEqualTo(sent().size());
    }

    @Test
    void aRequestInFragmentsIsPutTogetherFirst() {
        byte[] whole = plain(Engine.B4, 40_000, ControlPlane.PCP, new byte[1000]);
        engine.fromIpv6Side(Packets.ipv6Fragment(whole, 504, 504, 7), Packets.ipv6Fragment(whole, 0, 504, 7));

        assertThat(onlyRequest().payload().readableBytes()).isEqualTo(1000);
    }

    @Test
    void aWrongOrMissingChecksumIsNoRequest() {
        byte[] wrong = plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION);
        wrong[wrong.length - 1] ^= 1;
        byte[] missing = Packets.putShort(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION), 46, 0);
        byte[] wrongInside = Packets.udpIpv4(NEW_B4, AFTR, 40_000, ControlPlane.PCP, QUESTION);
        wrongInside[wrongInside.length - 1] ^= 1;
        engine.fromIpv6Side(wrong, missing, Packets.fromB4(wrongInside));
        assertThat(engine.packets(Counter.DROP_BAD_CHECKSUM_UDP)).isEqualTo(3);
        assertThat(taken).isEmpty();

        byte[] withoutInside = Packets.udpIpv4(NEW_B4, AFTR, 40_000, ControlPlane.PCP, QUESTION);
        engine.fromIpv6Side(Packets.fromB4(Packets.putShort(withoutInside, 26, 0)));
        assertThat(taken).hasSize(1);
    }

    @Test
    void aLengthThatDoesNotFitIsMalformed() {
        byte[] tooLong = plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION);
        byte[] tooShort = tooLong.clone();
        Packets.putShort(tooLong, 44, 200);
        Packets.putShort(tooShort, 44, 7);
        byte[] inside = Packets.udpIpv4(NEW_B4, AFTR, 40_000, ControlPlane.PCP, QUESTION);
        engine.fromIpv6Side(tooLong, tooShort, Packets.fromB4(Packets.putShort(inside, 24, 200)));

        assertThat(taken).isEmpty();
        assertThat(engine.packets(Counter.DROP_MALFORMED_IPV6)).isEqualTo(2);
        assertThat(engine.packets(Counter.DROP_MALFORMED_IPV4)).isOne();
    }

    @Test
    void whatNobodyServesIsAnUnknownProtocolAsBefore() {
        engine.fromIpv6Side(
                plain(Engine.B4, 40_000, ControlPlane.DHCP, QUESTION), plain(Engine.B4, 40_000, 53, QUESTION));

        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_IPV6)).isEqualTo(2);
        assertThat(taken).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "::ffff:192.0.2.9", "ff02::1"})
    void aSourceThatCannotBeAnsweredIsNotHeard(String source) {
        engine.fromIpv6Side(plain(Ipv6Address.parse(source), 40_000, ControlPlane.PCP, QUESTION));

        assertThat(taken).isEmpty();
        assertThat(engine.packets(Counter.DROP_UNKNOWN_PROTOCOL_IPV6)).isOne();
    }

    @Test
    void whatIsTooMuchIsDroppedAndCounted() {
        isAdmitting = false;
        engine.fromIpv6Side(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION));
        isAdmitting = true;
        isFull = true;
        engine.fromIpv6Side(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION));

        assertThat(engine.packets(Counter.DROP_OVER_RATE_LIMIT_PROVISIONING)).isOne();
        assertThat(engine.packets(Counter.DROP_OVER_QUEUED_PROVISIONING)).isOne();
        assertThat(engine.packets(Counter.PROVISIONING_IPV6)).isZero();
    }

    @Test
    void answersThatNobodySendsDoNotPileUp() {
        engine.fromIpv6Side(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION));
        int waiting = 0;
        while (onlyRequest().reply(Unpooled.wrappedBuffer(ANSWER))) {
            waiting++;
        }
        engine.forwarder.takeOver();

        assertThat(sent()).hasSize(waiting);
        assertThat(onlyRequest().reply(Unpooled.wrappedBuffer(ANSWER))).isTrue();
    }

    @Test
    void anAnswerIsLookedForOftenOnlyAfterARequest() {
        assertThat(engine.forwarder.awaitsReply()).isFalse();
        engine.fromIpv6Side(plain(Engine.B4, 40_000, ControlPlane.PCP, QUESTION));
        assertThat(engine.forwarder.awaitsReply()).isTrue();
        engine.nanos += 10_000_000_000L;
        assertThat(engine.forwarder.awaitsReply()).isFalse();
    }

    private ProvisioningRequest onlyRequest() {
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }

    private void reply(ProvisioningRequest request) {
        assertThat(request.reply(Unpooled.wrappedBuffer(ANSWER))).isTrue();
        engine.forwarder.takeOver();
    }

    private List<byte[]> sent() {
        return engine.toIpv6Side;
    }

    private static byte[] plain(Ipv6Address source, int sourcePort, int destinationPort, byte[] data) {
        return Packets.udpIpv6(source, Engine.BR, sourcePort, destinationPort, data);
    }

    private static byte[] inSoftwire(Ipv6Address b4, byte[] ipv4) {
        return Packets.ipv6(b4, Engine.BR, 4, ipv4);
    }
}
