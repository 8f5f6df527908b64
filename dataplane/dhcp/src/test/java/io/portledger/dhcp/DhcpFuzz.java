package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * The codec under arbitrary octets: what a fuzzer calls, and what its findings are replayed with. Whatever can be read is
 * written again, and what was written is read as the same.
 */
public final class DhcpFuzz {

    private static final int DEEPEST = 10;

    private DhcpFuzz() {}

    /** The fuzzer's entry. The first octet says whether the others are DHCPv4 or DHCPv6. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        ByteBuf octets = Unpooled.wrappedBuffer(input, 1, input.length - 1);
        if ((input[0] & 1) == 0) {
            dhcpv6(octets, 0);
        } else {
            dhcpv4(octets);
        }
    }

    private static void dhcpv6(ByteBuf octets, int depth) {
        Dhcpv6Message message;
        try {
            message = Dhcpv6Message.decode(octets);
        } catch (DhcpException e) {
            return;
        }
        ByteBuf written = Unpooled.buffer();
        message.encode(written);
        try {
            require(message.equals(Dhcpv6Message.decode(written)), message);
        } catch (DhcpException e) {
            throw new IllegalStateException("What was written cannot be read: " + message, e);
        }
        for (Dhcpv6Option option : message.options()) {
            if (option instanceof Dhcpv6Option.RelayMessage relayed && depth < DEEPEST) {
                dhcpv6(relayed.octets().toBuffer(), depth + 1);
            } else if (option instanceof Dhcpv6Option.Dhcpv4 carried) {
                dhcpv4(carried.octets().toBuffer());
            }
        }
    }

    private static void dhcpv4(ByteBuf octets) {
        Dhcpv4Message message;
        try {
            message = Dhcpv4Message.decode(octets);
        } catch (DhcpException e) {
            return;
        }
        ByteBuf written = Unpooled.buffer();
        message.encode(written);
        try {
            require(message.equals(Dhcpv4Message.decode(written)), message);
        } catch (DhcpException e) {
            throw new IllegalStateException("What was written cannot be read: " + message, e);
        }
    }

    private static void require(boolean isSame, Object message) {
        if (!isSame) {
            throw new IllegalStateException("What was written is read as something else: " + message);
        }
    }
}
