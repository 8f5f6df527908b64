package io.portledger.records;

import io.portledger.records.v1.Mapping;
import io.portledger.softwire.Ipv4Address;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a NAT's table, which has one public port and not all of its traffic (RFC 4787 §4): a mapping, or, with a
 * far end, a session.
 *
 * @param protocol IP protocol number, 0-255; 0 if unknown, which stands for any
 * @param insidePort port inside the NAT, 0-65535; 0 if unknown. Not part of what makes it this mapping: the public side
 *     tells one from another
 * @param destination the far end's address, not 0.0.0.0, or null for a mapping that serves any
 * @param destinationPort the far end's port, 0-65535; 0 if unknown or if there is no destination
 */
public record NatMapping(
        int protocol, int insidePort, @Nullable Ipv4Address destination, int destinationPort) {

    /** @throws InvalidRecordException naming the first component that is not as documented */
    public NatMapping {
        if (protocol < 0 || protocol > 255) {
            throw new InvalidRecordException("mapping.protocol is " + protocol + " (allowed: 0-255)");
        }
        if (insidePort < 0 || insidePort > 0xffff) {
            throw new InvalidRecordException("mapping.inside_port is " + insidePort + " (allowed: 0-65535)");
        }
        if (destination != null && destination.bits() == 0) {
            throw new InvalidRecordException("mapping.destination_ipv4 is 0.0.0.0, which is no far end");
        }
        if (destinationPort < 0 || destinationPort > 0xffff) {
            throw new InvalidRecordException("mapping.destination_port is " + destinationPort + " (allowed: 0-65535)");
        }
        if (destination == null && destinationPort != 0) {
            throw new InvalidRecordException(
                    "mapping.destination_port is " + destinationPort + ", but there is no destination_ipv4");
        }
    }

    /** Whether it is a session: it serves one far end. */
    public boolean isSession() {
        return destination != null;
    }

    /**
     * Whether it says no more than which protocol: the holder has all of its traffic, and that of other protocols may be
     * somebody else's. Some NATs allocate blocks of ports so.
     */
    public boolean isOfOneProtocol() {
        return protocol != 0 && insidePort == 0 && destination == null;
    }

    /**
     * What tells it from other mappings of the same public port: {@code 6} for a mapping of TCP, {@code
     * 6-198.51.100.1-443} for a session.
     */
    public String key() {
        return destination == null ? Integer.toString(protocol) : protocol + "-" + destination + "-" + destinationPort;
    }

    static NatMapping from(Mapping mapping) {
        return new NatMapping(
                mapping.getProtocol(),
                mapping.getInsidePort(),
                mapping.getDestinationIpv4() == 0 ? null : new Ipv4Address(mapping.getDestinationIpv4()),
                mapping.getDestinationPort());
    }

    Mapping toMessage() {
        return Mapping.newBuilder()
                .setProtocol(protocol)
                .setInsidePort(insidePort)
                .setDestinationIpv4(destination == null ? 0 : destination.bits())
                .setDestinationPort(destinationPort)
                .build();
    }
}
