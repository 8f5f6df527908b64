package io.portledger.ipfix;

import java.util.List;

/**
 * Information elements of IANA's registry: those of NAT logging (RFC 8158), of the reliability of an export (RFC 7011
 * §4), and the commonest of flow records. Elements that are not here are read as octets.
 */
public final class Iana {

    /** octetDeltaCount, id 1. */
    public static final InformationElement OCTET_DELTA_COUNT = element(1, "octetDeltaCount", DataType.UNSIGNED_64);

    /** packetDeltaCount, id 2. */
    public static final InformationElement PACKET_DELTA_COUNT = element(2, "packetDeltaCount", DataType.UNSIGNED_64);

    /** protocolIdentifier, id 4. */
    public static final InformationElement PROTOCOL_IDENTIFIER = element(4, "protocolIdentifier", DataType.UNSIGNED_8);

    /** ipClassOfService, id 5. */
    public static final InformationElement IP_CLASS_OF_SERVICE = element(5, "ipClassOfService", DataType.UNSIGNED_8);

    /** tcpControlBits, id 6. */
    public static final InformationElement TCP_CONTROL_BITS = element(6, "tcpControlBits", DataType.UNSIGNED_16);

    /** sourceTransportPort, id 7. */
    public static final InformationElement SOURCE_TRANSPORT_PORT =
            element(7, "sourceTransportPort", DataType.UNSIGNED_16);

    /** sourceIPv4Address, id 8. */
    public static final InformationElement SOURCE_IPV4_ADDRESS = element(8, "sourceIPv4Address", DataType.IPV4_ADDRESS);

    /** ingressInterface, id 10. */
    public static final InformationElement INGRESS_INTERFACE = element(10, "ingressInterface", DataType.UNSIGNED_32);

    /** destinationTransportPort, id 11. */
    public static final InformationElement DESTINATION_TRANSPORT_PORT =
            element(11, "destinationTransportPort", DataType.UNSIGNED_16);

    /** destinationIPv4Address, id 12. */
    public static final InformationElement DESTINATION_IPV4_ADDRESS =
            element(12, "destinationIPv4Address", DataType.IPV4_ADDRESS);

    /** egressInterface, id 14. */
    public static final InformationElement EGRESS_INTERFACE = element(14, "egressInterface", DataType.UNSIGNED_32);

    /** flowEndSysUpTime, id 21. */
    public static final InformationElement FLOW_END_SYS_UP_TIME = element(21, "flowEndSysUpTime", DataType.UNSIGNED_32);

    /** flowStartSysUpTime, id 22. */
    public static final InformationElement FLOW_START_SYS_UP_TIME =
            element(22, "flowStartSysUpTime", DataType.UNSIGNED_32);

    /** sourceIPv6Address, id 27. */
    public static final InformationElement SOURCE_IPV6_ADDRESS =
            element(27, "sourceIPv6Address", DataType.IPV6_ADDRESS);

    /** destinationIPv6Address, id 28. */
    public static final InformationElement DESTINATION_IPV6_ADDRESS =
            element(28, "destinationIPv6Address", DataType.IPV6_ADDRESS);

    /** exportedOctetTotalCount, id 40. */
    public static final InformationElement EXPORTED_OCTET_TOTAL_COUNT =
            element(40, "exportedOctetTotalCount", DataType.UNSIGNED_64);

    /** exportedMessageTotalCount, id 41. */
    public static final InformationElement EXPORTED_MESSAGE_TOTAL_COUNT =
            element(41, "exportedMessageTotalCount", DataType.UNSIGNED_64);

    /** exportedFlowRecordTotalCount, id 42. */
    public static final InformationElement EXPORTED_FLOW_RECORD_TOTAL_COUNT =
            element(42, "exportedFlowRecordTotalCount", DataType.UNSIGNED_64);

    /** vlanId, id 58. */
    public static final InformationElement VLAN_ID = element(58, "vlanId", DataType.UNSIGNED_16);

    /** ipVersion, id 60. */
    public static final InformationElement IP_VERSION = element(60, "ipVersion", DataType.UNSIGNED_8);

    /** flowDirection, id 61. */
    public static final InformationElement FLOW_DIRECTION = element(61, "flowDirection", DataType.UNSIGNED_8);

    /** exporterIPv4Address, id 130. */
    public static final InformationElement EXPORTER_IPV4_ADDRESS =
            element(130, "exporterIPv4Address", DataType.IPV4_ADDRESS);

    /** exporterIPv6Address, id 131. */
    public static final InformationElement EXPORTER_IPV6_ADDRESS =
            element(131, "exporterIPv6Address", DataType.IPV6_ADDRESS);

    /** flowEndReason, id 136. */
    public static final InformationElement FLOW_END_REASON = element(136, "flowEndReason", DataType.UNSIGNED_8);

    /** exportingProcessId, id 144. */
    public static final InformationElement EXPORTING_PROCESS_ID =
            element(144, "exportingProcessId", DataType.UNSIGNED_32);

    /** flowId, id 148. */
    public static final InformationElement FLOW_ID = element(148, "flowId", DataType.UNSIGNED_64);

    /** observationDomainId, id 149. */
    public static final InformationElement OBSERVATION_DOMAIN_ID =
            element(149, "observationDomainId", DataType.UNSIGNED_32);

    /** flowStartSeconds, id 150. */
    public static final InformationElement FLOW_START_SECONDS =
            element(150, "flowStartSeconds", DataType.DATE_TIME_SECONDS);

    /** flowEndSeconds, id 151. */
    public static final InformationElement FLOW_END_SECONDS =
            element(151, "flowEndSeconds", DataType.DATE_TIME_SECONDS);

    /** flowStartMilliseconds, id 152. */
    public static final InformationElement FLOW_START_MILLISECONDS =
            element(152, "flowStartMilliseconds", DataType.DATE_TIME_MILLISECONDS);

    /** flowEndMilliseconds, id 153. */
    public static final InformationElement FLOW_END_MILLISECONDS =
            element(153, "flowEndMilliseconds", DataType.DATE_TIME_MILLISECONDS);

    /** flowStartMicroseconds, id 154. */
    public static final InformationElement FLOW_START_MICROSECONDS =
            element(154, "flowStartMicroseconds", DataType.DATE_TIME_MICROSECONDS);

    /** flowEndMicroseconds, id 155. */
    public static final InformationElement FLOW_END_MICROSECONDS =
            element(155, "flowEndMicroseconds", DataType.DATE_TIME_MICROSECONDS);

    /** flowStartNanoseconds, id 156. */
    public static final InformationElement FLOW_START_NANOSECONDS =
            element(156, "flowStartNanoseconds", DataType.DATE_TIME_NANOSECONDS);

    /** flowEndNanoseconds, id 157. */
    public static final InformationElement FLOW_END_NANOSECONDS =
            element(157, "flowEndNanoseconds", DataType.DATE_TIME_NANOSECONDS);

    /** systemInitTimeMilliseconds, id 160. */
    public static final InformationElement SYSTEM_INIT_TIME_MILLISECONDS =
            element(160, "systemInitTimeMilliseconds", DataType.DATE_TIME_MILLISECONDS);

    /** notSentFlowTotalCount, id 166. */
    public static final InformationElement NOT_SENT_FLOW_TOTAL_COUNT =
            element(166, "notSentFlowTotalCount", DataType.UNSIGNED_64);

    /** paddingOctets, id 210. */
    public static final InformationElement PADDING_OCTETS = element(210, "paddingOctets", DataType.OCTET_ARRAY);

    /** postNATSourceIPv4Address, id 225. */
    public static final InformationElement POST_NAT_SOURCE_IPV4_ADDRESS =
            element(225, "postNATSourceIPv4Address", DataType.IPV4_ADDRESS);

    /** postNATDestinationIPv4Address, id 226. */
    public static final InformationElement POST_NAT_DESTINATION_IPV4_ADDRESS =
            element(226, "postNATDestinationIPv4Address", DataType.IPV4_ADDRESS);

    /** postNAPTSourceTransportPort, id 227. */
    public static final InformationElement POST_NAPT_SOURCE_TRANSPORT_PORT =
            element(227, "postNAPTSourceTransportPort", DataType.UNSIGNED_16);

    /** postNAPTDestinationTransportPort, id 228. */
    public static final InformationElement POST_NAPT_DESTINATION_TRANSPORT_PORT =
            element(228, "postNAPTDestinationTransportPort", DataType.UNSIGNED_16);

    /** natOriginatingAddressRealm, id 229. */
    public static final InformationElement NAT_ORIGINATING_ADDRESS_REALM =
            element(229, "natOriginatingAddressRealm", DataType.UNSIGNED_8);

    /** natEvent, id 230. */
    public static final InformationElement NAT_EVENT = element(230, "natEvent", DataType.UNSIGNED_8);

    /** firewallEvent, id 233. */
    public static final InformationElement FIREWALL_EVENT = element(233, "firewallEvent", DataType.UNSIGNED_8);

    /** ingressVRFID, id 234. */
    public static final InformationElement INGRESS_VRFID = element(234, "ingressVRFID", DataType.UNSIGNED_32);

    /** egressVRFID, id 235. */
    public static final InformationElement EGRESS_VRFID = element(235, "egressVRFID", DataType.UNSIGNED_32);

    /** postNATSourceIPv6Address, id 281. */
    public static final InformationElement POST_NAT_SOURCE_IPV6_ADDRESS =
            element(281, "postNATSourceIPv6Address", DataType.IPV6_ADDRESS);

    /** postNATDestinationIPv6Address, id 282. */
    public static final InformationElement POST_NAT_DESTINATION_IPV6_ADDRESS =
            element(282, "postNATDestinationIPv6Address", DataType.IPV6_ADDRESS);

    /** natPoolId, id 283. */
    public static final InformationElement NAT_POOL_ID = element(283, "natPoolId", DataType.UNSIGNED_32);

    /** natPoolName, id 284. */
    public static final InformationElement NAT_POOL_NAME = element(284, "natPoolName", DataType.STRING);

    /** observationTimeSeconds, id 322. */
    public static final InformationElement OBSERVATION_TIME_SECONDS =
            element(322, "observationTimeSeconds", DataType.DATE_TIME_SECONDS);

    /** observationTimeMilliseconds, id 323. */
    public static final InformationElement OBSERVATION_TIME_MILLISECONDS =
            element(323, "observationTimeMilliseconds", DataType.DATE_TIME_MILLISECONDS);

    /** observationTimeMicroseconds, id 324. */
    public static final InformationElement OBSERVATION_TIME_MICROSECONDS =
            element(324, "observationTimeMicroseconds", DataType.DATE_TIME_MICROSECONDS);

    /** observationTimeNanoseconds, id 325. */
    public static final InformationElement OBSERVATION_TIME_NANOSECONDS =
            element(325, "observationTimeNanoseconds", DataType.DATE_TIME_NANOSECONDS);

    /** privateEnterpriseNumber, id 346. */
    public static final InformationElement PRIVATE_ENTERPRISE_NUMBER =
            element(346, "privateEnterpriseNumber", DataType.UNSIGNED_32);

    /** layer2SegmentId, id 351. */
    public static final InformationElement LAYER2_SEGMENT_ID = element(351, "layer2SegmentId", DataType.UNSIGNED_64);

    /** portRangeStart, id 361. */
    public static final InformationElement PORT_RANGE_START = element(361, "portRangeStart", DataType.UNSIGNED_16);

    /** portRangeEnd, id 362. */
    public static final InformationElement PORT_RANGE_END = element(362, "portRangeEnd", DataType.UNSIGNED_16);

    /** portRangeStepSize, id 363. */
    public static final InformationElement PORT_RANGE_STEP_SIZE =
            element(363, "portRangeStepSize", DataType.UNSIGNED_16);

    /** portRangeNumPorts, id 364. */
    public static final InformationElement PORT_RANGE_NUM_PORTS =
            element(364, "portRangeNumPorts", DataType.UNSIGNED_16);

    /** userName, id 371. */
    public static final InformationElement USER_NAME = element(371, "userName", DataType.STRING);

    /** natInstanceID, id 463. */
    public static final InformationElement NAT_INSTANCE_ID = element(463, "natInstanceID", DataType.UNSIGNED_32);

    /** internalAddressRealm, id 464. */
    public static final InformationElement INTERNAL_ADDRESS_REALM =
            element(464, "internalAddressRealm", DataType.OCTET_ARRAY);

    /** externalAddressRealm, id 465. */
    public static final InformationElement EXTERNAL_ADDRESS_REALM =
            element(465, "externalAddressRealm", DataType.OCTET_ARRAY);

    /** natQuotaExceededEvent, id 466. */
    public static final InformationElement NAT_QUOTA_EXCEEDED_EVENT =
            element(466, "natQuotaExceededEvent", DataType.UNSIGNED_32);

    /** natThresholdEvent, id 467. */
    public static final InformationElement NAT_THRESHOLD_EVENT =
            element(467, "natThresholdEvent", DataType.UNSIGNED_32);

    /** maxSessionEntries, id 471. */
    public static final InformationElement MAX_SESSION_ENTRIES =
            element(471, "maxSessionEntries", DataType.UNSIGNED_32);

    /** maxBIBEntries, id 472. */
    public static final InformationElement MAX_BIB_ENTRIES = element(472, "maxBIBEntries", DataType.UNSIGNED_32);

    /** maxEntriesPerUser, id 473. */
    public static final InformationElement MAX_ENTRIES_PER_USER =
            element(473, "maxEntriesPerUser", DataType.UNSIGNED_32);

    /** maxSubscribers, id 474. */
    public static final InformationElement MAX_SUBSCRIBERS = element(474, "maxSubscribers", DataType.UNSIGNED_32);

    /** maxFragmentsPendingReassembly, id 475. */
    public static final InformationElement MAX_FRAGMENTS_PENDING_REASSEMBLY =
            element(475, "maxFragmentsPendingReassembly", DataType.UNSIGNED_32);

    /** addressPoolHighThreshold, id 476. */
    public static final InformationElement ADDRESS_POOL_HIGH_THRESHOLD =
            element(476, "addressPoolHighThreshold", DataType.UNSIGNED_32);

    /** addressPoolLowThreshold, id 477. */
    public static final InformationElement ADDRESS_POOL_LOW_THRESHOLD =
            element(477, "addressPoolLowThreshold", DataType.UNSIGNED_32);

    /** addressPortMappingHighThreshold, id 478. */
    public static final InformationElement ADDRESS_PORT_MAPPING_HIGH_THRESHOLD =
            element(478, "addressPortMappingHighThreshold", DataType.UNSIGNED_32);

    /** addressPortMappingLowThreshold, id 479. */
    public static final InformationElement ADDRESS_PORT_MAPPING_LOW_THRESHOLD =
            element(479, "addressPortMappingLowThreshold", DataType.UNSIGNED_32);

    /** addressPortMappingPerUserHighThreshold, id 480. */
    public static final InformationElement ADDRESS_PORT_MAPPING_PER_USER_HIGH_THRESHOLD =
            element(480, "addressPortMappingPerUserHighThreshold", DataType.UNSIGNED_32);

    /** globalAddressMappingHighThreshold, id 481. */
    public static final InformationElement GLOBAL_ADDRESS_MAPPING_HIGH_THRESHOLD =
            element(481, "globalAddressMappingHighThreshold", DataType.UNSIGNED_32);

    /** All of them, in the order of their ids. */
    public static final List<InformationElement> ELEMENTS = List.of(
            OCTET_DELTA_COUNT,
            PACKET_DELTA_COUNT,
            PROTOCOL_IDENTIFIER,
            IP_CLASS_OF_SERVICE,
            TCP_CONTROL_BITS,
            SOURCE_TRANSPORT_PORT,
            SOURCE_IPV4_ADDRESS,
            INGRESS_INTERFACE,
            DESTINATION_TRANSPORT_PORT,
            DESTINATION_IPV4_ADDRESS,
            EGRESS_INTERFACE,
            FLOW_END_SYS_UP_TIME,
            FLOW_START_SYS_UP_TIME,
            SOURCE_IPV6_ADDRESS,
            DESTINATION_IPV6_ADDRESS,
            EXPORTED_OCTET_TOTAL_COUNT,
            EXPORTED_MESSAGE_TOTAL_COUNT,
            EXPORTED_FLOW_RECORD_TOTAL_COUNT,
            VLAN_ID,
            IP_VERSION,
            FLOW_DIRECTION,
            EXPORTER_IPV4_ADDRESS,
            EXPORTER_IPV6_ADDRESS,
            FLOW_END_REASON,
            EXPORTING_PROCESS_ID,
            FLOW_ID,
            OBSERVATION_DOMAIN_ID,
            FLOW_START_SECONDS,
            FLOW_END_SECONDS,
            FLOW_START_MILLISECONDS,
            FLOW_END_MILLISECONDS,
            FLOW_START_MICROSECONDS,
            FLOW_END_MICROSECONDS,
            FLOW_START_NANOSECONDS,
            FLOW_END_NANOSECONDS,
            SYSTEM_INIT_TIME_MILLISECONDS,
            NOT_SENT_FLOW_TOTAL_COUNT,
            PADDING_OCTETS,
            POST_NAT_SOURCE_IPV4_ADDRESS,
            POST_NAT_DESTINATION_IPV4_ADDRESS,
            POST_NAPT_SOURCE_TRANSPORT_PORT,
            POST_NAPT_DESTINATION_TRANSPORT_PORT,
            NAT_ORIGINATING_ADDRESS_REALM,
            NAT_EVENT,
            FIREWALL_EVENT,
            INGRESS_VRFID,
            EGRESS_VRFID,
            POST_NAT_SOURCE_IPV6_ADDRESS,
            POST_NAT_DESTINATION_IPV6_ADDRESS,
            NAT_POOL_ID,
            NAT_POOL_NAME,
            OBSERVATION_TIME_SECONDS,
            OBSERVATION_TIME_MILLISECONDS,
            OBSERVATION_TIME_MICROSECONDS,
            OBSERVATION_TIME_NANOSECONDS,
            PRIVATE_ENTERPRISE_NUMBER,
            LAYER2_SEGMENT_ID,
            PORT_RANGE_START,
            PORT_RANGE_END,
            PORT_RANGE_STEP_SIZE,
            PORT_RANGE_NUM_PORTS,
            USER_NAME,
            NAT_INSTANCE_ID,
            INTERNAL_ADDRESS_REALM,
            EXTERNAL_ADDRESS_REALM,
            NAT_QUOTA_EXCEEDED_EVENT,
            NAT_THRESHOLD_EVENT,
            MAX_SESSION_ENTRIES,
            MAX_BIB_ENTRIES,
            MAX_ENTRIES_PER_USER,
            MAX_SUBSCRIBERS,
            MAX_FRAGMENTS_PENDING_REASSEMBLY,
            ADDRESS_POOL_HIGH_THRESHOLD,
            ADDRESS_POOL_LOW_THRESHOLD,
            ADDRESS_PORT_MAPPING_HIGH_THRESHOLD,
            ADDRESS_PORT_MAPPING_LOW_THRESHOLD,
            ADDRESS_PORT_MAPPING_PER_USER_HIGH_THRESHOLD,
            GLOBAL_ADDRESS_MAPPING_HIGH_THRESHOLD);

    private Iana() {}

    private static InformationElement element(int id, String name, DataType type) {
        return new InformationElement(0, id, name, type);
    }
}
