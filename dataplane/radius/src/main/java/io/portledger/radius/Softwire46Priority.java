package io.portledger.radius;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attribute 241.10: which mechanisms the subscriber may use, the preferred one first (RFC 8658 §3.2).
 *
 * @param mechanisms numbers of the registry of RFC 8658 §6.3, which are not the DHCPv6 option codes; one or more
 */
public record Softwire46Priority(List<Integer> mechanisms) {

    /** MAP-E. */
    public static final int MAP_E = 1;
    /** MAP-T. */
    public static final int MAP_T = 2;
    /** Lightweight 4over6. */
    public static final int LIGHTWEIGHT_4OVER6 = 3;
    /** DS-Lite. */
    public static final int DS_LITE = 144;

    /** The second number of 241.10. */
    public static final int EXTENDED_TYPE = 10;

    private static final String NAME = "Softwire46-Priority";
    private static final int OPTION_CODE = 18;

    /** @throws IllegalArgumentException if there is no mechanism */
    public Softwire46Priority {
        mechanisms = List.copyOf(mechanisms);
        if (mechanisms.isEmpty()) {
            throw new IllegalArgumentException("a priority names a mechanism (allowed: one or more)");
        }
    }

    /**
     * What a packet says about priority.
     *
     * @throws RadiusException if it breaks the rules of RFC 8658 §3.2
     */
    public static Optional<Softwire46Priority> of(RadiusPacket packet) throws RadiusException {
        Optional<RadiusAttribute> attribute = packet.only(RadiusAttribute.EXTENDED_1, EXTENDED_TYPE);
        if (attribute.isEmpty()) {
            return Optional.empty();
        }
        Tlvs tlvs = Tlvs.read(NAME, attribute.get().octets());
        List<Integer> mechanisms = new ArrayList<>(2);
        for (byte[] code : tlvs.all(OPTION_CODE)) {
            mechanisms.add(tlvs.integer(code, "Softwire46-Option-Code"));
        }
        if (mechanisms.isEmpty()) {
            throw RadiusException.malformed(NAME + ": Softwire46-Option-Code is missing");
        }
        return Optional.of(new Softwire46Priority(mechanisms));
    }

    /**
     * The attribute.
     *
     * @throws IllegalArgumentException if there are more mechanisms than an attribute has room for
     */
    public RadiusAttribute toAttribute() {
        Tlvs.Writer tlvs = new Tlvs.Writer();
        mechanisms.forEach(code -> tlvs.add(OPTION_CODE, code.intValue()));
        return RadiusAttribute.ofExtended(RadiusAttribute.EXTENDED_1, EXTENDED_TYPE, tlvs.octets());
    }
}
