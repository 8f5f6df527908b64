package io.portledger.packet;

/** The Ethernet header with or without an 802.1Q tag. */
public final class Ethernet {

    /** Octets of an untagged header. */
    public static final int HEADER = 14;

    /** Octets that an 802.1Q tag adds. */
    public static final int TAG = 4;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_VLAN = 0x8100;
    public static final int TYPE_IPV6 = 0x86dd;

    private Ethernet() {}

    /**
     * Finds the IP packet in a frame.
     *
     * @param vlan the VLAN identifier that the frame must have, 0 for none; a tag that has a priority but no VLAN
     *     (IEEE 802.1Q §6.9) is none
     * @param type the EtherType that it must have
     * @return octets before the packet, or -1 if this frame carries none of that kind
     */
    public static int headerLength(long frame, int length, int vlan, int type) {
        if (length < HEADER) {
            return -1;
        }
        boolean isTagged = Memory.getShort(frame + 12) == TYPE_VLAN;
        int header = isTagged ? HEADER + TAG : HEADER;
        if (length < header || (isTagged ? Memory.getShort(frame + 14) & 0xfff : 0) != vlan) {
            return -1;
        }
        return Memory.getShort(frame + header - 2) == type ? header : -1;
    }

    /**
     * Writes a header before a packet.
     *
     * @param packet where the packet begins
     * @return how many octets were written, all before {@code packet}
     */
    public static int prepend(long packet, MacAddress destination, MacAddress source, int vlan, int type) {
        int header = vlan == 0 ? HEADER : HEADER + TAG;
        long frame = packet - header;
        Memory.putShort(frame, (int) (destination.bits() >>> 32));
        Memory.putInt(frame + 2, (int) destination.bits());
        Memory.putShort(frame + 6, (int) (source.bits() >>> 32));
        Memory.putInt(frame + 8, (int) source.bits());
        if (vlan != 0) {
            Memory.putShort(frame + 12, TYPE_VLAN);
            Memory.putShort(frame + 14, vlan);
        }
        Memory.putShort(packet - 2, type);
        return header;
    }
}
