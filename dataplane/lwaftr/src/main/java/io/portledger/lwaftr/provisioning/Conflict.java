package io.portledger.lwaftr.provisioning;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PublicPorts;

/**
 * Why an assignment cannot be made.
 *
 * @param wanted the port set that was to be assigned
 * @param b4 to whom
 * @param reason for the operator
 */
public record Conflict(PublicPorts wanted, Ipv6Address b4, String reason) {

    @Override
    public String toString() {
        return wanted + " for " + b4 + ": " + reason;
    }
}
