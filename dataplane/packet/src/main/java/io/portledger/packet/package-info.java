/**
 * Packets in off-heap memory: header fields, checksums, capture files and the devices they come from.
 *
 * <p>A packet is an address and a length; {@link io.portledger.packet.PacketBatch} holds many. The header classes
 * ({@code Ipv4}, {@code Ipv6}, {@code Icmp}, {@code Ethernet}) read and write fields at an address without checking
 * bounds: whoever takes a packet in compares its length with what it is about to read, once, before anything else.
 * All multi-octet fields are in network byte order.
 */
package io.portledger.packet;
