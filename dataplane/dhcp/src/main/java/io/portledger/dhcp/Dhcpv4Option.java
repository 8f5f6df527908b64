package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An option of a DHCPv4 message (RFC 2132). */
public sealed interface Dhcpv4Option {

    /** Code of {@link SubnetMask}. */
    int SUBNET_MASK = 1;
    /** Code of {@link RequestedAddress}. */
    int REQUESTED_ADDRESS = 50;
    /** Code of {@link LeaseTime}. */
    int LEASE_TIME = 51;
    /** Code of the option that says where else options are; {@link Dhcpv4Message} sees to it. */
    int OVERLOAD = 52;
    /** Code of {@link Type}. */
    int MESSAGE_TYPE = 53;
    /** Code of {@link ServerIdentifier}. */
    int SERVER_IDENTIFIER = 54;
    /** Code of {@link ParameterRequest}. */
    int PARAMETER_REQUEST = 55;
    /** Code of {@link Message}. */
    int MESSAGE = 56;
    /** Code of {@link RenewalTime}. */
    int RENEWAL_TIME = 58;
    /** Code of {@link RebindingTime}. */
    int REBINDING_TIME = 59;
    /** Code of {@link ClientIdentifier}. */
    int CLIENT_IDENTIFIER = 61;
    /** Code of {@link RelayAgentInformation}. */
    int RELAY_AGENT_INFORMATION = 82;
    /** Code of {@link SoftwireSource}. */
    int SOFTWIRE_SOURCE = 109;
    /** Code of {@link PcpServers}. */
    int PCP_SERVERS = 158;
    /** Code of {@link PortParameters}. */
    int PORT_PARAMETERS = 159;

    /** The option code, 1-254. */
    int code();

    /** Appends the data, without code and length. */
    void writeData(ByteBuf out);

    /**
     * The mask of the subnet (RFC 2132 §3.3).
     *
     * @param mask 255.255.255.255 for an address on a softwire
     */
    record SubnetMask(Ipv4Address mask) implements Dhcpv4Option {
        @Override
        public int code() {
            return SUBNET_MASK;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(mask.bits());
        }
    }

    /**
     * The address that the client would like to have (RFC 2132 §9.1).
     *
     * @param address that address
     */
    record RequestedAddress(Ipv4Address address) implements Dhcpv4Option {
        @Override
        public int code() {
            return REQUESTED_ADDRESS;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(address.bits());
        }
    }

    /**
     * How long the lease is, or shall be (RFC 2132 §9.2).
     *
     * @param seconds 0 to 2^32 - 1, which means for ever
     */
    record LeaseTime(long seconds) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if it does not fit 32 bits */
        public LeaseTime {
            requireSeconds(seconds);
        }

        @Override
        public int code() {
            return LEASE_TIME;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt((int) seconds);
        }
    }

    /**
     * What the message is for (RFC 2132 §9.6).
     *
     * @param type the type
     */
    record Type(MessageType type) implements Dhcpv4Option {
        @Override
        public int code() {
            return MESSAGE_TYPE;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeByte(type.code());
        }
    }

    /**
     * Which server it is (RFC 2132 §9.7).
     *
     * @param address one of the server's
     */
    record ServerIdentifier(Ipv4Address address) implements Dhcpv4Option {
        @Override
        public int code() {
            return SERVER_IDENTIFIER;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(address.bits());
        }
    }

    /**
     * Which options the client would like to have (RFC 2132 §9.8).
     *
     * @param codes each 0-255
     */
    record ParameterRequest(List<Integer> codes) implements Dhcpv4Option {
        /** Defensive copy of the list. */
        public ParameterRequest {
            codes = List.copyOf(codes);
        }

        @Override
        public int code() {
            return PARAMETER_REQUEST;
        }

        @Override
        public void writeData(ByteBuf out) {
            codes.forEach(out::writeByte);
        }
    }

    /**
     * Why the server refuses, or the client declines (RFC 2132 §9.9).
     *
     * @param text for people
     */
    record Message(String text) implements Dhcpv4Option {
        @Override
        public int code() {
            return MESSAGE;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeCharSequence(text, StandardCharsets.UTF_8);
        }
    }

    /**
     * T1: when to renew at the server that gave the lease (RFC 2132 §9.11).
     *
     * @param seconds from now, 0 to 2^32 - 1
     */
    record RenewalTime(long seconds) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if it does not fit 32 bits */
        public RenewalTime {
            requireSeconds(seconds);
        }

        @Override
        public int code() {
            return RENEWAL_TIME;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt((int) seconds);
        }
    }

    /**
     * T2: when to renew at any server (RFC 2132 §9.12).
     *
     * @param seconds from now, 0 to 2^32 - 1
     */
    record RebindingTime(long seconds) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if it does not fit 32 bits */
        public RebindingTime {
            requireSeconds(seconds);
        }

        @Override
        public int code() {
            return REBINDING_TIME;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt((int) seconds);
        }
    }

    /**
     * Which client it is (RFC 2132 §9.14), with DHCPv4-over-DHCPv6 in the form of RFC 4361.
     *
     * @param identifier two octets or more, type included
     */
    record ClientIdentifier(Octets identifier) implements Dhcpv4Option {
        private static final int NODE_SPECIFIC = 255;

        /** @throws IllegalArgumentException if it is too short */
        public ClientIdentifier {
            if (identifier.length() < 2) {
                throw new IllegalArgumentException(
                        "client identifier \"" + identifier + "\" is too short (allowed: two octets or more)");
            }
        }

        /** The identifier of an interface of a client that has a DUID (RFC 4361 §6.1). */
        public static ClientIdentifier of(int iaid, Octets duid) {
            ByteBuf out = Unpooled.buffer(5 + duid.length());
            out.writeByte(NODE_SPECIFIC).writeInt(iaid);
            duid.write(out);
            return new ClientIdentifier(Octets.of(out));
        }

        /** Whether it has the form of RFC 4361: 255, IAID, and a DUID of at least its type. */
        public boolean isNodeSpecific() {
            return identifier.length() >= 7 && identifier.at(0) == NODE_SPECIFIC;
        }

        @Override
        public int code() {
            return CLIENT_IDENTIFIER;
        }

        @Override
        public void writeData(ByteBuf out) {
            identifier.write(out);
        }
    }

    /**
     * What a relay added (RFC 3046).
     *
     * @param subOptions octets that the server sends back as they are
     */
    record RelayAgentInformation(Octets subOptions) implements Dhcpv4Option {
        @Override
        public int code() {
            return RELAY_AGENT_INFORMATION;
        }

        @Override
        public void writeData(ByteBuf out) {
            subOptions.write(out);
        }
    }

    /**
     * The address of the client's end of the softwire (RFC 8539 §6.2).
     *
     * @param address the lwB4's
     */
    record SoftwireSource(Ipv6Address address) implements Dhcpv4Option {
        @Override
        public int code() {
            return SOFTWIRE_SOURCE;
        }

        @Override
        public void writeData(ByteBuf out) {
            Addresses.write(address, out);
        }
    }

    /**
     * PCP servers (RFC 7291 §5).
     *
     * @param servers the addresses of each, 1-63 in the order in which they are to be tried
     */
    record PcpServers(List<List<Ipv4Address>> servers) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if a server has no address, or too many */
        public PcpServers {
            servers = servers.stream().map(List::copyOf).toList();
            for (List<Ipv4Address> server : servers) {
                if (server.isEmpty() || server.size() > 63) {
                    throw new IllegalArgumentException(
                            "a PCP server with " + server.size() + " addresses (allowed: 1-63)");
                }
            }
        }

        @Override
        public int code() {
            return PCP_SERVERS;
        }

        @Override
        public void writeData(ByteBuf out) {
            for (List<Ipv4Address> server : servers) {
                out.writeByte(4 * server.size());
                server.forEach(address -> out.writeInt(address.bits()));
            }
        }

        private static PcpServers read(ByteBuf in) throws DhcpException {
            List<List<Ipv4Address>> servers = new ArrayList<>();
            while (in.isReadable()) {
                int length = in.readUnsignedByte();
                if (length == 0 || (length & 3) != 0 || length > in.readableBytes()) {
                    throw new DhcpException("PCP servers: list length " + length + " with " + in.readableBytes()
                            + " octets left (allowed: multiples of 4 from 4 to what is left)");
                }
                List<Ipv4Address> server = new ArrayList<>();
                for (int i = 0; i < length; i += 4) {
                    server.add(new Ipv4Address(in.readInt()));
                }
                servers.add(server);
            }
            return new PcpServers(servers);
        }
    }

    /**
     * The ports of a shared address (RFC 7618 §9): those that a client has, or would like to have. A PSID of 0 from a
     * client that names no address says only how many ports it would like.
     *
     * @param ports its PSID offset is at most 15
     */
    record PortParameters(PortSet ports) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if the offset is 16 */
        public PortParameters {
            var _ = ports.toPortParams();
        }

        @Override
        public int code() {
            return PORT_PARAMETERS;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(ports.toPortParams());
        }
    }

    /**
     * An option that this package does not interpret, kept as it came.
     *
     * @param code 1-254
     * @param data of any length: RFC 3396
     */
    record Uninterpreted(int code, Octets data) implements Dhcpv4Option {
        /** @throws IllegalArgumentException if the code is not that of an option with data */
        public Uninterpreted {
            if (code < 1 || code > 254 || code == OVERLOAD) {
                throw new IllegalArgumentException(
                        "option " + code + " cannot be set (allowed: codes 1-254, but for 52)");
            }
        }

        @Override
        public void writeData(ByteBuf out) {
            data.write(out);
        }
    }

    /**
     * An option whose data are not as its definition says; to be ignored but for the log.
     *
     * @param code of the option
     * @param data as they came
     * @param fault naming field and fault
     */
    record Malformed(int code, Octets data, String fault) implements Dhcpv4Option {
        @Override
        public void writeData(ByteBuf out) {
            data.write(out);
        }
    }

    private static void requireSeconds(long seconds) {
        if (seconds < 0 || seconds > 0xffff_ffffL) {
            throw new IllegalArgumentException(seconds + " s are out of range (allowed: 0-4294967295)");
        }
    }

    /** Reads an option from its data. */
    static Dhcpv4Option read(int code, Octets data) {
        try {
            return readWhole(code, data.toBuffer(), data);
        } catch (DhcpException e) {
            return new Malformed(code, data, String.valueOf(e.getMessage()));
        }
    }

    private static Dhcpv4Option readWhole(int code, ByteBuf in, Octets data) throws DhcpException {
        return switch (code) {
            case SUBNET_MASK -> new SubnetMask(readAddress("subnet mask", in));
            case REQUESTED_ADDRESS -> new RequestedAddress(readAddress("requested address", in));
            case LEASE_TIME -> new LeaseTime(readSeconds("lease time", in));
            case MESSAGE_TYPE -> {
                requireLength("message type", 1, in);
                int type = in.getUnsignedByte(0);
                yield new Type(MessageType.of(type)
                        .orElseThrow(() -> new DhcpException("message type: " + type + " (allowed: 1-8)")));
            }
            case SERVER_IDENTIFIER -> new ServerIdentifier(readAddress("server identifier", in));
            case PARAMETER_REQUEST -> {
                List<Integer> codes = new ArrayList<>();
                while (in.isReadable()) {
                    codes.add((int) in.readUnsignedByte());
                }
                yield new ParameterRequest(codes);
            }
            case MESSAGE -> new Message(in.toString(StandardCharsets.UTF_8));
            case RENEWAL_TIME -> new RenewalTime(readSeconds("renewal time", in));
            case REBINDING_TIME -> new RebindingTime(readSeconds("rebinding time", in));
            case CLIENT_IDENTIFIER -> {
                if (data.length() < 2) {
                    throw new DhcpException("client identifier: length " + data.length() + " (expected 2 or more)");
                }
                yield new ClientIdentifier(data);
            }
            case RELAY_AGENT_INFORMATION -> new RelayAgentInformation(data);
            case SOFTWIRE_SOURCE -> {
                requireLength("softwire source address", 16, in);
                yield new SoftwireSource(Addresses.read(in, 0));
            }
            case PCP_SERVERS -> PcpServers.read(in);
            case PORT_PARAMETERS -> {
                requireLength("port parameters", 4, in);
                try {
                    yield new PortParameters(PortSet.ofPortParams(in.getInt(0)));
                } catch (IllegalArgumentException e) {
                    throw new DhcpException("port parameters: " + e.getMessage());
                }
            }
            default -> new Uninterpreted(code, data);
        };
    }

    private static Ipv4Address readAddress(String name, ByteBuf in) throws DhcpException {
        requireLength(name, 4, in);
        return Addresses.readIpv4(in, 0);
    }

    private static long readSeconds(String name, ByteBuf in) throws DhcpException {
        requireLength(name, 4, in);
        return in.getUnsignedInt(0);
    }

    private static void requireLength(String name, int expected, ByteBuf in) throws DhcpException {
        if (in.readableBytes() != expected) {
            throw new DhcpException(name + ": length " + in.readableBytes() + ", expected " + expected);
        }
    }
}
