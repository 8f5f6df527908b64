package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import java.util.Optional;

/**
 * A PCP request (RFC 6887 §7.1).
 *
 * @param lifetimeSeconds requested lifetime, 0 to 2^32 - 1; 0 deletes
 * @param clientAddress the source address of the packet that carries the request
 * @param operation what is asked for
 * @param options in the order of the message, those that this package does not know included
 */
public record PcpRequest(
        long lifetimeSeconds, Ipv6Address clientAddress, PcpOperation operation, List<PcpOption> options) {

    /** The protocol version spoken here. */
    public static final int VERSION = 2;
    /** The port a server listens on. */
    public static final int SERVER_PORT = 5351;
    /** The longest PCP message (RFC 6887 §7). */
    public static final int MAX_OCTETS = 1100;

    static final int HEADER_OCTETS = 24;

    /** @throws IllegalArgumentException if the lifetime is out of its range */
    public PcpRequest {
        if (lifetimeSeconds < 0 || lifetimeSeconds > 0xffff_ffffL) {
            throw new IllegalArgumentException(
                    "lifetime " + lifetimeSeconds + " s is out of range (allowed: 0-4294967295)");
        }
        options = List.copyOf(options);
    }

    /** The first option of that type. */
    public <T extends PcpOption> Optional<T> option(Class<T> type) {
        return options.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    /** Octets that {@link #encode} writes. */
    public int encodedLength() {
        return HEADER_OCTETS + operation.length() + PcpOption.encodedLength(options);
    }

    /**
     * Appends the message.
     *
     * @throws IllegalStateException if it would be longer than {@link #MAX_OCTETS}
     */
    public void encode(ByteBuf out) {
        if (encodedLength() > MAX_OCTETS) {
            throw new IllegalStateException("a PCP request of " + encodedLength()
                    + " octets is too long (allowed: at most " + MAX_OCTETS + "); leave options out");
        }
        out.writeByte(VERSION).writeByte(operation.opcode()).writeShort(0).writeInt((int) lifetimeSeconds);
        Addresses.write(clientAddress, out);
        operation.write(out);
        PcpOption.writeAll(options, out);
    }
}
