package io.portledger.radius;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.Ipv6Prefix;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;

/** Packets that FreeRADIUS 3.2.1 sent or took, and what they say. */
final class Vectors {

    static final SharedSecret SECRET = new SharedSecret("testing123".getBytes(UTF_8));
    static final RadiusCodec CODEC = new RadiusCodec(SECRET);

    static final byte[] ACCESS_REQUEST =
            hex("015d005dc349a3131e0647cf3e5cbfc2bc1378ce011330322d61612d62622d63632d64642d30"
                    + "310212761cfad609ebbf7a74748dcc2936fec25f1220010db8ffff00000000000000000001501218deb6b37508e975fef0ff147f"
                    + "e549f1");
    static final byte[] ACCESS_ACCEPT =
            hex("025d0095fd0fc03b4262dbc32b6be84a77cf6cdd6114004020010db80001000000000000000000"
                    + "007b14003820010db8000001000000000000000000f13e09033b061220010db8ffff0000000000000000000108130d06c0000201"
                    + "0e0b003820010db800000109140f0600000000100600000006110600008800f1090a1206000000039012616674722e6578616d70"
                    + "6c652e636f6d");
    static final byte[] ACCOUNTING_REQUEST =
            hex("047e00ef7cac578ca2f968928a1eda6910d57ee22806000000012c0d6c772d3030303030"
                    + "303031011330322d61612d62622d63632d64642d30315f1220010db8ffff000000000000000000010806c0000201a81220010db8"
                    + "000001000000c000020100227b14003820010db800000100000000000000000037066553f100f13e09033b061220010db8ffff00"
                    + "00000000000000000108130d06c00002010e0b003820010db800000109140f0600000000100600000006110600008800f1330601"
                    + "06000000010306c0000201051220010db8000001000000c000020100220806000000010906000088000a0600008bff");
    static final byte[] ACCOUNTING_RESPONSE = hex("057e00144df0092516ad8287597c454c5a445b72");

    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");
    static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    static final Ipv4Address IPV4 = Ipv4Address.parse("192.0.2.1");
    static final PortSet PORTS = new PortSet(0, 6, 34);
    static final Instant EVENT = Instant.ofEpochSecond(0x6553f100L);

    static final Softwire46Configuration CONFIGURATION =
            new Softwire46Configuration(List.of(BR), IPV4, Ipv6Prefix.parse("2001:db8:0:100::/56"), PORTS);
    static final Softwire46Priority PRIORITY = new Softwire46Priority(List.of(Softwire46Priority.LIGHTWEIGHT_4OVER6));
    static final IpPortRange PORT_RANGE = new IpPortRange(true, IPV4, B4, new PortRange(34816, 35839));

    static final String CONFIGURATION_VALUE =
            "033b061220010db8ffff0000000000000000000108130d06c00002010e0b003820010db8000001"
                    + "09140f0600000000100600000006110600008800";
    static final String PRIORITY_VALUE = "120600000003";

    private Vectors() {}

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    static RadiusPacket packet(RadiusAttribute... attributes) {
        return new RadiusPacket(RadiusPacket.ACCESS_ACCEPT, 1, List.of(attributes));
    }

    /** A packet whose 241.9 has this value. */
    static RadiusPacket configuration(String value) {
        return packet(RadiusAttribute.ofExtended(241, Softwire46Configuration.EXTENDED_TYPE, hex(value)));
    }
}
