package io.portledger.packet;

/**
 * One frame that stands for many: TCP or UDP segments of a flow that the kernel merged on arrival (GRO), or has not cut
 * yet because it counts on the network card to do it (TSO, USO). It is cut here into the frames that would have been on
 * the wire.
 *
 * <p>The headers before the transport header may be any chain of IPv4 and IPv6, so that packets inside a softwire, which
 * the kernel merges too, are cut by their inner segments.
 */
final class SegmentTrain {

    private static final int MAX_IP_HEADERS = 4;
    private static final int LONGEST = Ethernet.HEADER + 2 * Ethernet.TAG + Ipv6.HEADER + Ipv4.MAX_LENGTH;
    private static final int TYPE_SERVICE_VLAN = 0x88a8;

    private static final int TCP_MIN_HEADER = 20;
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_FIN_AND_PSH = 0x09;
    private static final int TCP_CWR = 0x80;
    private static final int UDP_HEADER = 8;
    private static final int UDP_LENGTH = 4;

    /** Where each IP header begins. */
    private final int[] ipHeaders = new int[MAX_IP_HEADERS];

    private int ipHeaderCount;
    private long frame;
    private int length;
    private int transport;
    private int checksum;
    private int headerLength;
    private int segmentPayload;
    private boolean isTcp;
    private int nextOffset;
    private int nextIndex;

    /**
     * Takes a frame, whose memory must stay until it is cut.
     *
     * @param transport octets before the TCP or UDP header
     * @param checksum octets before its checksum field, which holds the sum of the pseudo header only
     * @param segmentPayload octets of payload of each segment, but the last
     * @return whether it can be cut
     */
    boolean begin(long frame, int length, int transport, int checksum, int segmentPayload, boolean isTcp) {
        this.frame = frame;
        this.length = length;
        this.transport = transport;
        this.checksum = checksum;
        this.segmentPayload = segmentPayload;
        this.isTcp = isTcp;
        this.nextIndex = 0;
        boolean isWhole = length <= LONGEST
                && segmentPayload > 0
                && transport + (isTcp ? TCP_MIN_HEADER : UDP_HEADER) <= length
                && checksum + 2 <= length
                && findIpHeaders();
        if (isWhole) {
            headerLength =
                    transport + (isTcp ? Memory.getByte(frame + transport + TCP_DATA_OFFSET) >>> 4 << 2 : UDP_HEADER);
        }
        this.nextOffset = headerLength;
        boolean isTrain = isWhole && headerLength < length;
        if (!isTrain) {
            this.nextOffset = length;
        }
        return isTrain;
    }

    /** Whether there is a segment that was not written yet. */
    boolean hasNext() {
        return nextOffset < length;
    }

    /** Octets of the frame that {@link #writeNext} writes. */
    int nextLength() {
        return headerLength + Math.min(segmentPayload, length - nextOffset);
    }

    /** Leaves the next segment out. */
    void skipNext() {
        nextOffset += segmentPayload;
        nextIndex++;
    }

    /** Writes the frame of the next segment. */
    void writeNext(long target) {
        int segment = nextLength();
        boolean isLast = nextOffset + segmentPayload >= length;
        Memory.copy(frame, target, headerLength);
        Memory.copy(frame + nextOffset, target + headerLength, segment - headerLength);
        for (int i = 0; i < ipHeaderCount; i++) {
            writeIpLength(target + ipHeaders[i], segment - ipHeaders[i]);
        }
        long header = target + transport;
        if (isTcp) {
            int sequence = Memory.getInt(header + TCP_SEQUENCE) + nextOffset - headerLength;
            Memory.putInt(header + TCP_SEQUENCE, sequence);
            int cleared = (isLast ? 0 : TCP_FIN_AND_PSH) | (nextIndex == 0 ? 0 : TCP_CWR);
            Memory.putByte(header + TCP_FLAGS, Memory.getByte(header + TCP_FLAGS) & ~cleared);
        } else {
            Memory.putShort(header + UDP_LENGTH, segment - transport);
        }
        // The pseudo header's sum counted the length of the whole train.
        int pseudo = Memory.getShort(target + checksum);
        int wholeLength = length - transport;
        Memory.putShort(
                target + checksum,
                InternetChecksum.fold((long) pseudo + (~wholeLength & 0xffff) + (segment - transport)));
        completeChecksum(target, segment, transport, checksum);
        skipNext();
    }

    /**
     * Turns the sum of a pseudo header, which a checksum field holds, into the checksum.
     *
     * @param start octets before the part that the checksum covers, to the end of the frame
     * @param field octets before the checksum field
     */
    static void completeChecksum(long frame, int length, int start, int field) {
        int whole = InternetChecksum.ofSum(InternetChecksum.sum(frame + start, length - start));
        // A UDP checksum of 0 would mean that there is none; its other form is right for TCP too.
        Memory.putShort(frame + field, whole == 0 ? 0xffff : whole);
    }

    private void writeIpLength(long header, int octets) {
        if (Ipv4.version(header) == 6) {
            Memory.putShort(header + Ipv6.PAYLOAD_LENGTH, octets - Ipv6.HEADER);
        } else {
            Memory.putShort(header + Ipv4.TOTAL_LENGTH, octets);
            Memory.putShort(header + Ipv4.IDENTIFICATION, Ipv4.identification(header) + nextIndex);
            Ipv4.writeChecksum(header);
        }
    }

    /** Finds each IP header up to the transport header; whether nothing else lies between. */
    private boolean findIpHeaders() {
        ipHeaderCount = 0;
        int position = Ethernet.HEADER;
        int type = Memory.getShort(frame + position - 2);
        while ((type == Ethernet.TYPE_VLAN || type == TYPE_SERVICE_VLAN) && position < transport) {
            position += Ethernet.TAG;
            type = Memory.getShort(frame + position - 2);
        }
        int protocol = type == Ethernet.TYPE_IPV4 ? IpProtocol.IPV4 : IpProtocol.IPV6;
        if (type != Ethernet.TYPE_IPV4 && type != Ethernet.TYPE_IPV6) {
            return false;
        }
        while (position < transport) {
            long header = frame + position;
            switch (protocol) {
                case IpProtocol.IPV4, IpProtocol.IPV6 -> {
                    boolean isIpv4 = protocol == IpProtocol.IPV4;
                    int octets = isIpv4 ? Ipv4.headerLength(header) : Ipv6.HEADER;
                    if (ipHeaderCount == MAX_IP_HEADERS || octets < Ipv4.MIN_HEADER) {
                        return false;
                    }
                    ipHeaders[ipHeaderCount++] = position;
                    protocol = isIpv4 ? Ipv4.protocol(header) : Ipv6.nextHeader(header);
                    position += octets;
                }
                case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.DESTINATION_OPTIONS -> {
                    protocol = Memory.getByte(header);
                    position += (Memory.getByte(header + 1) + 1) << 3;
                }
                default -> {
                    return false;
                }
            }
        }
        return position == transport && protocol == (isTcp ? IpProtocol.TCP : IpProtocol.UDP);
    }
}
