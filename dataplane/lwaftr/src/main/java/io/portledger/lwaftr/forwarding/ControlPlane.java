package io.portledger.lwaftr.forwarding;

import io.portledger.softwire.Ipv6Address;

/**
 * Who answers the provisioning requests that come among the packets. Called by the workers, so by several threads; no
 * method may wait.
 */
public interface ControlPlane {

    /** UDP port of PCP servers (RFC 6887 §19.1). */
    int PCP = 5351;

    /** UDP port of DHCPv6 servers and relays (RFC 8415 §7.2), to which DHCPv4-over-DHCPv6 goes as well. */
    int DHCP = 547;

    /** Takes all requests and answers none: where packets come from files. */
    ControlPlane SILENT = new ControlPlane() {
        @Override
        public boolean serves(int port) {
            return port == PCP || port == DHCP;
        }

        @Override
        public boolean admits(Ipv6Address b4) {
            return true;
        }

        @Override
        public boolean take(ProvisioningRequest request) {
            return true;
        }
    };

    /** Whether datagrams to a UDP port of the lwAFTR are provisioning requests. */
    boolean serves(int port);

    /** Whether a request of that lwB4 is to be heard; it counts as one. */
    boolean admits(Ipv6Address b4);

    /** Takes a request, to be answered later by {@link ProvisioningRequest#reply}; false if too many wait. */
    boolean take(ProvisioningRequest request);
}
