package io.portledger.packet;

/** What stands before the IP packets of one link: takes it off, puts it on. */
public final class Framing {

    private static final int NULL_HEADER = 4;
    private static final int SLL_HEADER = 16;
    private static final int SLL2_HEADER = 20;
    private static final int FAMILY_IPV4 = 2;
    /** The number of macOS, which dissectors know; other systems write 10, 24 or 28. */
    private static final int FAMILY_IPV6 = 30;

    private final LinkType linkType;
    private final boolean isIpv6;
    private final MacAddress own;
    private final MacAddress nextHop;
    private final int vlan;

    /**
     * The framing of a link that carries one IP version.
     *
     * @param own source of frames sent; for Ethernet
     * @param nextHop destination of frames sent; for Ethernet
     * @param vlan 802.1Q VLAN identifier of all frames, 0 for none; for Ethernet
     */
    public Framing(LinkType linkType, boolean isIpv6, MacAddress own, MacAddress nextHop, int vlan) {
        this.linkType = linkType;
        this.isIpv6 = isIpv6;
        this.own = own;
        this.nextHop = nextHop;
        this.vlan = vlan;
    }

    /**
     * Finds the IP packet in a frame.
     *
     * @return octets before the packet, or -1 if this frame carries none of this link's IP version and VLAN
     */
    public int headerLength(long frame, int length) {
        return switch (linkType) {
            case RAW, IPV4, IPV6 -> 0;
            case ETHERNET -> Ethernet.headerLength(frame, length, vlan, etherType());
            case NULL, LOOP -> length >= NULL_HEADER && isFamily(Memory.getInt(frame)) ? NULL_HEADER : -1;
            case LINUX_SLL ->
                length >= SLL_HEADER && Memory.getShort(frame + SLL_HEADER - 2) == etherType() ? SLL_HEADER : -1;
            case LINUX_SLL2 -> length >= SLL2_HEADER && Memory.getShort(frame) == etherType() ? SLL2_HEADER : -1;
        };
    }

    /**
     * Writes a header before a packet, which needs room for {@value Ethernet#HEADER} and {@value Ethernet#TAG} octets.
     *
     * @return how many octets it has
     * @throws IllegalStateException if there is no such link, only captures that look like it
     */
    public int prepend(long packet) {
        return switch (linkType) {
            case RAW, IPV4, IPV6 -> 0;
            case ETHERNET -> Ethernet.prepend(packet, nextHop, own, vlan, etherType());
            case NULL -> {
                Memory.putInt(packet - NULL_HEADER, Integer.reverseBytes(isIpv6 ? FAMILY_IPV6 : FAMILY_IPV4));
                yield NULL_HEADER;
            }
            case LOOP, LINUX_SLL, LINUX_SLL2 ->
                throw new IllegalStateException("packets are not written as " + linkType);
        };
    }

    private int etherType() {
        return isIpv6 ? Ethernet.TYPE_IPV6 : Ethernet.TYPE_IPV4;
    }

    /** Families are small numbers, written in the byte order of whichever machine captured. */
    private boolean isFamily(int field) {
        int family = (field & 0xffff) == 0 ? Integer.reverseBytes(field) : field;
        return switch (family) {
            case FAMILY_IPV4 -> !isIpv6;
            case FAMILY_IPV6, 10, 24, 28 -> isIpv6;
            default -> false;
        };
    }
}
