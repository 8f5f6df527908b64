package io.portledger.radius;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The TLVs of one value of type tlv (RFC 6929 §2.3): type, length including these two octets, value. */
final class Tlvs {

    private record Tlv(int type, ByteBuffer value) {}

    private final String name;
    private final List<Tlv> tlvs;

    private Tlvs(String name, List<Tlv> tlvs) {
        this.name = name;
        this.tlvs = tlvs;
    }

    /** @param name for messages */
    static Tlvs read(String name, byte[] octets) throws RadiusException {
        List<Tlv> tlvs = new ArrayList<>(4);
        for (int at = 0; at < octets.length; ) {
            int length = at + 1 < octets.length ? octets[at + 1] & 0xff : 0;
            if (length < 2 || at + length > octets.length) {
                throw RadiusException.malformed(name + ": TLV " + (octets[at] & 0xff) + " does not fit");
            }
            tlvs.add(new Tlv(octets[at] & 0xff, ByteBuffer.wrap(octets, at + 2, length - 2)));
            at += length;
        }
        return new Tlvs(name, tlvs);
    }

    List<byte[]> all(int type) {
        List<byte[]> values = new ArrayList<>(1);
        for (Tlv tlv : tlvs) {
            if (tlv.type() == type) {
                byte[] value = new byte[tlv.value().remaining()];
                tlv.value().get(tlv.value().position(), value);
                values.add(value);
            }
        }
        return values;
    }

    Optional<byte[]> atMostOne(int type) throws RadiusException {
        List<byte[]> values = all(type);
        if (values.size() > 1) {
            throw RadiusException.malformed(name + ": TLV " + type + " stands there more than once");
        }
        return values.stream().findFirst();
    }

    Optional<Tlvs> within(int type, String name) throws RadiusException {
        Optional<byte[]> value = atMostOne(type);
        return value.isPresent() ? Optional.of(read(name, value.get())) : Optional.empty();
    }

    int integer(int type, String what) throws RadiusException {
        byte[] value = atMostOne(type).orElseThrow(() -> RadiusException.malformed(name + ": " + what + " is missing"));
        return integer(value, what);
    }

    int integer(byte[] value, String what) throws RadiusException {
        requireLength(value, 4, what);
        return ByteBuffer.wrap(value).getInt();
    }

    Ipv4Address ipv4(byte[] value, String what) throws RadiusException {
        requireLength(value, 4, what);
        return Ipv4Address.fromBytes(value, 0);
    }

    Ipv6Address ipv6(byte[] value, String what) throws RadiusException {
        requireLength(value, 16, what);
        return Ipv6Address.fromBytes(value, 0);
    }

    /** Reserved octet, prefix length, and of the address as many octets as the sender likes, but those of the prefix. */
    Ipv6Prefix ipv6Prefix(byte[] value, String what) throws RadiusException {
        int length = value.length < 2 ? -1 : value[1] & 0xff;
        if (length < 0 || length > 128 || value.length > 18 || (value.length - 2) * 8 < length) {
            throw RadiusException.malformed(name + ": " + what + " is no IPv6 prefix");
        }
        byte[] address = new byte[16];
        System.arraycopy(value, 2, address, 0, value.length - 2);
        return Ipv6Prefix.containing(Ipv6Address.fromBytes(address, 0), length);
    }

    private void requireLength(byte[] value, int length, String what) throws RadiusException {
        if (value.length != length) {
            throw RadiusException.malformed(
                    name + ": " + what + " has " + value.length + " octets, expected " + length);
        }
    }

    /** Writes TLVs one behind the other. */
    static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream(64);

        Writer add(int type, byte[] value) {
            if (value.length > 253) {
                throw new IllegalArgumentException(
                        "TLV " + type + " with " + value.length + " octets cannot be sent (allowed: at most 253)");
            }
            out.write(type);
            out.write(value.length + 2);
            out.writeBytes(value);
            return this;
        }

        Writer add(int type, int value) {
            return add(type, ByteBuffer.allocate(4).putInt(value).array());
        }

        /** With no more octets of the address than the prefix has. */
        Writer add(int type, Ipv6Prefix prefix) {
            int octets = (prefix.length() + 7) / 8;
            return add(
                    type,
                    ByteBuffer.allocate(2 + octets)
                            .put((byte) 0)
                            .put((byte) prefix.length())
                            .put(Arrays.copyOf(prefix.first().toBytes(), octets))
                            .array());
        }

        byte[] octets() {
            return out.toByteArray();
        }
    }
}
