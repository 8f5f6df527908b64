package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.portledger.softwire.Ipv6Address;

final class Addresses {

    private Addresses() {}

    static Ipv6Address read(ByteBuf in, int offset) {
        return new Ipv6Address(in.getLong(offset), in.getLong(offset + 8));
    }

    static void write(Ipv6Address address, ByteBuf out) {
        out.writeLong(address.high()).writeLong(address.low());
    }
}
