package io.portledger.lwaftr.bench;

import io.portledger.packet.IpProtocol;
import io.portledger.packet.Ipv4;
import io.portledger.packet.Ipv6;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;

/** Takes what the engine sends, and can tell by a number whether two engines sent the same. */
final class Outputs {

    private static final long START = 0xcbf2_9ce4_8422_2325L;
    private static final long PRIME = 0x0000_0100_0000_01b3L;
    private static final int TRANSPORT = 8;

    private boolean isDigesting;
    private long downstream = START;
    private long upstream = START;

    /** Begins, or ends, to look at what is sent. */
    void setDigesting(boolean shouldDigest) {
        isDigesting = shouldDigest;
        if (shouldDigest) {
            downstream = START;
            upstream = START;
        }
    }

    /** Of the heads of the packets that were sent into softwires, ICMPv6 left out. */
    long downstreamDigest() {
        return downstream;
    }

    /** Of the heads of the packets that were sent to the Internet, ICMP left out. */
    long upstreamDigest() {
        return upstream;
    }

    void toIpv6Side(PacketBatch batch) {
        if (!isDigesting) {
            return;
        }
        for (int i = 0; i < batch.size(); i++) {
            if (Ipv6.nextHeader(batch.address(i)) == IpProtocol.IPV4) {
                downstream = digest(downstream, batch, i, Ipv6.HEADER + Ipv4.MIN_HEADER + TRANSPORT);
            }
        }
    }

    void toIpv4Side(PacketBatch batch) {
        if (!isDigesting) {
            return;
        }
        for (int i = 0; i < batch.size(); i++) {
            if (Ipv4.protocol(batch.address(i)) != IpProtocol.ICMP) {
                upstream = digest(upstream, batch, i, Ipv4.MIN_HEADER + TRANSPORT);
            }
        }
    }

    private static long digest(long before, PacketBatch batch, int index, int head) {
        long digest = before;
        for (int at = 0; at < head; at += Integer.BYTES) {
            digest = (digest ^ Integer.toUnsignedLong(Memory.getInt(batch.address(index) + at))) * PRIME;
        }
        return (digest ^ batch.length(index)) * PRIME;
    }
}
