package io.portledger.jobs;

import com.google.protobuf.InvalidProtocolBufferException;
import io.portledger.ledger.Finding;
import io.portledger.ledger.Finding.Kind;
import io.portledger.records.Topic;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.NatCondition;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import java.io.Serial;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Makes findings of what NATs tell of their resources, the records of {@link Topic#NAT_CONDITIONS}. */
final class ConditionReader extends ProcessFunction<KafkaRecord, LedgerWrite> {

    @Serial
    private static final long serialVersionUID = 1L;

    // RFC 8158 §5.5.8 and §5.5.9, by the values of natQuotaExceededEvent and natThresholdEvent.
    private static final List<String> QUOTAS =
            List.of("sessions", "mappings", "entries of one user", "active subscribers", "fragments that wait");
    private static final List<String> THRESHOLDS = List.of(
            "addresses in use of the pool are many",
            "addresses in use of the pool are few",
            "mappings of addresses and ports are many",
            "mappings of addresses and ports of one user are many",
            "mappings of global addresses are many");

    @Override
    public void processElement(KafkaRecord kafkaRecord, Context context, Collector<LedgerWrite> out) {
        try {
            NatCondition condition = NatCondition.parseFrom(kafkaRecord.value);
            Kind kind = kind(condition);
            if (kind == null || condition.getEventTimeMillis() < 1) {
                context.output(
                        Refused.TAG,
                        Refused.unreadable(
                                Topic.NAT_CONDITIONS,
                                kafkaRecord,
                                "kind is " + condition.getKind() + " and event_time_millis "
                                        + condition.getEventTimeMillis() + " (allowed: a known kind, 1 and more)"));
                return;
            }
            out.collect(LedgerWrite.write(finding(kind, condition), 0));
        } catch (InvalidProtocolBufferException e) {
            context.output(
                    Refused.TAG, Refused.unreadable(Topic.NAT_CONDITIONS, kafkaRecord, String.valueOf(e.getMessage())));
        }
    }

    private static @Nullable Kind kind(NatCondition condition) {
        return switch (condition.getKind()) {
            case ADDRESSES_EXHAUSTED -> Kind.ADDRESSES_EXHAUSTED;
            case PORTS_EXHAUSTED -> Kind.PORTS_EXHAUSTED;
            case QUOTA_EXCEEDED -> Kind.QUOTA_EXCEEDED;
            case THRESHOLD_REACHED -> Kind.THRESHOLD_REACHED;
            case KIND_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    }

    private static Finding finding(Kind kind, NatCondition condition) {
        Evidence evidence = condition.getEvidence();
        String exporter = Refused.exporter(evidence.getExporter());
        List<String> holders = holders(condition);
        return new Finding(
                String.join(
                        "/",
                        kind.name(),
                        exporter,
                        Long.toString(condition.getEventTimeMillis(), 36),
                        Integer.toUnsignedString(condition.getDetail()),
                        Integer.toUnsignedString(condition.getPoolId()),
                        Integer.toHexString(condition.getIpv4()),
                        Integer.toHexString(holders.hashCode())),
                kind,
                Instant.ofEpochMilli(condition.getEventTimeMillis()),
                summary(kind, condition),
                condition.getIpv4() == 0 ? null : new Ipv4Address(condition.getIpv4()),
                null,
                holders,
                List.of(exporter),
                condition.getLevel(),
                condition.getLimit());
    }

    private static String summary(Kind kind, NatCondition condition) {
        String pool = condition.getPoolName().isEmpty()
                ? condition.getPoolId() == 0 ? "" : " of pool " + Integer.toUnsignedString(condition.getPoolId())
                : " of pool " + condition.getPoolName();
        String what = switch (kind) {
            case ADDRESSES_EXHAUSTED -> "No public address" + pool + " is left";
            case PORTS_EXHAUSTED ->
                "No port of " + new Ipv4Address(condition.getIpv4()) + " is left"
                        + (condition.getProtocol() == 0 ? "" : " for protocol " + condition.getProtocol());
            case QUOTA_EXCEEDED -> "The limit of " + named(QUOTAS, condition.getDetail(), "quota") + pool + " was met";
            default -> "A threshold was passed: " + named(THRESHOLDS, condition.getDetail(), "threshold") + pool;
        };
        return what
                + (condition.getLevel() == 0 ? "" : ", level " + Long.toUnsignedString(condition.getLevel()))
                + (condition.getLimit() == 0 ? "" : ", limit " + Long.toUnsignedString(condition.getLimit()));
    }

    private static String named(List<String> names, int value, String otherwise) {
        return value >= 1 && value <= names.size()
                ? names.get(value - 1)
                : otherwise + " " + Integer.toUnsignedString(value);
    }

    private static List<String> holders(NatCondition condition) {
        List<String> holders = new ArrayList<>();
        if (condition.getHolder().getIpv6().size() == 16) {
            holders.add(Ipv6Address.fromBytes(condition.getHolder().getIpv6().toByteArray(), 0)
                    .toString());
        }
        if (condition.getHolder().getInsideIpv4() != 0) {
            holders.add(new Ipv4Address(condition.getHolder().getInsideIpv4()).toString());
        }
        if (!condition.getHolder().getSubscriber().isEmpty()) {
            holders.add(condition.getHolder().getSubscriber());
        }
        return holders;
    }
}
