package io.portledger.collector;

import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.Template;
import io.portledger.records.BindingFact;
import io.portledger.records.InvalidRecordException;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the records of one IPFIX template say about bindings: the places of the fields are looked up once, then records
 * are read by them.
 *
 * <p>Port blocks are natEvent 16 and 17 (RFC 8158 §5.5.10) with portRangeStart and portRangeEnd, or with step size and
 * number of ports, or with our enterprise's PSID elements; whole addresses are natEvent 14 and 15.
 */
final class BindingTemplate {

    private static final int ADDRESS_BINDING_CREATE = 14;
    private static final int ADDRESS_BINDING_DELETE = 15;
    private static final int PORT_BLOCK_ALLOCATED = 16;
    private static final int PORT_BLOCK_RELEASED = 17;

    private static final Reading NO_NAT_EVENT = new Reading.NoBinding(
            Counter.OTHER_IPFIX_RECORDS,
            "the record has no natEvent, so it does not speak of a binding (a flow record or the like)");
    private static final Reading OPTIONS = new Reading.NoBinding(
            Counter.OTHER_IPFIX_RECORDS,
            "the record is of an options template and speaks of the exporter, not of a binding");
    private static final Reading SESSION = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS,
            "natEvent 1, 2 or 4 to 11 tells of a single session or mapping, which is not recorded as a binding yet");
    private static final Reading CONDITION = new Reading.NoBinding(
            Counter.OTHER_NAT_EVENTS,
            "natEvent 3, 12, 13 or 18 tells of the NAT's resources (exhaustion, quota, threshold), not of a binding");

    private final boolean isOptions;
    private final int event;
    private final int time;
    private final int publicAddress;
    private final int ipv6;
    private final int insideAddress;
    private final int subscriber;
    private final int instance;
    private final int rangeStart;
    private final int rangeEnd;
    private final int rangeStep;
    private final int rangePorts;
    private final int psidOffset;
    private final int psidLength;
    private final int psid;
    private final int br;

    BindingTemplate(Template template, Lw4o6Elements elements) {
        isOptions = template.isOptions();
        event = template.indexOf(Iana.NAT_EVENT);
        time = firstOf(
                template.indexOf(Iana.OBSERVATION_TIME_MILLISECONDS),
                template.indexOf(Iana.OBSERVATION_TIME_MICROSECONDS),
                template.indexOf(Iana.OBSERVATION_TIME_NANOSECONDS),
                template.indexOf(Iana.OBSERVATION_TIME_SECONDS));
        publicAddress = template.indexOf(Iana.POST_NAT_SOURCE_IPV4_ADDRESS);
        ipv6 = template.indexOf(Iana.SOURCE_IPV6_ADDRESS);
        insideAddress = template.indexOf(Iana.SOURCE_IPV4_ADDRESS);
        subscriber = template.indexOf(Iana.USER_NAME);
        instance = template.indexOf(Iana.NAT_INSTANCE_ID);
        rangeStart = template.indexOf(Iana.PORT_RANGE_START);
        rangeEnd = template.indexOf(Iana.PORT_RANGE_END);
        rangeStep = template.indexOf(Iana.PORT_RANGE_STEP_SIZE);
        rangePorts = template.indexOf(Iana.PORT_RANGE_NUM_PORTS);
        psidOffset = template.indexOf(elements.psidOffset());
        psidLength = template.indexOf(elements.psidLength());
        psid = template.indexOf(elements.psid());
        br = template.indexOf(elements.brAddress());
    }

    private static int firstOf(int... indexes) {
        for (int index : indexes) {
            if (index >= 0) {
                return index;
            }
        }
        return -1;
    }

    Reading read(DataRecord record) {
        if (isOptions) {
            return OPTIONS;
        }
        if (event < 0) {
            return NO_NAT_EVENT;
        }
        int natEvent = (int) record.unsigned(event);
        return switch (natEvent) {
            case ADDRESS_BINDING_CREATE, PORT_BLOCK_ALLOCATED ->
                binding(BindingEvent.Kind.ALLOCATED, natEvent == ADDRESS_BINDING_CREATE, record);
            case ADDRESS_BINDING_DELETE, PORT_BLOCK_RELEASED ->
                binding(BindingEvent.Kind.RELEASED, natEvent == ADDRESS_BINDING_DELETE, record);
            case 1, 2, 4, 5, 6, 7, 8, 9, 10, 11 -> SESSION;
            case 3, 12, 13, 18 -> CONDITION;
            default -> unusable("natEvent is " + natEvent + ", which RFC 8158 does not define (expected 1-18)");
        };
    }

    /** When it happened by the record, if it tells; for records that cannot be used otherwise. */
    OptionalLong eventTimeMillis(DataRecord record) {
        if (time < 0) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(record.epochMillis(time));
        } catch (IllegalArgumentException | ArithmeticException e) {
            return OptionalLong.empty();
        }
    }

    private Reading binding(BindingEvent.Kind kind, boolean isWholeAddress, DataRecord record) {
        if (time < 0) {
            return unusable("the record has no observationTimeMilliseconds or other observation time");
        }
        if (publicAddress < 0) {
            return unusable("the record has no postNATSourceIPv4Address");
        }
        try {
            return new Reading.Binding(new BindingFact(
                    kind,
                    record.epochMillis(time),
                    new Ipv4Address(record.ipv4(publicAddress)),
                    isWholeAddress ? PortSet.WHOLE_ADDRESS : ports(record),
                    address(record, ipv6),
                    insideAddress < 0 || record.ipv4(insideAddress) == 0
                            ? null
                            : new Ipv4Address(record.ipv4(insideAddress)),
                    subscriber(record),
                    instance < 0 ? 0 : (int) record.unsigned(instance),
                    address(record, br)));
        } catch (InvalidRecordException | IllegalArgumentException e) {
            return unusable(String.valueOf(e.getMessage()));
        }
    }

    private Ports ports(DataRecord record) {
        if (psidOffset >= 0 && psidLength >= 0 && psid >= 0) {
            return new PortSet(
                    (int) record.unsigned(psidOffset), (int) record.unsigned(psidLength), (int) record.unsigned(psid));
        }
        if (rangeStart < 0) {
            throw new IllegalArgumentException(
                    "the record has neither portRangeStart nor PSID offset, PSID length and PSID of our enterprise");
        }
        int first = (int) record.unsigned(rangeStart);
        int step = rangeStep < 0 ? 0 : (int) record.unsigned(rangeStep);
        int count = rangePorts < 0 ? 0 : (int) record.unsigned(rangePorts);
        if (step > 1) {
            return PortSet.ofStride(first, step, count)
                    .orElseThrow(() -> new IllegalArgumentException("portRangeStart " + first
                            + ", portRangeStepSize " + step + " and portRangeNumPorts " + count
                            + " are no port set of the generalised modulus algorithm (RFC 7597 §5.1)"));
        }
        if (rangeEnd >= 0) {
            PortRange range = new PortRange(first, (int) record.unsigned(rangeEnd));
            // 65536 ports do not fit the 16 bits of portRangeNumPorts and wrap to 0.
            if (count != 0 && count != range.size()) {
                throw new IllegalArgumentException(
                        "portRangeNumPorts is " + count + ", but ports " + range + " are " + range.size());
            }
            return Ports.of(range);
        }
        if (count == 0) {
            throw new IllegalArgumentException("the record has a portRangeStart, but neither portRangeEnd nor"
                    + " portRangeNumPorts says where the range ends");
        }
        return Ports.of(new PortRange(first, first + count - 1));
    }

    private static @Nullable Ipv6Address address(DataRecord record, int index) {
        if (index < 0) {
            return null;
        }
        Ipv6Address address = new Ipv6Address(record.ipv6High(index), record.ipv6Low(index));
        return address.equals(Ipv6Address.UNSPECIFIED) ? null : address;
    }

    private @Nullable String subscriber(DataRecord record) {
        if (subscriber < 0 || record.length(subscriber) == 0) {
            return null;
        }
        String name = record.string(subscriber);
        return name == null || name.isEmpty() ? null : name;
    }

    private static Reading unusable(String reason) {
        return new Reading.NoBinding(Counter.UNDECODABLE_IPFIX_RECORD, reason);
    }
}
