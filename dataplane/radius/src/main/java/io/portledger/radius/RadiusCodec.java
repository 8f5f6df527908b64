package io.portledger.radius;

import io.portledger.radius.RadiusException.Fault;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.aaa4j.radius.core.attribute.Attribute;
import org.aaa4j.radius.core.attribute.AttributeType;
import org.aaa4j.radius.core.attribute.CodecContext;
import org.aaa4j.radius.core.attribute.DataFilter;
import org.aaa4j.radius.core.attribute.RawAttribute;
import org.aaa4j.radius.core.attribute.StandardAttribute;
import org.aaa4j.radius.core.attribute.StringData;
import org.aaa4j.radius.core.attribute.UserPasswordDataFilter;
import org.aaa4j.radius.core.dictionary.AttributeDefinition;
import org.aaa4j.radius.core.dictionary.Dictionary;
import org.aaa4j.radius.core.dictionary.PacketDefinition;
import org.aaa4j.radius.core.dictionary.TlvDefinition;
import org.aaa4j.radius.core.packet.Packet;
import org.aaa4j.radius.core.packet.PacketCodec;
import org.aaa4j.radius.core.packet.PacketCodecException;
import org.aaa4j.radius.core.util.RandomProvider;
import org.aaa4j.radius.core.util.SecureRandomProvider;
import org.jspecify.annotations.Nullable;

/**
 * Packets to octets and back, under one shared secret.
 *
 * <p>Requests carry their Request Authenticator: random in an Access-Request (RFC 2865 §3), a digest in any other
 * (RFC 2866 §3, RFC 5176 §2.3). A response is made for, and checked against, the octets of its request. A
 * {@link RadiusAttribute#MESSAGE_AUTHENTICATOR} that is to be written is filled in, whatever it holds; one that came is
 * always checked. Octets behind the length that a packet declares are ignored. Reading throws nothing but
 * {@link RadiusException}, for any octets. Immutable.
 */
public final class RadiusCodec {

    private static final RandomProvider RANDOM = new SecureRandomProvider();
    private static final int AUTHENTICATOR_AT = 4;
    private static final int AUTHENTICATOR_OCTETS = 16;
    private static final int MAX_PASSWORD_OCTETS = 128;
    private static final byte[] ZEROS = new byte[AUTHENTICATOR_OCTETS];

    private final byte[] secret;
    private final RandomProvider random;

    /** A codec for whoever shares this secret with us. */
    public RadiusCodec(SharedSecret secret) {
        this(secret, RANDOM);
    }

    RadiusCodec(SharedSecret secret, RandomProvider random) {
        this.secret = secret.octets();
        this.random = random;
    }

    /** A Message-Authenticator to be filled in. */
    public static RadiusAttribute messageAuthenticator() {
        return RadiusAttribute.ofWire(RadiusAttribute.MESSAGE_AUTHENTICATOR, ZEROS);
    }

    /**
     * Writes a request.
     *
     * @throws IllegalArgumentException if it exceeds {@link RadiusPacket#MAX_OCTETS}, or its password 128 octets
     */
    public byte[] encodeRequest(RadiusPacket request) {
        byte[] authenticator = new byte[AUTHENTICATOR_OCTETS];
        if (request.code() == RadiusPacket.ACCESS_REQUEST) {
            random.nextBytes(authenticator);
        }
        try {
            byte[] octets = library(request.identifier()).encodeRequest(toLibrary(request), secret, authenticator);
            if (isDigested(request.code())) {
                System.arraycopy(digest(octets), 0, octets, AUTHENTICATOR_AT, AUTHENTICATOR_OCTETS);
            }
            return checkedLength(octets);
        } catch (PacketCodecException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * Writes the response to a request.
     *
     * @param request the octets of the request
     * @throws IllegalArgumentException if it exceeds {@link RadiusPacket#MAX_OCTETS}
     */
    public byte[] encodeResponse(RadiusPacket response, byte[] request) {
        try {
            return checkedLength(library(response.identifier())
                    .encodeResponse(toLibrary(response), secret, response.identifier(), authenticatorOf(request)));
        } catch (PacketCodecException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /**
     * Reads a request.
     *
     * @param octets are left alone
     * @throws RadiusException if it is malformed or not from who shares the secret; an Access-Request without
     *     Message-Authenticator proves nothing
     */
    public RadiusPacket decodeRequest(byte[] octets) throws RadiusException {
        byte[] packet = withoutPadding(octets);
        int code = packet[0] & 0xff;
        if (isDigested(code)) {
            byte[] sent = authenticatorOf(packet);
            Arrays.fill(packet, AUTHENTICATOR_AT, AUTHENTICATOR_AT + AUTHENTICATOR_OCTETS, (byte) 0);
            if (!MessageDigest.isEqual(sent, digest(packet))) {
                throw new RadiusException(
                        Fault.NOT_AUTHENTIC, "the Request Authenticator is wrong; do both sides have the same secret?");
            }
            if (code == RadiusPacket.ACCOUNTING_REQUEST) {
                // The library checks this one itself.
                System.arraycopy(sent, 0, packet, AUTHENTICATOR_AT, AUTHENTICATOR_OCTETS);
            }
            // In the others it would compute the Message-Authenticator over the digest, where RFC 5176 §2.3 has zeros.
        }
        try {
            return fromLibrary(library(0).decodeRequest(packet, secret));
        } catch (PacketCodecException e) {
            throw notAuthentic(e);
        }
    }

    /**
     * Reads the response to a request.
     *
     * @param octets are left alone
     * @param request the octets of the request
     * @param needsMessageAuthenticator whether a response without Message-Authenticator is refused; those of RFC 2865
     *     alone can be forged by who can change packets on their way (CVE-2024-3596)
     * @throws RadiusException if it is malformed, not from who shares the secret, or not for this request
     */
    public RadiusPacket decodeResponse(byte[] octets, byte[] request, boolean needsMessageAuthenticator)
            throws RadiusException {
        byte[] packet = withoutPadding(octets);
        if (packet[1] != request[1]) {
            throw new RadiusException(Fault.NOT_AUTHENTIC, "the identifier is not that of the request");
        }
        RadiusPacket response;
        try {
            response = fromLibrary(library(0).decodeResponse(packet, secret, authenticatorOf(request)));
        } catch (PacketCodecException e) {
            throw notAuthentic(e);
        }
        if (needsMessageAuthenticator
                && response.first(RadiusAttribute.MESSAGE_AUTHENTICATOR).isEmpty()) {
            throw new RadiusException(
                    Fault.NO_MESSAGE_AUTHENTICATOR,
                    "there is no Message-Authenticator; let the server send one, or allow its absence");
        }
        return response;
    }

    /** Whether a request's authenticator is a digest of it. */
    private static boolean isDigested(int code) {
        return code == RadiusPacket.ACCOUNTING_REQUEST
                || code == RadiusPacket.COA_REQUEST
                || code == RadiusPacket.DISCONNECT_REQUEST;
    }

    /** The digest of a request whose authenticator is zero; of any other, that octets alone. */
    private byte[] digest(byte[] octets) {
        MessageDigest md5;
        try {
            md5 = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no MD5, which RADIUS needs", e);
        }
        md5.update(octets, 0, AUTHENTICATOR_AT);
        md5.update(ZEROS);
        md5.update(octets, RadiusPacket.HEADER_OCTETS, octets.length - RadiusPacket.HEADER_OCTETS);
        return md5.digest(secret);
    }

    private static byte[] authenticatorOf(byte[] packet) {
        return Arrays.copyOfRange(packet, AUTHENTICATOR_AT, AUTHENTICATOR_AT + AUTHENTICATOR_OCTETS);
    }

    /** A copy of the packet whose attributes fill it exactly. */
    private static byte[] withoutPadding(byte[] octets) throws RadiusException {
        if (octets.length < RadiusPacket.HEADER_OCTETS) {
            throw RadiusException.malformed(octets.length + " octets are no packet");
        }
        int length = ((octets[2] & 0xff) << 8) | (octets[3] & 0xff);
        if (length < RadiusPacket.HEADER_OCTETS || length > RadiusPacket.MAX_OCTETS || length > octets.length) {
            throw RadiusException.malformed("a packet of " + octets.length + " octets declares a length of " + length);
        }
        if (octets[0] == 0) {
            throw RadiusException.malformed("code 0 is none");
        }
        int messageAuthenticators = 0;
        for (int at = RadiusPacket.HEADER_OCTETS; at < length; at += octets[at + 1] & 0xff) {
            int left = length - at;
            int attributeLength = left < 2 ? 0 : octets[at + 1] & 0xff;
            int type = octets[at] & 0xff;
            if (type == 0 || attributeLength < 2 || attributeLength > left) {
                throw RadiusException.malformed("attribute " + type + " at octet " + at + " does not fit");
            }
            if (type == RadiusAttribute.MESSAGE_AUTHENTICATOR
                    && (attributeLength != 2 + AUTHENTICATOR_OCTETS || ++messageAuthenticators > 1)) {
                throw RadiusException.malformed("a Message-Authenticator has 16 octets and stands there once");
            }
        }
        return Arrays.copyOf(octets, length);
    }

    /** The attributes fit: the library can only have found an authenticator wrong. */
    private static RadiusException notAuthentic(PacketCodecException e) {
        return new RadiusException(Fault.NOT_AUTHENTIC, e.getMessage() + "; do both sides have the same secret?");
    }

    private PacketCodec library(int identifier) {
        return new PacketCodec(PasswordOnly.INSTANCE, random, () -> identifier);
    }

    private static Packet toLibrary(RadiusPacket packet) {
        List<Attribute<?>> attributes = new ArrayList<>(packet.attributes().size());
        for (RadiusAttribute attribute : packet.attributes()) {
            attributes.add(
                    switch (attribute.type()) {
                        case RadiusAttribute.MESSAGE_AUTHENTICATOR -> new RawAttribute(attribute.type(), ZEROS.clone());
                        case RadiusAttribute.USER_PASSWORD -> PasswordOnly.attribute(attribute.wire());
                        default -> new RawAttribute(attribute.type(), attribute.wire());
                    });
        }
        return new Packet(packet.code(), attributes);
    }

    private static RadiusPacket fromLibrary(Packet packet) throws RadiusException {
        List<RadiusAttribute> attributes =
                new ArrayList<>(packet.getAttributes().size());
        for (Attribute<?> attribute : packet.getAttributes()) {
            int type = attribute.getType().head();
            if (type == RadiusAttribute.USER_PASSWORD && attribute instanceof RawAttribute) {
                throw RadiusException.malformed("a User-Password has 16 to 128 octets, a multiple of 16");
            }
            attributes.add(RadiusAttribute.ofWire(type, ((StringData) attribute.getData()).getValue()));
        }
        return new RadiusPacket(packet.getCode(), packet.getReceivedFields().getIdentifier(), attributes);
    }

    private static byte[] checkedLength(byte[] octets) {
        if (octets.length > RadiusPacket.MAX_OCTETS) {
            throw new IllegalArgumentException("a packet of " + octets.length
                    + " octets cannot be sent (allowed: up to " + RadiusPacket.MAX_OCTETS + ")");
        }
        return octets;
    }

    /** A dictionary in which all is octets and the password is hidden: {@link RadiusAttribute} does the reading. */
    @SuppressWarnings("NullAway") // The library's answer for "not defined" is null.
    private static final class PasswordOnly implements Dictionary {
        static final PasswordOnly INSTANCE = new PasswordOnly();

        private static final StandardAttribute.Codec<StringData> CODEC =
                new StandardAttribute.Codec<>(new StringData.Codec(new WholeBlocks()), StandardAttribute::new);

        @SuppressWarnings({"unchecked", "rawtypes"})
        private static final AttributeDefinition<?, ?> PASSWORD = new AttributeDefinition(
                new AttributeType(RadiusAttribute.USER_PASSWORD),
                "User-Password",
                StandardAttribute.class,
                StringData.class,
                CODEC,
                data -> attribute(((StringData) data).getValue()));

        static Attribute<?> attribute(byte[] password) {
            if (password.length > MAX_PASSWORD_OCTETS) {
                throw new IllegalArgumentException("a password of " + password.length
                        + " octets cannot be sent (allowed: up to " + MAX_PASSWORD_OCTETS + ")");
            }
            return new StandardAttribute<>(RadiusAttribute.USER_PASSWORD, new StringData(password));
        }

        @Override
        public @Nullable AttributeDefinition<?, ?> getAttributeDefinition(AttributeType type) {
            return type.head() == RadiusAttribute.USER_PASSWORD ? PASSWORD : null;
        }

        @Override
        public @Nullable AttributeDefinition<?, ?> getAttributeDefinition(String name) {
            return null;
        }

        @Override
        public @Nullable PacketDefinition getPacketDefinition(int code) {
            return null;
        }

        @Override
        public @Nullable Integer getNumericAttributeValue(AttributeType type, String name) {
            return null;
        }

        @Override
        public @Nullable TlvDefinition getTlvDefinition(AttributeType type) {
            return null;
        }
    }

    /** The library's hiding of passwords, for what can be a hidden password. */
    private static final class WholeBlocks implements DataFilter {

        @Override
        public byte @Nullable [] decode(CodecContext context, byte[] data) {
            boolean isHidden = data.length > 0 && data.length <= MAX_PASSWORD_OCTETS && data.length % 16 == 0;
            return isHidden ? UserPasswordDataFilter.INSTANCE.decode(context, data) : null;
        }

        @Override
        public byte[] encode(CodecContext context, byte[] data) {
            return UserPasswordDataFilter.INSTANCE.encode(context, data);
        }
    }
}
