package io.portledger.ipfix;

import java.util.List;

/** Elements of Nokia's enterprise in the flow records of the NAT of its 7750 service routers. */
public final class NokiaElements {

    /** Nokia's (TiMetra's) enterprise number. */
    public static final long ENTERPRISE = 637;

    /** Service on the inside. */
    public static final InformationElement NAT_INSIDE_SERVICE =
            new InformationElement(ENTERPRISE, 91, "natInsideSvcid", DataType.UNSIGNED_32);

    /** Service on the outside. */
    public static final InformationElement NAT_OUTSIDE_SERVICE =
            new InformationElement(ENTERPRISE, 92, "natOutsideSvcid", DataType.UNSIGNED_32);

    /** Who has the flow: the subscriber, or the host with its inside address in text. */
    public static final InformationElement NAT_SUBSCRIBER =
            new InformationElement(ENTERPRISE, 93, "natSubString", DataType.STRING);

    /** All of them. */
    static final List<InformationElement> ELEMENTS = List.of(NAT_INSIDE_SERVICE, NAT_OUTSIDE_SERVICE, NAT_SUBSCRIBER);

    private NokiaElements() {}
}
