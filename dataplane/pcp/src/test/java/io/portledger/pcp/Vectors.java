package io.portledger.pcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.util.List;
import java.util.Set;

/** The messages every test speaks of. */
final class Vectors {

    static final Ipv6Address CLIENT = Ipv6Address.parse("2001:db8:0:100::1");
    static final Nonce NONCE = new Nonce(0xa1b2c3d4e5f60718L, 0x293a4b5c);
    static final long EPOCH = 12345;
    static final Ipv6Address ANY_IPV4 = Ipv6Address.mapped(new Ipv4Address(0));
    static final Ipv6Address EXTERNAL = Ipv6Address.mapped(Ipv4Address.parse("192.0.2.1"));
    static final Set<Integer> ALL_OPTIONS =
            Set.of(PcpOption.THIRD_PARTY, PcpOption.PREFER_FAILURE, PcpOption.FILTER, PcpOption.PORT_SET);
    static final PcpRequestDecoder DECODER =
            new PcpRequestDecoder(Set.of(PcpOperation.ANNOUNCE, PcpOperation.MAP, PcpOperation.PEER));

    static final String MAP_PORT_SET_REQUEST =
            "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000ffff0000000082000005ffff000100000000";
    static final String MAP_ERROR_USER_EX_QUOTA =
            "0281000a0000001e00003039000000000000000000000000a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000ffff0000000082000005ffff000100000000";

    record RequestVector(String name, String hex, PcpRequest request) {
        @Override
        public String toString() {
            return name;
        }
    }

    record ResponseVector(String name, String hex, PcpResponse response) {
        @Override
        public String toString() {
            return name;
        }
    }

    static final List<RequestVector> REQUESTS = List.of(
            new RequestVector(
                    "ANNOUNCE",
                    "020000000000000020010db8000001000000000000000001",
                    new PcpRequest(0, CLIENT, new PcpOperation.Announce(), List.of())),
            new RequestVector(
                    "MAP for a port set",
                    MAP_PORT_SET_REQUEST,
                    new PcpRequest(
                            7200,
                            CLIENT,
                            new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                            List.of(new PcpOption.PortSet(65535, 1, false)))),
            new RequestVector(
                    "MAP that renews a port set",
                    "0201000000001c2020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000ffffc000020182000005ffff000100000000",
                    new PcpRequest(
                            7200,
                            CLIENT,
                            new PcpOperation.Map(NONCE, 0, 1, 34816, EXTERNAL),
                            List.of(new PcpOption.PortSet(65535, 1, false)))),
            new RequestVector(
                    "MAP that deletes a port set",
                    "020100000000000020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c000000000001000000000000000000000000ffff0000000082000005ffff000100000000",
                    new PcpRequest(
                            0,
                            CLIENT,
                            new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                            List.of(new PcpOption.PortSet(65535, 1, false)))),
            new RequestVector(
                    "MAP of one port for a third party",
                    "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c1100000013c488b800000000000000000000ffffc00002010100001000000000000000000000ffffc0a8010a02000000",
                    new PcpRequest(
                            3600,
                            CLIENT,
                            new PcpOperation.Map(NONCE, 17, 5060, 35000, EXTERNAL),
                            List.of(
                                    new PcpOption.ThirdParty(Ipv6Address.mapped(Ipv4Address.parse("192.168.1.10"))),
                                    new PcpOption.PreferFailure()))),
            new RequestVector(
                    "MAP with a filter",
                    "0201000000000e1020010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c060000001f90000000000000000000000000ffff00000000030000140078000000000000000000000000ffffc6336400",
                    new PcpRequest(
                            3600,
                            CLIENT,
                            new PcpOperation.Map(NONCE, 6, 8080, 0, ANY_IPV4),
                            List.of(new PcpOption.Filter(
                                    120, 0, Ipv6Address.mapped(Ipv4Address.parse("198.51.100.0")))))),
            new RequestVector(
                    "PEER",
                    "020200000000025820010db8000001000000000000000001a1b2c3d4e5f60718293a4b5c060000009c40000000000000000000000000ffff0000000001bb000000000000000000000000ffffcb007107",
                    new PcpRequest(
                            600,
                            CLIENT,
                            new PcpOperation.Peer(
                                    new PcpOperation.Map(NONCE, 6, 40000, 0, ANY_IPV4),
                                    443,
                                    Ipv6Address.mapped(Ipv4Address.parse("203.0.113.7"))),
                            List.of())));

    static final List<ResponseVector> RESPONSES = List.of(
            new ResponseVector(
                    "ANNOUNCE",
                    "028000000000000000003039000000000000000000000000",
                    PcpResponse.success(new PcpOperation.Announce(), 0, EPOCH, List.of())),
            new ResponseVector(
                    "MAP of a port set",
                    "0281000000000e1000003039000000000000000000000000a1b2c3d4e5f60718293a4b5c000000000001880000000000000000000000ffffc0000201820000050400880000000000",
                    PcpResponse.success(
                            new PcpOperation.Map(NONCE, 0, 1, 34816, EXTERNAL),
                            3600,
                            EPOCH,
                            List.of(new PcpOption.PortSet(1024, 34816, false)))),
            new ResponseVector(
                    "PEER",
                    "028200000000025800003039000000000000000000000000a1b2c3d4e5f60718293a4b5c060000009c40880400000000000000000000ffffc000020101bb000000000000000000000000ffffcb007107",
                    PcpResponse.success(
                            new PcpOperation.Peer(
                                    new PcpOperation.Map(NONCE, 6, 40000, 34820, EXTERNAL),
                                    443,
                                    Ipv6Address.mapped(Ipv4Address.parse("203.0.113.7"))),
                            600,
                            EPOCH,
                            List.of())),
            new ResponseVector(
                    "MAP error USER_EX_QUOTA",
                    MAP_ERROR_USER_EX_QUOTA,
                    new PcpResponse(
                            2,
                            1,
                            ResultCode.USER_EX_QUOTA.code(),
                            30,
                            EPOCH,
                            new PcpOperation.Map(NONCE, 0, 1, 0, ANY_IPV4),
                            List.of(new PcpOption.PortSet(65535, 1, false)))));

    private Vectors() {}

    static ByteBuf octets(String hex) {
        return Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex));
    }

    static ByteBuf encoded(PcpRequest request) {
        ByteBuf out = Unpooled.buffer();
        request.encode(out);
        return out;
    }

    static ByteBuf encoded(PcpResponse response) {
        ByteBuf out = Unpooled.buffer();
        response.encode(out);
        return out;
    }
}
