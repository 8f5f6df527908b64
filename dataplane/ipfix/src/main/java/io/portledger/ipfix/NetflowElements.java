package io.portledger.ipfix;

import java.util.List;

/**
 * Field types of NetFlow v9 that IPFIX has not: the scopes of options (RFC 3954 §6.1), and types above 32767, which Cisco
 * gave to the translations of its firewalls before IANA had elements for them.
 */
public final class NetflowElements {

    /** Stands for the number space of scope types; no enterprise can have it. */
    static final long SCOPE_SPACE = 0xffff_ffffL;

    /** User that a firewall knows. */
    public static final InformationElement USER_NAME = element(40000, "NF_F_USERNAME", DataType.STRING);

    /** Source address behind the translation. */
    public static final InformationElement XLATE_SOURCE_IPV4_ADDRESS =
            element(40001, "NF_F_XLATE_SRC_ADDR_IPV4", DataType.IPV4_ADDRESS);

    /** Destination address behind the translation. */
    public static final InformationElement XLATE_DESTINATION_IPV4_ADDRESS =
            element(40002, "NF_F_XLATE_DST_ADDR_IPV4", DataType.IPV4_ADDRESS);

    /** Source port behind the translation. */
    public static final InformationElement XLATE_SOURCE_PORT =
            element(40003, "NF_F_XLATE_SRC_PORT", DataType.UNSIGNED_16);

    /** Destination port behind the translation. */
    public static final InformationElement XLATE_DESTINATION_PORT =
            element(40004, "NF_F_XLATE_DST_PORT", DataType.UNSIGNED_16);

    /** What befell the connection, as firewallEvent. */
    public static final InformationElement FIREWALL_EVENT = element(40005, "NF_F_FW_EVENT", DataType.UNSIGNED_8);

    private static final List<String> SCOPES = List.of("System", "Interface", "Line Card", "Cache", "Template");

    /** All of them that have a name. */
    static final List<InformationElement> ELEMENTS = List.of(
            USER_NAME,
            XLATE_SOURCE_IPV4_ADDRESS,
            XLATE_DESTINATION_IPV4_ADDRESS,
            XLATE_SOURCE_PORT,
            XLATE_DESTINATION_PORT,
            FIREWALL_EVENT,
            scope(1),
            scope(2),
            scope(3),
            scope(4),
            scope(5));

    private NetflowElements() {}

    private static InformationElement scope(int type) {
        return new InformationElement(SCOPE_SPACE, type, "scope " + SCOPES.get(type - 1), DataType.OCTET_ARRAY);
    }

    private static InformationElement element(int id, String name, DataType type) {
        return new InformationElement(0, id, name, type);
    }
}
