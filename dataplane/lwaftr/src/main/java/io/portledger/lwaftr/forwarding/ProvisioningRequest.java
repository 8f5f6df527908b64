package io.portledger.lwaftr.forwarding;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.packet.Memory;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;

/**
 * A datagram to the lwAFTR itself that came among the packets, in plain IPv6 or inside a softwire, with the way back. Any
 * thread.
 */
public final class ProvisioningRequest {

    /** How it came, and how the answer goes. */
    enum Way {
        /** In plain IPv6. */
        PLAIN,
        /** In IPv4 inside the softwire. */
        IPV4_IN_SOFTWIRE,
        /** In IPv6 inside IPv6, with the same addresses in both headers. */
        IPV6_IN_IPV6
    }

    private final ProvisioningDesk desk;
    private final Way way;
    private final Ipv6Address b4;
    private final Ipv6Address br;
    private final Ipv4Address innerSource;
    private final Ipv4Address innerDestination;
    private final int sourcePort;
    private final int port;
    private final byte[] payload;

    ProvisioningRequest(
            ProvisioningDesk desk,
            Way way,
            Ipv6Address b4,
            Ipv6Address br,
            Ipv4Address innerSource,
            Ipv4Address innerDestination,
            int sourcePort,
            int port,
            byte[] payload) {
        this.desk = desk;
        this.way = way;
        this.b4 = b4;
        this.br = br;
        this.innerSource = innerSource;
        this.innerDestination = innerDestination;
        this.sourcePort = sourcePort;
        this.port = port;
        this.payload = payload;
    }

    static ProvisioningRequest plain(
            ProvisioningDesk desk, Ipv6Address b4, Ipv6Address br, int sourcePort, int port, byte[] payload) {
        Ipv4Address none = new Ipv4Address(0);
        return new ProvisioningRequest(desk, Way.PLAIN, b4, br, none, none, sourcePort, port, payload);
    }

    /** The lwB4: the source of the packet as it came. */
    public Ipv6Address b4() {
        return b4;
    }

    /** The BR address that it was sent to. */
    public Ipv6Address br() {
        return br;
    }

    /** The source of the datagram: the lwB4, or inside a softwire the IPv4 source in its mapped form. */
    public Ipv6Address source() {
        return way == Way.IPV4_IN_SOFTWIRE ? Ipv6Address.mapped(innerSource) : b4;
    }

    /** The UDP port that it came from. */
    public int sourcePort() {
        return sourcePort;
    }

    /** The UDP port that it was sent to: which service is asked. */
    public int port() {
        return port;
    }

    /** The datagram. */
    public ByteBuf payload() {
        return Unpooled.wrappedBuffer(payload).asReadOnly();
    }

    /**
     * Sends the answer by the way that the request came.
     *
     * @param answer its readable octets; it is released
     * @return false if too many answers wait to be sent, so that this one is lost
     */
    public boolean reply(ByteBuf answer) {
        try {
            return desk.reply(new Reply(this, ByteBufUtil.getBytes(answer)));
        } finally {
            answer.release();
        }
    }

    /** An answer on its way to the worker that sends it. */
    static final class Reply {
        private final ProvisioningRequest request;
        private final byte[] payload;

        private Reply(ProvisioningRequest request, byte[] payload) {
            this.request = request;
            this.payload = payload;
        }

        Way way() {
            return request.way;
        }

        Ipv6Address b4() {
            return request.b4;
        }

        Ipv6Address br() {
            return request.br;
        }

        /** The inner source of the answer, which is the inner destination of the request. */
        int innerSource() {
            return request.innerDestination.bits();
        }

        int innerDestination() {
            return request.innerSource.bits();
        }

        int sourcePort() {
            return request.port;
        }

        int destinationPort() {
            return request.sourcePort;
        }

        int length() {
            return payload.length;
        }

        void writePayloadTo(long address) {
            Memory.copy(payload, 0, address, payload.length);
        }
    }
}
