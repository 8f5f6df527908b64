package io.portledger.lwaftr.export;

import io.portledger.ipfix.Iana;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.RecordWriter;
import io.portledger.ipfix.Template;
import io.portledger.lwaftr.PoolEvent;
import java.util.List;

/** The templates of what happens to service classes: RFC 8158 §5.5.6 and §5.5.10. */
final class PoolTemplates {

    /** How many ids they take. */
    static final int COUNT = 3;

    /** natEvent: no public address has anything left. */
    private static final int ADDRESSES_EXHAUSTED = 3;
    /** natEvent: a threshold was crossed. */
    private static final int THRESHOLD = 18;
    /** natThresholdEvent: more of the pool is in use than its high threshold. */
    private static final int POOL_HIGH = 1;
    /** natThresholdEvent: less of the pool is in use than its low threshold. */
    private static final int POOL_LOW = 2;

    private final long natInstance;
    private final Template high;
    private final Template low;
    private final Template exhausted;
    private final RecordMapping<PoolEvent> mapping = this::write;

    /** @param firstId the first of {@link #COUNT} ids */
    PoolTemplates(int firstId, long natInstance) {
        this.natInstance = natInstance;
        high = Template.of(
                firstId,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.NAT_THRESHOLD_EVENT,
                Iana.NAT_POOL_ID,
                Iana.ADDRESS_POOL_HIGH_THRESHOLD,
                Iana.NAT_INSTANCE_ID,
                Iana.NAT_POOL_NAME);
        low = Template.of(
                firstId + 1,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.NAT_THRESHOLD_EVENT,
                Iana.NAT_POOL_ID,
                Iana.ADDRESS_POOL_LOW_THRESHOLD,
                Iana.NAT_INSTANCE_ID,
                Iana.NAT_POOL_NAME);
        exhausted = Template.of(
                firstId + 2,
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.NAT_EVENT,
                Iana.NAT_POOL_ID,
                Iana.NAT_INSTANCE_ID,
                Iana.NAT_POOL_NAME);
    }

    List<Template> all() {
        return List.of(high, low, exhausted);
    }

    Template of(PoolEvent event) {
        return switch (event.kind()) {
            case HIGH -> high;
            case LOW -> low;
            case EXHAUSTED -> exhausted;
        };
    }

    /** Writes an event as a record of the template that {@link #of} gives. */
    RecordMapping<PoolEvent> mapping() {
        return mapping;
    }

    private void write(PoolEvent event, RecordWriter fields) {
        fields.putEpochMillis(event.at().toEpochMilli());
        if (event.kind() == PoolEvent.Kind.EXHAUSTED) {
            fields.putUnsigned(ADDRESSES_EXHAUSTED).putUnsigned(event.poolId());
        } else {
            fields.putUnsigned(THRESHOLD)
                    .putUnsigned(event.kind() == PoolEvent.Kind.HIGH ? POOL_HIGH : POOL_LOW)
                    .putUnsigned(event.poolId())
                    .putUnsigned(event.addresses());
        }
        fields.putUnsigned(natInstance).putString(event.poolName());
    }
}
