package io.portledger.packet;

import java.time.Instant;

/**
 * A packet of a capture file.
 *
 * @param at when it was captured
 * @param linkType what stands before the IP packet
 * @param frame the octets as captured, link header included; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Packets are not compared, and copying each one would serve nobody.
public record CapturedPacket(Instant at, LinkType linkType, byte[] frame) {}
