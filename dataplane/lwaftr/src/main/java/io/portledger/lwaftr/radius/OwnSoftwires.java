package io.portledger.lwaftr.radius;

import io.portledger.radius.Softwire46Configuration;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.PublicPorts;
import java.util.Set;

/**
 * Whether a binding that an AAA server determines can be one of this lwAFTR.
 *
 * @param brs the tunnel end points that are ours
 */
record OwnSoftwires(Set<Ipv6Address> brs) {

    OwnSoftwires {
        brs = Set.copyOf(brs);
    }

    /** Says what is wrong with what an AAA server says. */
    static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1;

        UnusableException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * The port set of a configuration, if that lwB4 can have it.
     *
     * @throws UnusableException if it cannot
     */
    PublicPorts ports(Ipv6Address b4, Softwire46Configuration configuration) throws UnusableException {
        if (!configuration.bindPrefix().contains(b4)) {
            throw new UnusableException("its Bind-IPv6-Prefix " + configuration.bindPrefix() + " is not that of " + b4);
        }
        Ipv4Address ipv4 = configuration.ipv4();
        int firstOctet = ipv4.bits() >>> 24;
        if (firstOctet == 0 || firstOctet == 127 || firstOctet >= 224) {
            throw new UnusableException("its IPv4-Address " + ipv4 + " is nobody's (allowed: a unicast address)");
        }
        PortSet ports = configuration.ports();
        return new PublicPorts(ipv4, ports == null ? PortSet.WHOLE_ADDRESS : ports);
    }

    /**
     * The first tunnel end point of a configuration that is ours.
     *
     * @throws UnusableException if none is
     */
    Ipv6Address br(Softwire46Configuration configuration) throws UnusableException {
        for (Ipv6Address br : configuration.brAddresses()) {
            if (brs.contains(br)) {
                return br;
            }
        }
        throw new UnusableException("its Softwire46-BR " + configuration.brAddresses()
                + " is not ours (allowed: those of lwaftr.br-addresses)");
    }
}
