package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.records.v1.Holder;
import io.portledger.records.v1.NatCondition;
import java.util.List;

/**
 * What the records of a template say about a NAT's resources: exhaustion, quotas and thresholds (RFC 8158 §5.5.6, §5.5.8
 * to §5.5.10, natEvent 3, 12, 13 and 18).
 */
final class ConditionTemplate {

    /** In the order of the values of natQuotaExceededEvent, from 1 on. */
    private static final List<InformationElement> QUOTAS = List.of(
            Iana.MAX_SESSION_ENTRIES,
            Iana.MAX_BIB_ENTRIES,
            Iana.MAX_ENTRIES_PER_USER,
            Iana.MAX_SUBSCRIBERS,
            Iana.MAX_FRAGMENTS_PENDING_REASSEMBLY);

    /** In the order of the values of natThresholdEvent, from 1 on; then those that are no event's own. */
    private static final List<InformationElement> THRESHOLDS = List.of(
            Iana.ADDRESS_POOL_HIGH_THRESHOLD,
            Iana.ADDRESS_POOL_LOW_THRESHOLD,
            Iana.ADDRESS_PORT_MAPPING_HIGH_THRESHOLD,
            Iana.ADDRESS_PORT_MAPPING_PER_USER_HIGH_THRESHOLD,
            Iana.GLOBAL_ADDRESS_MAPPING_HIGH_THRESHOLD,
            Iana.ADDRESS_PORT_MAPPING_LOW_THRESHOLD);

    private final TemplateFields fields;
    private final int publicAddress;
    private final int protocol;
    private final int poolId;
    private final int poolName;
    private final int quota;
    private final int threshold;
    private final int[] quotas;
    private final int[] thresholds;

    ConditionTemplate(TemplateFields fields) {
        this.fields = fields;
        publicAddress = fields.firstOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS);
        protocol = fields.firstOf(Iana.PROTOCOL_IDENTIFIER);
        poolId = fields.firstOf(Iana.NAT_POOL_ID);
        poolName = fields.firstOf(Iana.NAT_POOL_NAME);
        quota = fields.firstOf(Iana.NAT_QUOTA_EXCEEDED_EVENT);
        threshold = fields.firstOf(Iana.NAT_THRESHOLD_EVENT);
        quotas = QUOTAS.stream().mapToInt(fields::firstOf).toArray();
        thresholds = THRESHOLDS.stream().mapToInt(fields::firstOf).toArray();
    }

    /**
     * Some exporters number their events by an early draft of RFC 8158, where 12 and 13 are bindings of addresses.
     *
     * @return whether a record of the template can be the condition that the RFC says it is
     */
    boolean isPlausible(int natEvent) {
        return switch (natEvent) {
            case 12 -> !fields.hasHolder();
            case 13 -> quota >= 0;
            default -> true;
        };
    }

    Reading read(int natEvent, DataRecord record) {
        NatCondition.Builder condition = NatCondition.newBuilder()
                .setEventTimeMillis(fields.timeMillis(record))
                .setNatInstance(fields.instance(record));
        switch (natEvent) {
            case 3 -> condition.setKind(NatCondition.Kind.ADDRESSES_EXHAUSTED);
            case 12 -> condition.setKind(NatCondition.Kind.PORTS_EXHAUSTED);
            case 13 -> {
                int which = TemplateFields.number(record, quota);
                condition
                        .setKind(NatCondition.Kind.QUOTA_EXCEEDED)
                        .setDetail(which)
                        .setLimit(limit(record, which, quotas));
            }
            default -> {
                int which = TemplateFields.number(record, threshold);
                condition
                        .setKind(NatCondition.Kind.THRESHOLD_REACHED)
                        .setDetail(which)
                        .setLimit(limit(record, which, thresholds));
            }
        }
        if (publicAddress >= 0) {
            condition.setIpv4(record.ipv4(publicAddress));
        }
        condition.setProtocol(TemplateFields.number(record, protocol)).setPoolId(TemplateFields.number(record, poolId));
        String name = TemplateFields.text(record, poolName);
        if (name != null) {
            condition.setPoolName(name);
        }
        Holder holder = fields.holder(record);
        if (holder != null) {
            condition.setHolder(holder);
        }
        return new Reading.Condition(condition.build());
    }

    /** The limit of the event's own element, else of whichever is there. */
    private static long limit(DataRecord record, int which, int[] indexes) {
        if (which >= 1 && which <= indexes.length && indexes[which - 1] >= 0) {
            return record.unsigned(indexes[which - 1]);
        }
        for (int index : indexes) {
            if (index >= 0) {
                return record.unsigned(index);
            }
        }
        return 0;
    }
}
