package io.portledger.syslog;

/**
 * The words of NAT logging over syslog that exporter and collector share: those of draft-ietf-behave-syslog-nat-logging
 * and one structured data element of our own.
 *
 * <p>A binding with one contiguous range of ports is {@link #PTADD} or {@link #PTDEL} with the element {@link #NPRNG};
 * one of a whole address {@link #AMADD} or {@link #AMDEL} with {@link #NAMAP}. What the draft has no words for, the BR
 * address and the operator's subscriber name, stands beside it in the element {@link #lw4o6Id}. A scattered port set
 * (PSID offset above 1) has only that element, with all of its parameters: written as first and last port, it would
 * name other people's ports.
 *
 * <p>TIMESTAMP is when the binding began or ended, with milliseconds, not when the message was sent.
 */
public final class NatLogging {

    /** APP-NAME of events. */
    public static final String NAT = "NAT";
    /** APP-NAME of crossed thresholds. */
    public static final String NATTHR = "NATTHR";
    /** APP-NAME of reached limits. */
    public static final String NATLIM = "NATLIM";

    /** MSGID: an address mapping was created. */
    public static final String AMADD = "AMADD";
    /** MSGID: an address mapping was deleted. */
    public static final String AMDEL = "AMDEL";
    /** MSGID: an address and port mapping was created. */
    public static final String APMADD = "APMADD";
    /** MSGID: an address and port mapping was deleted. */
    public static final String APMDEL = "APMDEL";
    /** MSGID: a session was created. */
    public static final String SADD = "SADD";
    /** MSGID: a session was deleted. */
    public static final String SDEL = "SDEL";
    /** MSGID: a range of ports was allocated. */
    public static final String PTADD = "PTADD";
    /** MSGID: a range of ports was given back. */
    public static final String PTDEL = "PTDEL";

    /** MSGID: a pool's addresses in use crossed its high mark. */
    public static final String POOLHT = "POOLHT";
    /** MSGID: a pool's addresses in use crossed its low mark. */
    public static final String POOLLT = "POOLLT";
    /** MSGID: the address mappings of the NAT crossed their high mark. */
    public static final String GAMHT = "GAMHT";
    /** MSGID: the address and port mappings of the NAT crossed their high mark. */
    public static final String GAPMHT = "GAPMHT";
    /** MSGID: the address and port mappings of a subscriber crossed their high mark. */
    public static final String SAPMHT = "SAPMHT";
    /** MSGID: no more address mappings. */
    public static final String GAMLIM = "GAMLIM";
    /** MSGID: no more address and port mappings. */
    public static final String GAPMLIM = "GAPMLIM";
    /** MSGID: no more subscribers. */
    public static final String GSLIM = "GSLIM";
    /** MSGID: no more address and port mappings for a subscriber. */
    public static final String SAPMLIM = "SAPMLIM";
    /** MSGID: no more fragments that wait for their others. */
    public static final String FRAG = "FRAG";

    /** SD-ID of address mappings. */
    public static final String NAMAP = "namap";
    /** SD-ID of address and port mappings. */
    public static final String NAPMAP = "napmap";
    /** SD-ID of sessions. */
    public static final String NSESS = "nsess";
    /** SD-ID of port ranges. */
    public static final String NPRNG = "nprng";
    /** SD-ID of a pool's marks. */
    public static final String NPOOL = "npool";
    /** SD-ID of the limit of address and port mappings. */
    public static final String NGAPML = "ngapml";

    /** PARAM-NAME: NAT instance, a number. */
    public static final String NATINST = "NATINST";
    /** PARAM-NAME: what caused the event. */
    public static final String TRIG = "TRIG";
    /** Value of {@link #TRIG}: the operator or provisioning. */
    public static final String TRIG_ADMIN = "ADMIN";
    /** Value of {@link #TRIG}: a lifetime ended or another automatism. */
    public static final String TRIG_AUTO = "AUTO";
    /** PARAM-NAME: subscriber index, an unsigned 32-bit number; 0 if there is none. */
    public static final String SSUBIX = "SSUBIX";
    /** PARAM-NAME: IPv6 address of the encapsulation, that is, of the B4. */
    public static final String SV6ENC = "SV6ENC";
    /** PARAM-NAME: type of the internal address. */
    public static final String IATYP = "IATYP";
    /** PARAM-NAME: internal source address. */
    public static final String ISADDR = "ISADDR";
    /** PARAM-NAME: internal source port. */
    public static final String ISPORT = "ISPORT";
    /** PARAM-NAME: type of the external address. */
    public static final String XATYP = "XATYP";
    /** PARAM-NAME: external source address. */
    public static final String XSADDR = "XSADDR";
    /** PARAM-NAME: external source port. */
    public static final String XSPORT = "XSPORT";
    /** PARAM-NAME: internal destination address. */
    public static final String IDADDR = "IDADDR";
    /** PARAM-NAME: internal destination port. */
    public static final String IDPORT = "IDPORT";
    /** PARAM-NAME: external destination address. */
    public static final String XDADDR = "XDADDR";
    /** PARAM-NAME: external destination port. */
    public static final String XDPORT = "XDPORT";
    /** PARAM-NAME: pool identifier, a number. */
    public static final String POOLID = "POOLID";
    /** PARAM-NAME: a pool's high mark. */
    public static final String POOLHW = "POOLHW";
    /** PARAM-NAME: a pool's low mark. */
    public static final String POOLLW = "POOLLW";
    /** PARAM-NAME: how many address mappings the NAT has. */
    public static final String GAMCNT = "GAMCNT";
    /** PARAM-NAME: how many address and port mappings the NAT has. */
    public static final String GAPMCNT = "GAPMCNT";
    /** PARAM-NAME: how many address and port mappings the subscriber has. */
    public static final String SAPMCNT = "SAPMCNT";
    /** PARAM-NAME: protocol number. */
    public static final String PROTO = "PROTO";
    /** PARAM-NAME: lowest port of a range. */
    public static final String PORTMN = "PORTMN";
    /** PARAM-NAME: highest port of a range. */
    public static final String PORTMX = "PORTMX";

    /** Value of {@link #IATYP} and {@link #XATYP}. */
    public static final String IPV4_TYPE = "IPv4";
    /** Value of {@link #IATYP} and {@link #XATYP}. */
    public static final String IPV6_TYPE = "IPv6";

    /** The enterprise number that IANA keeps for documentation (RFC 5612): the default of {@link #lw4o6Id}. */
    public static final long DOCUMENTATION_ENTERPRISE = 32473;

    /** What our own SD-ID begins with, before {@code @} and the enterprise number. */
    public static final String LW4O6 = "lw4o6";
    /** PARAM-NAME in our element: the lwB4's softwire address, RFC 5952 text. */
    public static final String B4 = "B4";
    /** PARAM-NAME in our element: the public IPv4 address. */
    public static final String IPV4 = "IPV4";
    /** PARAM-NAME in our element: PSID offset a. */
    public static final String PSID_OFFSET = "PSIDOFF";
    /** PARAM-NAME in our element: PSID length k. */
    public static final String PSID_LENGTH = "PSIDLEN";
    /** PARAM-NAME in our element: PSID, an integer. */
    public static final String PSID = "PSID";
    /** PARAM-NAME in our element: the lwAFTR's tunnel end point, RFC 5952 text. */
    public static final String BR = "BR";
    /** PARAM-NAME in our element: the operator's name for the subscriber. */
    public static final String SUBSCRIBER = "SUBID";

    private NatLogging() {}

    /** SD-ID of our element under a private enterprise number (unsigned 32 bits): {@code lw4o6@32473}. */
    public static String lw4o6Id(long enterprise) {
        return LW4O6 + "@" + enterprise;
    }
}
