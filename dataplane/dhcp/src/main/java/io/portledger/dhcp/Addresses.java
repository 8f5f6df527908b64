package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import java.util.ArrayList;
import java.util.List;

/** Addresses on the wire. */
final class Addresses {

    private Addresses() {}

    static Ipv6Address read(ByteBuf in, int offset) {
        return new Ipv6Address(in.getLong(offset), in.getLong(offset + 8));
    }

    static void write(Ipv6Address address, ByteBuf out) {
        out.writeLong(address.high()).writeLong(address.low());
    }

    static List<Ipv6Address> readAll(String name, ByteBuf in, int offset, int length) throws DhcpException {
        if ((length & 15) != 0) {
            throw new DhcpException(name + ": length " + length + " (allowed: multiples of 16)");
        }
        List<Ipv6Address> addresses = new ArrayList<>(length >> 4);
        for (int at = offset; at < offset + length; at += 16) {
            addresses.add(read(in, at));
        }
        return addresses;
    }

    static Ipv4Address readIpv4(ByteBuf in, int offset) {
        return new Ipv4Address(in.getInt(offset));
    }

    /** Octets of a prefix that is written as its length and no more octets than that needs. */
    static int encodedLength(int prefixLength) {
        return 1 + ((prefixLength + 7) >> 3);
    }

    /**
     * Reads such a prefix; bits behind its length are ignored.
     *
     * @param available octets that are there from {@code offset} on
     */
    static Ipv6Prefix readPrefix(String name, ByteBuf in, int offset, int available) throws DhcpException {
        if (available < 1) {
            throw new DhcpException(name + ": no prefix length");
        }
        int length = in.getUnsignedByte(offset);
        if (length > 128) {
            throw new DhcpException(name + ": prefix length " + length + " (allowed: 0-128)");
        }
        int octets = encodedLength(length) - 1;
        if (octets > available - 1) {
            throw new DhcpException(name + ": a prefix of length " + length + " needs " + octets + " octets, but "
                    + (available - 1) + " are left");
        }
        byte[] address = new byte[16];
        in.getBytes(offset + 1, address, 0, octets);
        return Ipv6Prefix.containing(Ipv6Address.fromBytes(address, 0), length);
    }

    static void writePrefix(Ipv6Prefix prefix, ByteBuf out) {
        out.writeByte(prefix.length()).writeBytes(prefix.first().toBytes(), 0, encodedLength(prefix.length()) - 1);
    }
}
