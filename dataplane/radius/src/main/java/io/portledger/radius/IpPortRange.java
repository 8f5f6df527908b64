package io.portledger.radius;

import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import java.util.Optional;

/**
 * Attribute 241.6: ports of a public address that a subscriber got or gave back, of all protocols (RFC 8045 §3.1.2).
 * A packet has one for each range.
 *
 * @param isAllocated whether the ports were allocated, else deallocated
 * @param ipv4 IP-Port-Ext-IPv4-Addr, the public address
 * @param b4 IP-Port-Int-IPv6-Addr, the lwB4's softwire address
 * @param range IP-Port-Range-Start and IP-Port-Range-End
 */
public record IpPortRange(boolean isAllocated, Ipv4Address ipv4, Ipv6Address b4, PortRange range) {

    /** The second number of 241.6. */
    public static final int EXTENDED_TYPE = 6;

    private static final String NAME = "IP-Port-Range";
    private static final int EXT_IPV4_ADDR = 3;
    private static final int INT_IPV6_ADDR = 5;
    private static final int ALLOC = 8;
    private static final int RANGE_START = 9;
    private static final int RANGE_END = 10;
    private static final int ALLOCATION = 1;
    private static final int DEALLOCATION = 2;

    /**
     * Reads one.
     *
     * @return empty if the attribute is another one
     * @throws RadiusException if it does not have all of the parts above
     */
    public static Optional<IpPortRange> of(RadiusAttribute attribute) throws RadiusException {
        if (!attribute.is(RadiusAttribute.EXTENDED_1, EXTENDED_TYPE)) {
            return Optional.empty();
        }
        Tlvs tlvs = Tlvs.read(NAME, attribute.octets());
        int alloc = tlvs.integer(ALLOC, "IP-Port-Alloc");
        if (alloc != ALLOCATION && alloc != DEALLOCATION) {
            throw RadiusException.malformed(NAME + ": IP-Port-Alloc is neither 1 nor 2");
        }
        byte[] ipv4 = tlvs.atMostOne(EXT_IPV4_ADDR)
                .orElseThrow(() -> RadiusException.malformed(NAME + ": IP-Port-Ext-IPv4-Addr is missing"));
        byte[] b4 = tlvs.atMostOne(INT_IPV6_ADDR)
                .orElseThrow(() -> RadiusException.malformed(NAME + ": IP-Port-Int-IPv6-Addr is missing"));
        try {
            return Optional.of(new IpPortRange(
                    alloc == ALLOCATION,
                    tlvs.ipv4(ipv4, "IP-Port-Ext-IPv4-Addr"),
                    tlvs.ipv6(b4, "IP-Port-Int-IPv6-Addr"),
                    new PortRange(
                            tlvs.integer(RANGE_START, "IP-Port-Range-Start"),
                            tlvs.integer(RANGE_END, "IP-Port-Range-End"))));
        } catch (IllegalArgumentException e) {
            throw RadiusException.malformed(NAME + ": " + e.getMessage());
        }
    }

    /** The attribute, with its TLVs in the order of their numbers. */
    public RadiusAttribute toAttribute() {
        return RadiusAttribute.ofExtended(
                RadiusAttribute.EXTENDED_1,
                EXTENDED_TYPE,
                new Tlvs.Writer()
                        .add(EXT_IPV4_ADDR, ipv4.toBytes())
                        .add(INT_IPV6_ADDR, b4.toBytes())
                        .add(ALLOC, isAllocated ? ALLOCATION : DEALLOCATION)
                        .add(RANGE_START, range.first())
                        .add(RANGE_END, range.last())
                        .octets());
    }
}
