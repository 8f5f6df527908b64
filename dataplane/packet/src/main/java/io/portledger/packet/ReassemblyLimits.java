package io.portledger.packet;

/**
 * Bounds of reassembly.
 *
 * @param maxFragmentsPerPacket more fragments of one packet than this drop it, 1 and more
 * @param maxPackets how many packets may be in reassembly at once, 0 and more
 * @param maxPacketsPerSource how many of them may come from one address: an IPv4 source on the lwAFTR's IPv4 side, the
 *     other end of the softwire elsewhere; 0 and more
 * @param maxOctets how many octets of fragments may wait, 0 and more
 * @param timeoutSeconds how long after its first fragment a packet is given up, 1 and more
 */
public record ReassemblyLimits(
        int maxFragmentsPerPacket, int maxPackets, int maxPacketsPerSource, long maxOctets, int timeoutSeconds) {

    /** @throws IllegalArgumentException if a number is out of its range */
    public ReassemblyLimits {
        requireAtLeast("reassembly.max-fragments-per-packet", maxFragmentsPerPacket, 1);
        requireAtLeast("reassembly.max-packets", maxPackets, 0);
        requireAtLeast("reassembly.max-packets-per-source", maxPacketsPerSource, 0);
        requireAtLeast("reassembly.max-octets", maxOctets, 0);
        requireAtLeast("reassembly.timeout-seconds", timeoutSeconds, 1);
    }

    private static void requireAtLeast(String key, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "Invalid value " + value + " for key " + key + ": too small (allowed: " + least + " and more)");
        }
    }
}
