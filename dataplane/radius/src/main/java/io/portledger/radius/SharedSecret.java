package io.portledger.radius;

import java.util.Arrays;

/**
 * What a RADIUS client and server share and nobody else knows (RFC 2865 §3). Immutable; its text form does not tell it.
 */
public final class SharedSecret {

    private final byte[] octets;

    /** @throws IllegalArgumentException if it is empty, which RFC 2865 forbids */
    public SharedSecret(byte[] octets) {
        if (octets.length == 0) {
            throw new IllegalArgumentException(
                    "a shared secret must not be empty (allowed: one octet or more, better 16)");
        }
        this.octets = octets.clone();
    }

    /** The secret itself; not to be changed. */
    byte[] octets() {
        return octets;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof SharedSecret other && Arrays.equals(octets, other.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }

    @Override
    public String toString() {
        return "shared secret";
    }
}
