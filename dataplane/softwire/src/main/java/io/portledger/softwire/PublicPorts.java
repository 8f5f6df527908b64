package io.portledger.softwire;

/**
 * A port set of a public address: what one subscriber at a time may hold.
 *
 * @param ipv4 the public address
 * @param ports the ports of it
 */
public record PublicPorts(Ipv4Address ipv4, PortSet ports) {

    /** What a binding gives to its lwB4. */
    public static PublicPorts of(Binding binding) {
        return new PublicPorts(binding.ipv4(), binding.ports());
    }

    /**
     * Reads the form of {@link #toString}.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static PublicPorts parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("Invalid value " + text
                    + ": no port set of an address (allowed: ADDRESS/OFFSET/LENGTH/PSID, such as 192.0.2.1/0/6/34)");
        }
        return new PublicPorts(Ipv4Address.parse(text.substring(0, slash)), PortSet.parse(text.substring(slash + 1)));
    }

    /** Whether the two have a port of one address in common. */
    public boolean overlaps(PublicPorts other) {
        return ipv4.equals(other.ipv4) && ports.overlaps(other.ports);
    }

    /** Such as {@code 192.0.2.1/0/6/34}: address, PSID offset, PSID length, PSID. */
    @Override
    public String toString() {
        return ipv4 + "/" + ports;
    }
}
