package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv6Address;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** An option of a PCP message (RFC 6887 §7.3). */
public sealed interface PcpOption {

    /** Code of {@link ThirdParty}. */
    int THIRD_PARTY = 1;
    /** Code of {@link PreferFailure}. */
    int PREFER_FAILURE = 2;
    /** Code of {@link Filter}. */
    int FILTER = 3;
    /** Code of {@link PortSet}. */
    int PORT_SET = 130;

    /** The option code, 0-255. */
    int code();

    /** Octets of the option's data, without the padding. */
    int length();

    /** Writes the data, without the padding. */
    void writeData(ByteBuf out);

    /** Whether a server that does not know the option must refuse the request: codes below 128. */
    default boolean isMandatory() {
        return (code() & 0x80) == 0;
    }

    /**
     * The request is for another host than its sender (RFC 6887 §13.1).
     *
     * @param internalAddress that host
     */
    record ThirdParty(Ipv6Address internalAddress) implements PcpOption {
        @Override
        public int code() {
            return THIRD_PARTY;
        }

        @Override
        public int length() {
            return 16;
        }

        @Override
        public void writeData(ByteBuf out) {
            Addresses.write(internalAddress, out);
        }
    }

    /** Only the suggested external address and port will do (RFC 6887 §13.2). */
    record PreferFailure() implements PcpOption {
        @Override
        public int code() {
            return PREFER_FAILURE;
        }

        @Override
        public int length() {
            return 0;
        }

        @Override
        public void writeData(ByteBuf out) {}
    }

    /**
     * Remote peers that may use the mapping (RFC 6887 §13.3).
     *
     * @param prefixLength 0-128 of the 128-bit address, so 96 more than an IPv4 prefix length; 0 removes all filters
     * @param remotePort 0 for any
     * @param remoteAddress the peers' prefix
     */
    record Filter(int prefixLength, int remotePort, Ipv6Address remoteAddress) implements PcpOption {
        @Override
        public int code() {
            return FILTER;
        }

        @Override
        public int length() {
            return 20;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeByte(0).writeByte(prefixLength).writeShort(remotePort);
            Addresses.write(remoteAddress, out);
        }
    }

    /**
     * A set of consecutive ports (RFC 7753 §4.1).
     *
     * @param size number of ports, 1-65535; 65535 in a request means as many as possible
     * @param firstInternalPort in a request the MAP internal port; in a response the first port of the set
     * @param parity whether external and internal ports shall have, or have, the same parity
     */
    record PortSet(int size, int firstInternalPort, boolean parity) implements PcpOption {
        /** The size that asks for as many ports as possible. */
        public static final int AS_MANY_AS_POSSIBLE = 0xffff;

        @Override
        public int code() {
            return PORT_SET;
        }

        @Override
        public int length() {
            return 5;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeShort(size).writeShort(firstInternalPort).writeByte(parity ? 1 : 0);
        }
    }

    /** An option that this package does not interpret, kept as it came. */
    final class Unrecognised implements PcpOption {
        private final int code;
        private final byte[] data;

        /** @throws IllegalArgumentException if the code is not 0-255 or the data longer than a PCP message */
        public Unrecognised(int code, byte[] data) {
            if (code >>> 8 != 0 || data.length > PcpRequest.MAX_OCTETS) {
                throw new IllegalArgumentException("option " + code + " with " + data.length
                        + " octets does not fit a PCP message (allowed: code 0-255, at most " + PcpRequest.MAX_OCTETS
                        + " octets)");
            }
            this.code = code;
            this.data = data.clone();
        }

        @Override
        public int code() {
            return code;
        }

        @Override
        public int length() {
            return data.length;
        }

        @Override
        public void writeData(ByteBuf out) {
            out.writeBytes(data);
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Unrecognised other && code == other.code && Arrays.equals(data, other.data);
        }

        @Override
        public int hashCode() {
            return 31 * code + Arrays.hashCode(data);
        }

        @Override
        public String toString() {
            return "option " + code + " " + HexFormat.of().formatHex(data);
        }
    }

    /** Writes each option with header and padding. */
    static void writeAll(List<PcpOption> options, ByteBuf out) {
        for (PcpOption option : options) {
            out.writeByte(option.code()).writeByte(0).writeShort(option.length());
            option.writeData(out);
            out.writeZero(-option.length() & 3);
        }
    }

    /** Octets of the options with headers and padding. */
    static int encodedLength(List<PcpOption> options) {
        int octets = 0;
        for (PcpOption option : options) {
            octets += 4 + (option.length() + 3 & ~3);
        }
        return octets;
    }

    /**
     * Reads the option whose header stands at {@code offset}; the caller has seen to it that {@code length} octets of
     * data follow the header.
     *
     * @throws PcpException if its data are not as the definition of a known option says
     */
    static PcpOption read(ByteBuf in, int offset, int code, int length) throws PcpException {
        int data = offset + 4;
        return switch (code) {
            case THIRD_PARTY -> {
                requireLength("THIRD_PARTY", 16, length);
                yield new ThirdParty(Addresses.read(in, data));
            }
            case PREFER_FAILURE -> {
                requireLength("PREFER_FAILURE", 0, length);
                yield new PreferFailure();
            }
            case FILTER -> {
                requireLength("FILTER", 20, length);
                int prefixLength = in.getUnsignedByte(data + 1);
                Ipv6Address address = Addresses.read(in, data + 4);
                if (prefixLength > 128 || (address.isMapped() && prefixLength > 0 && prefixLength < 96)) {
                    throw new PcpException("FILTER: prefix length " + prefixLength + " of " + address
                            + " (allowed: 0, 1-128, from 96 for IPv4)");
                }
                yield new Filter(prefixLength, in.getUnsignedShort(data + 2), address);
            }
            case PORT_SET -> {
                requireLength("PORT_SET", 5, length);
                yield new PortSet(
                        in.getUnsignedShort(data),
                        in.getUnsignedShort(data + 2),
                        (in.getUnsignedByte(data + 4) & 1) != 0);
            }
            default -> {
                byte[] octets = new byte[length];
                in.getBytes(data, octets);
                yield new Unrecognised(code, octets);
            }
        };
    }

    private static void requireLength(String name, int expected, int actual) throws PcpException {
        if (actual != expected) {
            throw new PcpException(name + ": option length " + actual + ", expected " + expected);
        }
    }
}
