package io.portledger.lwb4.dhcp;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** How a binding comes after DHCPv6 has named the way, in the order that a client prefers without advice. */
public enum Mechanism {
    /** It is in the container of option 96 (RFC 7598). */
    CONTAINER(96, "by option 96"),
    /** DHCPv4 over DHCPv6 gives it (RFC 7341). */
    DHCP4O6(88, "by DHCPv4 over DHCPv6"),
    /** The lwAFTR gives it, by PCP (RFC 7753). */
    PCP(64, "by PCP from the lwAFTR");

    private final int code;
    private final String shown;

    Mechanism(int code, String shown) {
        this.code = code;
        this.shown = shown;
    }

    /** The code of the option that stands for it in the priority option (RFC 8026 §4). */
    public int code() {
        return code;
    }

    /**
     * The first of those that can be used that the server prefers; without advice that fits, the first one here
     * (RFC 8026 §4.1).
     *
     * @param usable what the server offers and the client can do
     * @param priority codes of options, the most preferred first; unknown ones are passed over
     */
    public static Optional<Mechanism> choose(Collection<Mechanism> usable, List<Integer> priority) {
        for (int code : priority) {
            for (Mechanism mechanism : usable) {
                if (mechanism.code == code) {
                    return Optional.of(mechanism);
                }
            }
        }
        return usable.stream().min(Mechanism::compareTo);
    }

    /** For people. */
    @Override
    public String toString() {
        return shown;
    }
}
