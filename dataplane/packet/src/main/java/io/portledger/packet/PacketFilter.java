package io.portledger.packet;

/**
 * A test that IP packets pass or fail, written in a part of the language of pcap-filter(7).
 *
 * <p>Packets begin with their IP header; nothing is looked for behind IPv6 extension headers or inside tunnels, so on
 * the side of the lwB4s an ordinary packet is {@code ip6 proto 4}. Immutable; any number of threads.
 *
 * <table>
 * <caption>What is understood</caption>
 * <tr><td>{@code ip}, {@code ip6}, {@code tcp}, {@code udp}, {@code icmp}, {@code icmp6}, {@code sctp}
 *     <td>the kind of packet
 * <tr><td>{@code [ip|ip6] proto 4} <td>the IPv4 protocol or the first IPv6 next header
 * <tr><td>{@code [ip|ip6] [src|dst] host 192.0.2.1} <td>an address
 * <tr><td>{@code [ip|ip6] [src|dst] net 2001:db8::/32} <td>a prefix
 * <tr><td>{@code [tcp|udp|sctp] [src|dst] port 53} <td>a port; not of later fragments
 * <tr><td>{@code [tcp|udp|sctp] [src|dst] portrange 1024-2047} <td>a port in a range
 * <tr><td>{@code less 100}, {@code greater 100} <td>at most, at least so many octets
 * <tr><td>{@code len > 1280} <td>octets of the packet; also {@code < >= <= = == !=}
 * <tr><td>{@code tcp[13] & 2 != 0}, {@code ip[6:2] = 0} <td>one, two or four octets from the header of {@code ip},
 *     {@code ip6}, {@code tcp}, {@code udp}, {@code icmp} or {@code icmp6}; a packet without them fails
 * <tr><td>{@code and}, {@code or}, {@code not}, {@code && || !}, parentheses
 *     <td>as in pcap-filter, {@code and} and {@code or} bind equally, from left to right
 * </table>
 */
public final class PacketFilter {

    /** Passes everything. */
    public static final PacketFilter ALL = new PacketFilter("", (packet, length) -> true);

    private final String text;
    private final Test test;

    private PacketFilter(String text, Test test) {
        this.text = text;
        this.test = test;
    }

    /** One condition. */
    @FunctionalInterface
    interface Test {
        boolean passes(long packet, int length);
    }

    /**
     * Reads an expression.
     *
     * @param text empty: {@link #ALL}
     * @throws IllegalArgumentException saying what was expected, and where
     */
    public static PacketFilter parse(String text) {
        return text.isBlank() ? ALL : new PacketFilter(text, new PacketFilterParser(text).parse());
    }

    /** Whether there is no packet that it fails. */
    public boolean isAll() {
        return text.isEmpty();
    }

    /** Whether the packet passes; {@code length} octets of it may be read. */
    public boolean passes(long packet, int length) {
        return test.passes(packet, length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PacketFilter filter && filter.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** The expression as it was written. */
    @Override
    public String toString() {
        return text;
    }
}
