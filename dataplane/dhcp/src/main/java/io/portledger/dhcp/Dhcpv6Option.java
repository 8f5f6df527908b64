package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv4Prefix;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An option of a DHCPv6 message (RFC 8415 §21), or of another option that contains options. */
public sealed interface Dhcpv6Option {

    /** Code of {@link ClientId}. */
    int CLIENT_ID = 1;
    /** Code of {@link ServerId}. */
    int SERVER_ID = 2;
    /** Code of {@link OptionRequest}. */
    int OPTION_REQUEST = 6;
    /** Code of {@link RelayMessage}. */
    int RELAY_MESSAGE = 9;
    /** Code of {@link StatusCode}. */
    int STATUS_CODE = 13;
    /** Code of {@link InterfaceId}. */
    int INTERFACE_ID = 18;
    /** Code of {@link AftrName}. */
    int AFTR_NAME = 64;
    /** Code of {@link ClientLinkLayerAddress}. */
    int CLIENT_LINK_LAYER_ADDRESS = 79;
    /** Code of {@link PcpServers}. */
    int PCP_SERVERS = 86;
    /** Code of {@link Dhcpv4}. */
    int DHCPV4 = 87;
    /** Code of {@link Dhcp4o6Servers}. */
    int DHCP_4O6_SERVERS = 88;
    /** Code of {@link S46Rule}. */
    int S46_RULE = 89;
    /** Code of {@link S46Br}. */
    int S46_BR = 90;
    /** Code of {@link S46Dmr}. */
    int S46_DMR = 91;
    /** Code of {@link S46V4v6Binding}. */
    int S46_V4V6_BINDING = 92;
    /** Code of {@link S46PortParameters}. */
    int S46_PORT_PARAMETERS = 93;
    /** Code of the {@link S46Container} of MAP-E. */
    int S46_CONTAINER_MAP_E = 94;
    /** Code of the {@link S46Container} of MAP-T. */
    int S46_CONTAINER_MAP_T = 95;
    /** Code of the {@link S46Container} of lw4o6. */
    int S46_CONTAINER_LW = 96;
    /** Code of {@link S46Priority}. */
    int S46_PRIORITY = 111;
    /** Code of {@link S46BindingPrefix}. */
    int S46_BINDING_PREFIX = 137;

    /** How deep options of this package contain each other: a port set in a binding in a container. */
    int DEEPEST = 3;

    /** The option code, 0-65535. */
    int code();

    /** Appends the data, without code and length. */
    void writeData(ByteBuf out);

    /**
     * The DUID of the client (RFC 8415 §21.2).
     *
     * @param duid 1-130 octets if it is lawful, which is not checked
     */
    record ClientId(Octets duid) implements Dhcpv6Option {
        @Override
        public int code() {
            return CLIENT_ID;
        }

        @Override
        public void writeData(ByteBuf out) {
            duid.write(out);
        }
    }

    /**
     * The DUID of the server (RFC 8415 §21.3).
     *
     * @param duid 1-130 octets if it is lawful, which is not checked
     */
    record ServerId(Octets duid) implements Dhcpv6Option {
        @Override
        public int code() {
            return SERVER_ID;
        }

        @Override
        public void writeData(ByteBuf out) {
            duid.write(out);
        }
    }

    /**
     * Which options the client would like to have (RFC 8415 §21.7).
     *
     * @param codes each 0-65535
     */
    record OptionRequest(List<Integer> codes) implements Dhcpv6Option {
        /** Defensive copy of the list. */
        public OptionRequest {
            codes = List.copyOf(codes);
        }

        @Override
        public int code() {
            return OPTION_REQUEST;
        }

        @Override
        public void writeData(ByteBuf out) {
            codes.forEach(out::writeShort);
        }
    }

    /**
     * The message that a relay passes on, octet by octet (RFC 8415 §21.10).
     *
     * @param octets of the message
     */
    record RelayMessage(Octets octets) implements Dhcpv6Option {

        /** That message. */
        public static RelayMessage of(Dhcpv6Message message) {
            ByteBuf out = Unpooled.buffer();
            message.encode(out);
            return new RelayMessage(Octets.of(out));
        }

        /**
         * The message; it may be of a relay again.
         *
         * @throws DhcpException if it is broken
         */
        public Dhcpv6Message message() throws DhcpException {
            return Dhcpv6Message.decode(octets.toBuffer());
        }

        @Override
        public int code() {
            return RELAY_MESSAGE;
        }

        @Override
        public void writeData(ByteBuf out) {
            octets.write(out);
        }
    }

    /**
     * How it went (RFC 8415 §21.13).
     *
     * @param status 0-65535; 0: success
     * @param message for people, may be empty
     */
    record StatusCode(int status, String message) implements Dhcpv6Option {
        @Override
        public int code() {
            return STATUS_CODE;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeShort(status).writeCharSequence(message, StandardCharsets.UTF_8);
        }
    }

    /**
     * On which interface of the relay the client is; only the relay knows what it means (RFC 8415 §21.18).
     *
     * @param identifier any octets
     */
    record InterfaceId(Octets identifier) implements Dhcpv6Option {
        @Override
        public int code() {
            return INTERFACE_ID;
        }

        @Override
        public void writeData(ByteBuf out) {
            identifier.write(out);
        }
    }

    /**
     * The name of the AFTR (RFC 6334 §3).
     *
     * @param name labels of letters, digits, hyphens and underscores with dots between them, no dot at the end; at
     *     least three octets on the wire
     */
    record AftrName(String name) implements Dhcpv6Option {

        /** @throws IllegalArgumentException if it is no such name */
        public AftrName {
            int labelStart = 0;
            for (int i = 0; i <= name.length(); i++) {
                if (i == name.length() || name.charAt(i) == '.') {
                    if (i == labelStart || i - labelStart > 63) {
                        throw noName(name, "a label has " + (i - labelStart) + " letters");
                    }
                    labelStart = i + 1;
                } else if (!isAllowed(name.charAt(i))) {
                    throw noName(name, "character " + (int) name.charAt(i));
                }
            }
            if (name.length() > 253 || name.length() < 2) {
                throw noName(name, name.length() + " letters");
            }
        }

        private static boolean isAllowed(int c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        }

        private static IllegalArgumentException noName(String name, String reason) {
            return new IllegalArgumentException("\"" + name + "\" is not an AFTR name: " + reason
                    + " (allowed: a fully qualified domain name such as aftr.example.com)");
        }

        @Override
        public int code() {
            return AFTR_NAME;
        }

        @Override
        public void writeData(ByteBuf out) {
            for (int start = 0; start <= name.length(); ) {
                int dot = name.indexOf('.', start);
                int end = dot < 0 ? name.length() : dot;
                out.writeByte(end - start).writeCharSequence(name.substring(start, end), StandardCharsets.US_ASCII);
                start = end + 1;
            }
            out.writeByte(0);
        }

        /** Only the first name counts. */
        private static AftrName read(ByteBuf in, int offset, int length) throws DhcpException {
            StringBuilder name = new StringBuilder();
            for (int at = offset; at < offset + length; ) {
                int label = in.getUnsignedByte(at++);
                if (label == 0) {
                    try {
                        return new AftrName(name.toString());
                    } catch (IllegalArgumentException e) {
                        throw new DhcpException("AFTR-Name: " + e.getMessage());
                    }
                }
                if (label > 63 || at + label > offset + length) {
                    throw new DhcpException(
                            "AFTR-Name: label length " + label + " (allowed: 1-63, and no more than is there)");
                }
                if (!name.isEmpty()) {
                    name.append('.');
                }
                name.append(in.toString(at, label, StandardCharsets.ISO_8859_1));
                at += label;
            }
            throw new DhcpException("AFTR-Name: the name has no end");
        }
    }

    /**
     * The link-layer address of the client, as the first relay saw it (RFC 6939).
     *
     * @param linkLayerType 0-65535, 1 for Ethernet
     * @param address as long as the type says
     */
    record ClientLinkLayerAddress(int linkLayerType, Octets address) implements Dhcpv6Option {
        @Override
        public int code() {
            return CLIENT_LINK_LAYER_ADDRESS;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeShort(linkLayerType);
            address.write(out);
        }
    }

    /**
     * The addresses of one PCP server (RFC 7291 §4).
     *
     * @param addresses in the order in which they are to be tried; an IPv4 address stands as {@code ::ffff:a.b.c.d}
     */
    record PcpServers(List<Ipv6Address> addresses) implements Dhcpv6Option {
        /** Defensive copy of the list. */
        public PcpServers {
            addresses = List.copyOf(addresses);
        }

        @Override
        public int code() {
            return PCP_SERVERS;
        }

        @Override
        public void writeData(ByteBuf out) {
            addresses.forEach(address -> Addresses.write(address, out));
        }
    }

    /**
     * A DHCPv4 message, octet by octet, without IP and UDP headers (RFC 7341 §7.1).
     *
     * @param octets of the message
     */
    record Dhcpv4(Octets octets) implements Dhcpv6Option {

        /** That message. */
        public static Dhcpv4 of(Dhcpv4Message message) {
            ByteBuf out = Unpooled.buffer(320);
            message.encode(out);
            return new Dhcpv4(Octets.of(out));
        }

        /**
         * The message.
         *
         * @throws DhcpException if it is broken
         */
        public Dhcpv4Message message() throws DhcpException {
            return Dhcpv4Message.decode(octets.toBuffer());
        }

        @Override
        public int code() {
            return DHCPV4;
        }

        @Override
        public void writeData(ByteBuf out) {
            octets.write(out);
        }
    }

    /**
     * Where DHCPV4-QUERY messages go, and that they may be sent (RFC 7341 §7.2).
     *
     * @param addresses empty: to {@link Dhcpv6Message#ALL_SERVERS}
     */
    record Dhcp4o6Servers(List<Ipv6Address> addresses) implements Dhcpv6Option {
        /** Defensive copy of the list. */
        public Dhcp4o6Servers {
            addresses = List.copyOf(addresses);
        }

        @Override
        public int code() {
            return DHCP_4O6_SERVERS;
        }

        @Override
        public void writeData(ByteBuf out) {
            addresses.forEach(address -> Addresses.write(address, out));
        }
    }

    /**
     * A mapping rule of MAP (RFC 7598 §4.1).
     *
     * @param isForwarding whether it is a forwarding mapping rule too
     * @param eaLength number of embedded-address bits, 0-48
     * @param ipv4 the rule's IPv4 prefix
     * @param ipv6 the rule's IPv6 prefix
     * @param options the {@link S46PortParameters}, if any, and others
     */
    record S46Rule(boolean isForwarding, int eaLength, Ipv4Prefix ipv4, Ipv6Prefix ipv6, List<Dhcpv6Option> options)
            implements Dhcpv6Option {
        /** @throws IllegalArgumentException if the number of embedded-address bits is out of range */
        public S46Rule {
            options = List.copyOf(options);
            if (eaLength < 0 || eaLength > 48) {
                throw new IllegalArgumentException(
                        eaLength + " embedded-address bits are out of range (allowed: 0-48)");
            }
        }

        @Override
        public int code() {
            return S46_RULE;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeByte(isForwarding ? 1 : 0)
                    .writeByte(eaLength)
                    .writeByte(ipv4.length())
                    .writeInt(ipv4.first().bits());
            Addresses.writePrefix(ipv6, out);
            writeAll(options, out);
        }

        private static S46Rule read(ByteBuf in, int offset, int length, int depth) throws DhcpException {
            if (length < 8) {
                throw new DhcpException("S46 rule: length " + length + " (expected 8 or more)");
            }
            int eaLength = in.getUnsignedByte(offset + 1);
            int ipv4Length = in.getUnsignedByte(offset + 2);
            if (eaLength > 48 || ipv4Length > 32) {
                throw new DhcpException("S46 rule: " + eaLength + " embedded-address bits and IPv4 prefix length "
                        + ipv4Length + " (allowed: 0-48 and 0-32)");
            }
            int mask = ipv4Length == 0 ? 0 : -1 << (32 - ipv4Length);
            Ipv4Prefix ipv4 = new Ipv4Prefix(new Ipv4Address(in.getInt(offset + 3) & mask), ipv4Length);
            Ipv6Prefix ipv6 = Addresses.readPrefix("S46 rule", in, offset + 7, length - 7);
            return new S46Rule(
                    (in.getByte(offset) & 1) != 0,
                    eaLength,
                    ipv4,
                    ipv6,
                    readWhole(in, offset + 7 + Addresses.encodedLength(ipv6.length()), offset + length, depth + 1));
        }
    }

    /**
     * The tunnel end point of the border relay, which for lw4o6 is the lwAFTR (RFC 7598 §4.2).
     *
     * @param address the end point
     */
    record S46Br(Ipv6Address address) implements Dhcpv6Option {
        @Override
        public int code() {
            return S46_BR;
        }

        @Override
        public void writeData(ByteBuf out) {
            Addresses.write(address, out);
        }
    }

    /**
     * The default mapping rule of MAP-T (RFC 7598 §4.3).
     *
     * @param prefix where IPv4 destinations are mapped to
     */
    record S46Dmr(Ipv6Prefix prefix) implements Dhcpv6Option {
        @Override
        public int code() {
            return S46_DMR;
        }

        @Override
        public void writeData(ByteBuf out) {
            Addresses.writePrefix(prefix, out);
        }
    }

    /**
     * A full or shared IPv4 address and the prefix from which the softwire's address is made (RFC 7598 §4.4).
     *
     * @param ipv4 the public address
     * @param prefix of which the lwB4 forms its softwire address
     * @param options the {@link S46PortParameters}, if any, and others
     */
    record S46V4v6Binding(Ipv4Address ipv4, Ipv6Prefix prefix, List<Dhcpv6Option> options) implements Dhcpv6Option {
        /** Defensive copy of the options. */
        public S46V4v6Binding {
            options = List.copyOf(options);
        }

        /** The ports of the address; all of them if nothing is said about it. */
        public PortSet ports() {
            return first(S46PortParameters.class, options)
                    .map(S46PortParameters::ports)
                    .orElse(PortSet.WHOLE_ADDRESS);
        }

        @Override
        public int code() {
            return S46_V4V6_BINDING;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(ipv4.bits());
            Addresses.writePrefix(prefix, out);
            writeAll(options, out);
        }

        private static S46V4v6Binding read(ByteBuf in, int offset, int length, int depth) throws DhcpException {
            if (length < 5) {
                throw new DhcpException("S46 binding: length " + length + " (expected 5 or more)");
            }
            Ipv6Prefix prefix = Addresses.readPrefix("S46 binding", in, offset + 4, length - 4);
            return new S46V4v6Binding(
                    Addresses.readIpv4(in, offset),
                    prefix,
                    readWhole(in, offset + 4 + Addresses.encodedLength(prefix.length()), offset + length, depth + 1));
        }
    }

    /**
     * A port set (RFC 7598 §4.5).
     *
     * @param ports its PSID offset is at most 15
     */
    record S46PortParameters(PortSet ports) implements Dhcpv6Option {
        /** @throws IllegalArgumentException if the offset is 16 */
        public S46PortParameters {
            var _ = ports.toPortParams();
        }

        @Override
        public int code() {
            return S46_PORT_PARAMETERS;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeInt(ports.toPortParams());
        }
    }

    /**
     * What one softwire mechanism needs (RFC 7598 §5).
     *
     * @param code {@link #S46_CONTAINER_MAP_E}, {@link #S46_CONTAINER_MAP_T} or {@link #S46_CONTAINER_LW}
     * @param options that of lw4o6 has at least one {@link S46Br} and at most one {@link S46V4v6Binding}
     */
    record S46Container(int code, List<Dhcpv6Option> options) implements Dhcpv6Option {
        /** @throws IllegalArgumentException if it is not such a container */
        public S46Container {
            options = List.copyOf(options);
            String fault = faultOf(code, options);
            if (fault != null) {
                throw new IllegalArgumentException(fault);
            }
        }

        /** The end points, any of which will do. */
        public List<Ipv6Address> brs() {
            return options.stream()
                    .filter(S46Br.class::isInstance)
                    .map(option -> ((S46Br) option).address())
                    .toList();
        }

        /** What lw4o6 gives to the client, if it gives it by this way. */
        public Optional<S46V4v6Binding> binding() {
            return first(S46V4v6Binding.class, options);
        }

        private static @Nullable String faultOf(int code, List<Dhcpv6Option> options) {
            if (code < S46_CONTAINER_MAP_E || code > S46_CONTAINER_LW) {
                return "option " + code + " is no S46 container (allowed: 94-96)";
            }
            if (code == S46_CONTAINER_LW) {
                if (first(S46Br.class, options).isEmpty()) {
                    return "S46 container of lw4o6: no S46 BR (expected one or more)";
                }
                long bindings = options.stream()
                        .filter(S46V4v6Binding.class::isInstance)
                        .count();
                if (bindings > 1) {
                    return "S46 container of lw4o6: " + bindings + " S46 bindings (expected at most one)";
                }
            }
            return null;
        }

        @Override
        public void writeData(ByteBuf out) {
            writeAll(options, out);
        }

        private static S46Container read(int code, ByteBuf in, int offset, int length, int depth) throws DhcpException {
            List<Dhcpv6Option> options = readWhole(in, offset, offset + length, depth + 1);
            String fault = faultOf(code, options);
            if (fault != null) {
                throw new DhcpException(fault);
            }
            return new S46Container(code, options);
        }
    }

    /**
     * Which mechanism to prefer (RFC 8026 §1.4).
     *
     * @param codes of options that stand for the mechanisms (64, 88, 94, 95, 96), the most preferred first; others are to
     *     be passed over
     */
    record S46Priority(List<Integer> codes) implements Dhcpv6Option {
        /** Defensive copy of the list. */
        public S46Priority {
            codes = List.copyOf(codes);
        }

        @Override
        public int code() {
            return S46_PRIORITY;
        }

        @Override
        public void writeData(ByteBuf out) {
            codes.forEach(out::writeShort);
        }
    }

    /**
     * From which prefix the client should choose its softwire address (RFC 8539 §6.1).
     *
     * @param prefix a hint
     */
    record S46BindingPrefix(Ipv6Prefix prefix) implements Dhcpv6Option {
        @Override
        public int code() {
            return S46_BINDING_PREFIX;
        }

        @Override
        public void writeData(ByteBuf out) {
            Addresses.writePrefix(prefix, out);
        }
    }

    /**
     * An option that this package does not interpret, kept as it came.
     *
     * @param code 0-65535
     * @param data up to 65535 octets
     */
    record Uninterpreted(int code, Octets data) implements Dhcpv6Option {
        /** @throws IllegalArgumentException if it does not fit a message */
        public Uninterpreted {
            if (code >>> 16 != 0 || data.length() > 0xffff) {
                throw new IllegalArgumentException("option " + code + " with " + data.length()
                        + " octets does not fit a message (allowed: codes 0-65535, up to 65535 octets)");
            }
        }

        @Override
        public void writeData(ByteBuf out) {
            data.write(out);
        }
    }

    /**
     * An option whose data are not as its definition says. Not equal to what it would be without the fault, and to be
     * ignored but for the log.
     *
     * @param code of the option
     * @param data as they came
     * @param fault naming field and fault
     */
    record Malformed(int code, Octets data, String fault) implements Dhcpv6Option {
        @Override
        public void writeData(ByteBuf out) {
            data.write(out);
        }
    }

    /** The first of that type. */
    static <T extends Dhcpv6Option> Optional<T> first(Class<T> type, List<Dhcpv6Option> options) {
        for (Dhcpv6Option option : options) {
            if (type.isInstance(option)) {
                return Optional.of(type.cast(option));
            }
        }
        return Optional.empty();
    }

    /**
     * Writes each option with code and length.
     *
     * @throws IllegalStateException if the data of one are longer than 65535 octets
     */
    static void writeAll(List<Dhcpv6Option> options, ByteBuf out) {
        for (Dhcpv6Option option : options) {
            int start = out.writerIndex();
            out.writeShort(option.code()).writeShort(0);
            option.writeData(out);
            int length = out.writerIndex() - start - 4;
            if (length > 0xffff) {
                throw new IllegalStateException(
                        "option " + option.code() + " of " + length + " octets is too long (allowed: up to 65535)");
            }
            out.setShort(start + 2, length);
        }
    }

    /** Reads options of which each must be as its definition says. */
    private static List<Dhcpv6Option> readWhole(ByteBuf in, int from, int to, int depth) throws DhcpException {
        if (depth > DEEPEST) {
            throw new DhcpException("DHCPv6 options: more than " + DEEPEST + " are one in another");
        }
        List<Dhcpv6Option> options = readAll(in, from, to, depth);
        for (Dhcpv6Option option : options) {
            if (option instanceof Malformed malformed) {
                throw new DhcpException(malformed.fault());
            }
        }
        return options;
    }

    /**
     * Reads the options between two indices.
     *
     * @throws DhcpException if one reaches beyond the end
     */
    static List<Dhcpv6Option> readAll(ByteBuf in, int from, int to) throws DhcpException {
        return readAll(in, from, to, 0);
    }

    private static List<Dhcpv6Option> readAll(ByteBuf in, int from, int to, int depth) throws DhcpException {
        List<Dhcpv6Option> options = new ArrayList<>();
        for (int at = from; at < to; ) {
            if (to - at < 4) {
                throw new DhcpException("DHCPv6 options: " + (to - at) + " octets are left, expected code and length");
            }
            int code = in.getUnsignedShort(at);
            int length = in.getUnsignedShort(at + 2);
            if (length > to - at - 4) {
                throw new DhcpException(
                        "DHCPv6 option " + code + ": length " + length + " but " + (to - at - 4) + " octets are left");
            }
            Dhcpv6Option option;
            try {
                option = read(code, in, at + 4, length, depth);
            } catch (DhcpException e) {
                option = new Malformed(code, Octets.read(in, at + 4, length), String.valueOf(e.getMessage()));
            }
            options.add(option);
            at += 4 + length;
        }
        return options;
    }

    private static Dhcpv6Option read(int code, ByteBuf in, int offset, int length, int depth) throws DhcpException {
        return switch (code) {
            case CLIENT_ID -> new ClientId(Octets.read(in, offset, length));
            case SERVER_ID -> new ServerId(Octets.read(in, offset, length));
            case OPTION_REQUEST -> new OptionRequest(readCodes("option request", in, offset, length));
            case RELAY_MESSAGE -> new RelayMessage(Octets.read(in, offset, length));
            case STATUS_CODE -> {
                if (length < 2) {
                    throw new DhcpException("status code: length " + length + " (expected 2 or more)");
                }
                yield new StatusCode(
                        in.getUnsignedShort(offset), in.toString(offset + 2, length - 2, StandardCharsets.UTF_8));
            }
            case INTERFACE_ID -> new InterfaceId(Octets.read(in, offset, length));
            case AFTR_NAME -> AftrName.read(in, offset, length);
            case CLIENT_LINK_LAYER_ADDRESS -> {
                if (length < 2) {
                    throw new DhcpException("client link-layer address: length " + length + " (expected 2 or more)");
                }
                yield new ClientLinkLayerAddress(in.getUnsignedShort(offset), Octets.read(in, offset + 2, length - 2));
            }
            case PCP_SERVERS -> new PcpServers(Addresses.readAll("PCP servers", in, offset, length));
            case DHCPV4 -> new Dhcpv4(Octets.read(in, offset, length));
            case DHCP_4O6_SERVERS -> new Dhcp4o6Servers(Addresses.readAll("DHCP 4o6 servers", in, offset, length));
            case S46_RULE -> S46Rule.read(in, offset, length, depth);
            case S46_BR -> {
                if (length != 16) {
                    throw new DhcpException("S46 BR: length " + length + " (expected 16)");
                }
                yield new S46Br(Addresses.read(in, offset));
            }
            case S46_DMR -> new S46Dmr(Addresses.readPrefix("S46 DMR", in, offset, length));
            case S46_V4V6_BINDING -> S46V4v6Binding.read(in, offset, length, depth);
            case S46_PORT_PARAMETERS -> {
                if (length != 4) {
                    throw new DhcpException("S46 port parameters: length " + length + " (expected 4)");
                }
                try {
                    yield new S46PortParameters(PortSet.ofPortParams(in.getInt(offset)));
                } catch (IllegalArgumentException e) {
                    throw new DhcpException("S46 port parameters: " + e.getMessage());
                }
            }
            case S46_CONTAINER_MAP_E, S46_CONTAINER_MAP_T, S46_CONTAINER_LW ->
                S46Container.read(code, in, offset, length, depth);
            case S46_PRIORITY -> new S46Priority(readCodes("S46 priority", in, offset, length));
            case S46_BINDING_PREFIX -> {
                Ipv6Prefix prefix = Addresses.readPrefix("S46 binding prefix", in, offset, length);
                if (Addresses.encodedLength(prefix.length()) != length) {
                    throw new DhcpException("S46 binding prefix: length " + length + " for a prefix of "
                            + prefix.length() + " bits (expected " + Addresses.encodedLength(prefix.length()) + ")");
                }
                yield new S46BindingPrefix(prefix);
            }
            default -> new Uninterpreted(code, Octets.read(in, offset, length));
        };
    }

    private static List<Integer> readCodes(String name, ByteBuf in, int offset, int length) throws DhcpException {
        if ((length & 1) != 0) {
            throw new DhcpException(name + ": length " + length + " (allowed: even ones)");
        }
        List<Integer> codes = new ArrayList<>(length >> 1);
        for (int at = offset; at < offset + length; at += 2) {
            codes.add(in.getUnsignedShort(at));
        }
        return codes;
    }
}
