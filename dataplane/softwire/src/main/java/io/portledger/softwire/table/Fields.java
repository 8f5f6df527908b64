package io.portledger.softwire.table;

import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import org.jspecify.annotations.Nullable;

/** What the two formats have in common: the names of the parts of a port set, and how their faults are worded. */
final class Fields {

    static final String INFO = "binding-ipv6info";
    static final String IPV4 = "binding-ipv4-addr";
    static final String PORT_SET = "port-set";
    static final String BR = "br-ipv6-addr";

    /** In a module of ours that augments RFC 8676. */
    static final String SUBSCRIBER = "portledger-softwire:subscriber";

    static final String PSID_OFFSET = "psid-offset";
    static final String PSID_LEN = "psid-len";
    static final String PSID = "psid";

    private Fields() {}

    /** A number out of range, in the words of the file. */
    static IllegalArgumentException outOfRange(String name, String value, int max) {
        return new IllegalArgumentException(name + " " + value + " is out of range (allowed: 0-" + max + ")");
    }

    static PortSet portSet(int psidOffset, int psidLength, int psid) {
        if (psidOffset + psidLength > 16) {
            throw new IllegalArgumentException(PSID_OFFSET + " " + psidOffset + " and " + PSID_LEN + " " + psidLength
                    + " together exceed the 16 bits of a port");
        }
        if (psid >>> psidLength != 0) {
            throw outOfRange(PSID, psid + " for " + PSID_LEN + " " + psidLength, (1 << psidLength) - 1);
        }
        return new PortSet(psidOffset, psidLength, psid);
    }

    static Ipv6Address brAddress(String name, @Nullable Ipv6Address written, @Nullable Ipv6Address defaultBr) {
        if (written != null) {
            return written;
        }
        if (defaultBr == null) {
            throw new IllegalArgumentException(name + " is missing, and no default for it was given");
        }
        return defaultBr;
    }
}
