package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import java.util.Optional;

/** A DHCPv6 message (RFC 8415 §8, §9; RFC 7341 §6). */
public sealed interface Dhcpv6Message {

    /** The port a server or relay listens on. */
    int SERVER_PORT = 547;
    /** The port a client listens on. */
    int CLIENT_PORT = 546;
    /** All_DHCP_Relay_Agents_and_Servers, in the scope of the link. */
    Ipv6Address ALL_SERVERS = new Ipv6Address(0xff02_0000_0000_0000L, 0x1_0002);

    /** Type of an {@link Exchange} that looks for servers. */
    int SOLICIT = 1;
    /** Type of an {@link Exchange} that offers. */
    int ADVERTISE = 2;
    /** Type of an {@link Exchange} that takes an offer. */
    int REQUEST = 3;
    /** Type of an {@link Exchange} that extends lifetimes at the server that gave them. */
    int RENEW = 5;
    /** Type of an {@link Exchange} that extends lifetimes at any server. */
    int REBIND = 6;
    /** Type of an {@link Exchange} that answers. */
    int REPLY = 7;
    /** Type of an {@link Exchange} that asks for configuration without addresses. */
    int INFORMATION_REQUEST = 11;
    /** Type of a {@link Relay} towards the server. */
    int RELAY_FORWARD = 12;
    /** Type of a {@link Relay} towards the client. */
    int RELAY_REPLY = 13;
    /** Type of a {@link Dhcpv4Query}. */
    int DHCPV4_QUERY = 20;
    /** Type of a {@link Dhcpv4Response}. */
    int DHCPV4_RESPONSE = 21;

    /** The message type, 0-255. */
    int type();

    /** The options in the order of the message. */
    List<Dhcpv6Option> options();

    /** Appends the message. */
    void encode(ByteBuf out);

    /** The first option of that type that is as its definition says. */
    default <T extends Dhcpv6Option> Optional<T> option(Class<T> type) {
        return Dhcpv6Option.first(type, options());
    }

    /** Whether the option request option names that code. */
    default boolean asksFor(int code) {
        return option(Dhcpv6Option.OptionRequest.class)
                .map(request -> request.codes().contains(code))
                .orElse(false);
    }

    /**
     * Between client and server, of any type but the other ones here.
     *
     * @param type 0-255
     * @param transactionId 24 bits
     * @param options the options
     */
    record Exchange(int type, int transactionId, List<Dhcpv6Option> options) implements Dhcpv6Message {

        /** @throws IllegalArgumentException if the type has another form, or a number does not fit */
        public Exchange {
            options = List.copyOf(options);
            boolean hasOtherForm =
                    type == RELAY_FORWARD || type == RELAY_REPLY || type == DHCPV4_QUERY || type == DHCPV4_RESPONSE;
            if (type >>> 8 != 0 || hasOtherForm || transactionId >>> 24 != 0) {
                throw new IllegalArgumentException("type " + type + " with transaction id " + transactionId
                        + " is no message between client and server (allowed: types 0-255 but 12, 13, 20 and 21;"
                        + " transaction ids of 24 bits)");
            }
        }

        @Override
        public void encode(ByteBuf out) {
            out.writeByte(type).writeMedium(transactionId);
            Dhcpv6Option.writeAll(options, out);
        }
    }

    /**
     * Between relay and server (RFC 8415 §9).
     *
     * @param type {@link #RELAY_FORWARD} or {@link #RELAY_REPLY}
     * @param hopCount 0-255: how many relays the message passed before
     * @param link an address of the link that the client is on
     * @param peer from whom the relay has the message, or for whom it is
     * @param options among them the {@link Dhcpv6Option.RelayMessage}
     */
    record Relay(int type, int hopCount, Ipv6Address link, Ipv6Address peer, List<Dhcpv6Option> options)
            implements Dhcpv6Message {

        /** Above this hop count a message is not relayed any more (RFC 8415 §7.6). */
        public static final int HOP_COUNT_LIMIT = 8;

        /** @throws IllegalArgumentException if the type is another, or the hop count out of range */
        public Relay {
            options = List.copyOf(options);
            if ((type != RELAY_FORWARD && type != RELAY_REPLY) || hopCount >>> 8 != 0) {
                throw new IllegalArgumentException("type " + type + " with hop count " + hopCount
                        + " is no message of a relay (allowed: types 12 and 13, hop counts 0-255)");
            }
        }

        @Override
        public void encode(ByteBuf out) {
            out.writeByte(type).writeByte(hopCount);
            Addresses.write(link, out);
            Addresses.write(peer, out);
            Dhcpv6Option.writeAll(options, out);
        }
    }

    /**
     * DHCPV4-QUERY: carries a DHCPv4 message to a server (RFC 7341 §6).
     *
     * @param isUnicast whether the DHCPv4 message would have been sent by unicast
     * @param options among them the {@link Dhcpv6Option.Dhcpv4}
     */
    record Dhcpv4Query(boolean isUnicast, List<Dhcpv6Option> options) implements Dhcpv6Message {

        private static final int UNICAST = 0x80_0000;

        /** Defensive copy of the options. */
        public Dhcpv4Query {
            options = List.copyOf(options);
        }

        @Override
        public int type() {
            return DHCPV4_QUERY;
        }

        @Override
        public void encode(ByteBuf out) {
            out.writeByte(DHCPV4_QUERY).writeMedium(isUnicast ? UNICAST : 0);
            Dhcpv6Option.writeAll(options, out);
        }
    }

    /**
     * DHCPV4-RESPONSE: carries a DHCPv4 message to a client (RFC 7341 §6).
     *
     * @param options among them the {@link Dhcpv6Option.Dhcpv4}
     */
    record Dhcpv4Response(List<Dhcpv6Option> options) implements Dhcpv6Message {

        /** Defensive copy of the options. */
        public Dhcpv4Response {
            options = List.copyOf(options);
        }

        @Override
        public int type() {
            return DHCPV4_RESPONSE;
        }

        @Override
        public void encode(ByteBuf out) {
            out.writeByte(DHCPV4_RESPONSE).writeMedium(0);
            Dhcpv6Option.writeAll(options, out);
        }
    }

    /**
     * Reads a message that is all that can be read from the buffer, whose indices stay. What a relay carries is not
     * looked into; see {@link Dhcpv6Option.RelayMessage#message}.
     *
     * @throws DhcpException if the message ends before it is whole
     */
    static Dhcpv6Message decode(ByteBuf in) throws DhcpException {
        int start = in.readerIndex();
        int end = in.writerIndex();
        if (end - start < 4) {
            throw new DhcpException(
                    "DHCPv6 message: " + ByteBufUtil.hexDump(in) + " ends in the header (expected 4 octets or more)");
        }
        int type = in.getUnsignedByte(start);
        if (type == RELAY_FORWARD || type == RELAY_REPLY) {
            if (end - start < 34) {
                throw new DhcpException("DHCPv6 message of a relay: " + (end - start)
                        + " octets end in the header (expected 34 octets or more)");
            }
            return new Relay(
                    type,
                    in.getUnsignedByte(start + 1),
                    Addresses.read(in, start + 2),
                    Addresses.read(in, start + 18),
                    Dhcpv6Option.readAll(in, start + 34, end));
        }
        int rest = in.getUnsignedMedium(start + 1);
        List<Dhcpv6Option> options = Dhcpv6Option.readAll(in, start + 4, end);
        return switch (type) {
            case DHCPV4_QUERY -> new Dhcpv4Query((rest & Dhcpv4Query.UNICAST) != 0, options);
            case DHCPV4_RESPONSE -> new Dhcpv4Response(options);
            default -> new Exchange(type, rest, options);
        };
    }
}
