package io.portledger.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A DHCPv4 message (RFC 2131 §2). Options that stand in the fields of file and server name are read with the others, and
 * parts of one option are put together (RFC 3396); what is written has all options in their own field.
 *
 * @param operation {@link #BOOT_REQUEST} or {@link #BOOT_REPLY}
 * @param hardwareType 0-255, 1 for Ethernet
 * @param hops 0-255
 * @param transactionId any 32 bits
 * @param secs since the client began, 0-65535
 * @param flags 16 bits; {@link #BROADCAST}
 * @param clientAddress ciaddr: the address that the client has and uses, else 0.0.0.0
 * @param yourAddress yiaddr: the address that the client gets
 * @param nextServer siaddr
 * @param relay giaddr
 * @param hardwareAddress chaddr, 0-16 octets
 * @param serverName up to 64 octets, without zeros at the end
 * @param file up to 128 octets, without zeros at the end
 * @param options at most one of each code
 */
public record Dhcpv4Message(
        int operation,
        int hardwareType,
        int hops,
        int transactionId,
        int secs,
        int flags,
        Ipv4Address clientAddress,
        Ipv4Address yourAddress,
        Ipv4Address nextServer,
        Ipv4Address relay,
        Octets hardwareAddress,
        Octets serverName,
        Octets file,
        List<Dhcpv4Option> options) {

    /** Operation from client to server. */
    public static final int BOOT_REQUEST = 1;
    /** Operation from server to client. */
    public static final int BOOT_REPLY = 2;
    /** Flag of a client that hears no unicast yet. */
    public static final int BROADCAST = 0x8000;
    /** 0.0.0.0: no address. */
    public static final Ipv4Address NO_ADDRESS = new Ipv4Address(0);

    private static final int COOKIE = 0x6382_5363;
    private static final int SNAME_AT = 44;
    private static final int SNAME_OCTETS = 64;
    private static final int FILE_AT = 108;
    private static final int FILE_OCTETS = 128;
    private static final int COOKIE_AT = 236;
    private static final int OPTIONS_AT = 240;
    private static final int PAD = 0;
    private static final int END = 255;
    private static final int LONGEST_PART = 255;

    /** @throws IllegalArgumentException if a value does not fit its field or two options have one code */
    public Dhcpv4Message {
        options = List.copyOf(options);
        if (operation >>> 8 != 0 || hardwareType >>> 8 != 0 || hops >>> 8 != 0) {
            throw new IllegalArgumentException("operation " + operation + ", hardware type " + hardwareType + ", hops "
                    + hops + " do not fit (allowed: 0-255 each)");
        }
        if (secs >>> 16 != 0 || flags >>> 16 != 0) {
            throw new IllegalArgumentException(
                    "secs " + secs + ", flags " + flags + " do not fit (allowed: 0-65535 each)");
        }
        if (hardwareAddress.length() > 16 || !fits(serverName, SNAME_OCTETS) || !fits(file, FILE_OCTETS)) {
            throw new IllegalArgumentException("hardware address " + hardwareAddress + ", server name " + serverName
                    + ", file " + file + " do not fit (allowed: 16, 64 and 128 octets, the names without zeros at"
                    + " their end)");
        }
        Set<Integer> codes = new HashSet<>();
        for (Dhcpv4Option option : options) {
            if (!codes.add(option.code())) {
                throw new IllegalArgumentException("option " + option.code() + " stands twice (allowed: once)");
            }
        }
    }

    private static boolean fits(Octets name, int octets) {
        return name.length() <= octets && (name.length() == 0 || name.at(name.length() - 1) != 0);
    }

    /** A message of a client whose addresses are all 0.0.0.0. */
    public static Dhcpv4Message request(
            int transactionId, int secs, int hardwareType, Octets hardwareAddress, List<Dhcpv4Option> options) {
        return new Dhcpv4Message(
                BOOT_REQUEST,
                hardwareType,
                0,
                transactionId,
                secs,
                0,
                NO_ADDRESS,
                NO_ADDRESS,
                NO_ADDRESS,
                NO_ADDRESS,
                hardwareAddress,
                Octets.NONE,
                Octets.NONE,
                options);
    }

    /** The answer to this message (RFC 2131 §4.3.1 table 3). */
    public Dhcpv4Message reply(Ipv4Address address, List<Dhcpv4Option> replyOptions) {
        return new Dhcpv4Message(
                BOOT_REPLY,
                hardwareType,
                0,
                transactionId,
                0,
                flags,
                NO_ADDRESS,
                address,
                NO_ADDRESS,
                relay,
                hardwareAddress,
                Octets.NONE,
                Octets.NONE,
                replyOptions);
    }

    /** The same from a client that has an address (ciaddr). */
    public Dhcpv4Message withClientAddress(Ipv4Address address) {
        return new Dhcpv4Message(
                operation,
                hardwareType,
                hops,
                transactionId,
                secs,
                flags,
                address,
                yourAddress,
                nextServer,
                relay,
                hardwareAddress,
                serverName,
                file,
                options);
    }

    /** The option of that type, if it is there and as its definition says. */
    public <T extends Dhcpv4Option> Optional<T> option(Class<T> type) {
        for (Dhcpv4Option option : options) {
            if (type.isInstance(option)) {
                return Optional.of(type.cast(option));
            }
        }
        return Optional.empty();
    }

    /** What the message is for, if it says so. */
    public Optional<MessageType> type() {
        return option(Dhcpv4Option.Type.class).map(Dhcpv4Option.Type::type);
    }

    /** Whether the parameter request list names that code. */
    public boolean asksFor(int code) {
        return option(Dhcpv4Option.ParameterRequest.class)
                .map(request -> request.codes().contains(code))
                .orElse(false);
    }

    /** Appends the message, which ends with the end option and is not padded. */
    public void encode(ByteBuf out) {
        out.writeByte(operation)
                .writeByte(hardwareType)
                .writeByte(hardwareAddress.length())
                .writeByte(hops)
                .writeInt(transactionId)
                .writeShort(secs)
                .writeShort(flags)
                .writeInt(clientAddress.bits())
                .writeInt(yourAddress.bits())
                .writeInt(nextServer.bits())
                .writeInt(relay.bits());
        writePadded(hardwareAddress, 16, out);
        writePadded(serverName, SNAME_OCTETS, out);
        writePadded(file, FILE_OCTETS, out);
        out.writeInt(COOKIE);
        ByteBuf data = Unpooled.buffer();
        for (Dhcpv4Option option : options) {
            data.clear();
            option.writeData(data);
            do {
                int part = Math.min(data.readableBytes(), LONGEST_PART);
                out.writeByte(option.code()).writeByte(part).writeBytes(data, part);
            } while (data.isReadable());
        }
        out.writeByte(END);
    }

    private static void writePadded(Octets octets, int length, ByteBuf out) {
        octets.write(out);
        out.writeZero(length - octets.length());
    }

    /**
     * Reads a message that is all that can be read from the buffer, whose indices stay. Messages of BOOTP, which have no
     * options, are refused.
     *
     * @throws DhcpException if it ends too soon or an option reaches beyond its field
     */
    public static Dhcpv4Message decode(ByteBuf in) throws DhcpException {
        int start = in.readerIndex();
        int length = in.readableBytes();
        if (length < OPTIONS_AT) {
            throw new DhcpException("DHCPv4 message: " + length + " octets (expected 240 or more)");
        }
        int cookie = in.getInt(start + COOKIE_AT);
        if (cookie != COOKIE) {
            throw new DhcpException("DHCPv4 magic cookie: " + Integer.toHexString(cookie) + ", expected 63825363");
        }
        int hardwareLength = in.getUnsignedByte(start + 2);
        if (hardwareLength > 16) {
            throw new DhcpException("DHCPv4 hardware address length: " + hardwareLength + " (allowed: 0-16)");
        }
        Map<Integer, ByteBuf> parts = new LinkedHashMap<>();
        collect(in, start + OPTIONS_AT, in.writerIndex(), parts);
        int overload = 0;
        ByteBuf overloads = parts.get(Dhcpv4Option.OVERLOAD);
        if (overloads != null) {
            overload = overloads.readableBytes() == 1 ? overloads.getByte(0) : 0;
            if (overload < 1 || overload > 3) {
                throw new DhcpException("DHCPv4 option overload: " + overload + " (allowed: 1-3)");
            }
            if ((overload & 1) != 0) {
                collect(in, start + FILE_AT, start + FILE_AT + FILE_OCTETS, parts);
            }
            if ((overload & 2) != 0) {
                collect(in, start + SNAME_AT, start + SNAME_AT + SNAME_OCTETS, parts);
            }
            parts.remove(Dhcpv4Option.OVERLOAD);
        }
        List<Dhcpv4Option> options = new ArrayList<>(parts.size());
        parts.forEach((code, data) -> options.add(Dhcpv4Option.read(code, Octets.of(data))));
        return new Dhcpv4Message(
                in.getUnsignedByte(start),
                in.getUnsignedByte(start + 1),
                in.getUnsignedByte(start + 3),
                in.getInt(start + 4),
                in.getUnsignedShort(start + 8),
                in.getUnsignedShort(start + 10),
                Addresses.readIpv4(in, start + 12),
                Addresses.readIpv4(in, start + 16),
                Addresses.readIpv4(in, start + 20),
                Addresses.readIpv4(in, start + 24),
                Octets.read(in, start + 28, hardwareLength),
                (overload & 2) != 0 ? Octets.NONE : trimmed(in, start + SNAME_AT, SNAME_OCTETS),
                (overload & 1) != 0 ? Octets.NONE : trimmed(in, start + FILE_AT, FILE_OCTETS),
                options);
    }

    /** Adds what the options of one field say, to what is known of each code (RFC 3396 §5). */
    private static void collect(ByteBuf in, int from, int to, Map<Integer, ByteBuf> parts) throws DhcpException {
        for (int at = from; at < to; ) {
            int code = in.getUnsignedByte(at++);
            if (code == PAD) {
                continue;
            }
            if (code == END) {
                return;
            }
            int left = to - at - 1;
            int length = left < 0 ? 0 : in.getUnsignedByte(at);
            if (left < length) {
                throw new DhcpException("DHCPv4 option " + code + ": length " + length + " but " + Math.max(left, 0)
                        + " octets are left");
            }
            parts.computeIfAbsent(code, _ -> Unpooled.buffer(length)).writeBytes(in, at + 1, length);
            at += 1 + length;
        }
    }

    private static Octets trimmed(ByteBuf in, int offset, int length) {
        int end = length;
        while (end > 0 && in.getByte(offset + end - 1) == 0) {
            end--;
        }
        return Octets.read(in, offset, end);
    }
}
