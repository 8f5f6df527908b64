package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv6Address;

/** What a message asks for or answers: the opcode and its data. */
public sealed interface PcpOperation {

    /** Opcode of {@link Announce}. */
    int ANNOUNCE = 0;
    /** Opcode of {@link Map}. */
    int MAP = 1;
    /** Opcode of {@link Peer}. */
    int PEER = 2;

    /** The opcode, 0-127. */
    int opcode();

    /** Octets of the opcode's data. */
    int length();

    /** Writes the opcode's data. */
    void write(ByteBuf out);

    /** How the server is, and by its epoch whether it lost its state (RFC 6887 §14.1). */
    record Announce() implements PcpOperation {
        @Override
        public int opcode() {
            return ANNOUNCE;
        }

        @Override
        public int length() {
            return 0;
        }

        @Override
        public void write(ByteBuf out) {}
    }

    /**
     * An explicit mapping (RFC 6887 §11.1).
     *
     * @param nonce who knows it owns the mapping
     * @param protocol transport protocol number, 0 for all
     * @param internalPort 0 for all
     * @param externalPort suggested in a request, assigned in a response; 0 for none
     * @param externalAddress suggested in a request, assigned in a response; {@code ::ffff:0.0.0.0} for any IPv4
     */
    record Map(Nonce nonce, int protocol, int internalPort, int externalPort, Ipv6Address externalAddress)
            implements PcpOperation {
        static final int LENGTH = 36;

        @Override
        public int opcode() {
            return MAP;
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void write(ByteBuf out) {
            nonce.write(out);
            out.writeByte(protocol).writeZero(3).writeShort(internalPort).writeShort(externalPort);
            Addresses.write(externalAddress, out);
        }
    }

    /**
     * An implicit mapping towards one remote peer (RFC 6887 §12.1).
     *
     * @param mapping as in MAP
     * @param remotePort the peer's port
     * @param remoteAddress the peer
     */
    record Peer(Map mapping, int remotePort, Ipv6Address remoteAddress) implements PcpOperation {
        static final int LENGTH = Map.LENGTH + 20;

        @Override
        public int opcode() {
            return PEER;
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void write(ByteBuf out) {
            mapping.write(out);
            out.writeShort(remotePort).writeZero(2);
            Addresses.write(remoteAddress, out);
        }
    }

    /** Octets that the data of {@code opcode} take, or -1 if this package does not know the opcode. */
    static int lengthOf(int opcode) {
        return switch (opcode) {
            case ANNOUNCE -> 0;
            case MAP -> Map.LENGTH;
            case PEER -> Peer.LENGTH;
            default -> -1;
        };
    }

    /** Reads the data of a known opcode; the caller has seen to it that they are there. */
    static PcpOperation read(int opcode, ByteBuf in, int offset) {
        return switch (opcode) {
            case ANNOUNCE -> new Announce();
            case MAP -> readMap(in, offset);
            case PEER ->
                new Peer(
                        readMap(in, offset),
                        in.getUnsignedShort(offset + Map.LENGTH),
                        Addresses.read(in, offset + Map.LENGTH + 4));
            default -> throw new IllegalArgumentException("opcode " + opcode);
        };
    }

    private static Map readMap(ByteBuf in, int offset) {
        return new Map(
                Nonce.read(in, offset),
                in.getUnsignedByte(offset + 12),
                in.getUnsignedShort(offset + 16),
                in.getUnsignedShort(offset + 18),
                Addresses.read(in, offset + 20));
    }
}
