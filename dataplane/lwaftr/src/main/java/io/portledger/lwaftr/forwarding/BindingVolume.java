package io.portledger.lwaftr.forwarding;

/**
 * What passed through a binding since it came into the table, counted in IPv4 packets and their octets, the tunnel
 * header not included.
 *
 * @param downstreamPackets packets from the Internet to the lwB4
 * @param downstreamOctets their octets
 * @param upstreamPackets packets from the lwB4
 * @param upstreamOctets their octets
 */
public record BindingVolume(long downstreamPackets, long downstreamOctets, long upstreamPackets, long upstreamOctets) {}
