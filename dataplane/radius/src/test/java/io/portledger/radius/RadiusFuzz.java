package io.portledger.radius;

import static io.portledger.radius.Vectors.CODEC;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;

/**
 * What a fuzzer calls: any octets, as a request, as a response, and as the attributes of a request whose authenticators
 * are right. Whatever is read must be written as it was.
 */
public final class RadiusFuzz {

    private RadiusFuzz() {}

    /** Fails if these octets do harm. */
    public static void fuzzerTestOneInput(byte[] input) {
        asRequest(input);
        try {
            CODEC.decodeResponse(input, Vectors.ACCESS_REQUEST, true);
        } catch (RadiusException e) {
            requireMessage(e);
        }
        byte[] authentic = authentic(input);
        if (authentic.length > 0) {
            asRequest(authentic);
        }
    }

    /** Good packets to begin with. */
    static List<byte[]> seeds() {
        return List.of(
                Vectors.ACCESS_REQUEST,
                Vectors.ACCESS_ACCEPT,
                Vectors.ACCOUNTING_REQUEST,
                Vectors.ACCOUNTING_RESPONSE,
                CODEC.encodeRequest(new RadiusPacket(
                        RadiusPacket.COA_REQUEST,
                        9,
                        List.of(
                                RadiusCodec.messageAuthenticator(),
                                RadiusAttribute.ofText(RadiusAttribute.FILTER_ID, "gold"),
                                Vectors.CONFIGURATION.toAttribute(),
                                Vectors.PRIORITY.toAttribute(),
                                Vectors.PORT_RANGE.toAttribute()))));
    }

    private static void asRequest(byte[] octets) {
        try {
            RadiusPacket packet = CODEC.decodeRequest(octets);
            RadiusPacket again = CODEC.decodeRequest(CODEC.encodeRequest(packet));
            boolean isRandom =
                    packet.first(RadiusAttribute.MESSAGE_AUTHENTICATOR).isPresent()
                            || packet.first(RadiusAttribute.USER_PASSWORD).isPresent();
            if (!isRandom && !again.equals(packet)) {
                throw new IllegalStateException(packet + " came back as " + again);
            }
            readAttributes(packet);
        } catch (RadiusException e) {
            requireMessage(e);
        }
    }

    private static void readAttributes(RadiusPacket packet) {
        for (RadiusAttribute attribute : packet.attributes()) {
            var _ = attribute.asText();
            var _ = attribute.asTime();
            var _ = attribute.asIpv4();
            var _ = attribute.asIpv6();
            try {
                IpPortRange.of(attribute).ifPresent(IpPortRange::toAttribute);
            } catch (RadiusException e) {
                requireMessage(e);
            }
        }
        try {
            Softwire46Configuration.of(packet).ifPresent(Softwire46Configuration::toAttribute);
        } catch (RadiusException e) {
            requireMessage(e);
        }
        try {
            Softwire46Priority.of(packet).ifPresent(Softwire46Priority::toAttribute);
        } catch (RadiusException e) {
            requireMessage(e);
        }
    }

    /** The same attributes behind a header that declares their length, under the right digest. */
    private static byte[] authentic(byte[] input) {
        if (input.length < RadiusPacket.HEADER_OCTETS || input.length > RadiusPacket.MAX_OCTETS) {
            return new byte[0];
        }
        byte[] packet = input.clone();
        packet[0] = RadiusPacket.COA_REQUEST;
        packet[2] = (byte) (packet.length >> 8);
        packet[3] = (byte) packet.length;
        Arrays.fill(packet, 4, 20, (byte) 0);
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            md5.update(packet);
            byte[] digest = md5.digest(Vectors.SECRET.octets());
            System.arraycopy(digest, 0, packet, 4, 16);
            return packet;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void requireMessage(RadiusException e) {
        if (String.valueOf(e.getMessage()).isEmpty()) {
            throw new IllegalStateException("a fault without a message");
        }
    }
}
