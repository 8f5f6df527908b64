package io.portledger.collector;

import com.google.protobuf.UnsafeByteOperations;
import io.portledger.ipfix.DataRecord;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.InformationElement;
import io.portledger.ipfix.Lw4o6Elements;
import io.portledger.ipfix.Template;
import io.portledger.records.v1.Holder;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.PortSet;
import io.portledger.softwire.Ports;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The places of those fields of a template that records of every kind may have, and how they are read. */
final class TemplateFields {

    private final Template template;
    private final int time;
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

    TemplateFields(Template template, Lw4o6Elements elements) {
        this.template = template;
        time = firstOf(
                Iana.OBSERVATION_TIME_MILLISECONDS,
                Iana.OBSERVATION_TIME_MICROSECONDS,
                Iana.OBSERVATION_TIME_NANOSECONDS,
                Iana.OBSERVATION_TIME_SECONDS);
        ipv6 = template.indexOf(Iana.SOURCE_IPV6_ADDRESS);
        insideAddress = template.indexOf(Iana.SOURCE_IPV4_ADDRESS);
        subscriber = template.indexOf(Iana.USER_NAME);
        // Where an exporter has no instances, the VRF tells equal inside addresses apart.
        instance = firstOf(Iana.NAT_INSTANCE_ID, Iana.INGRESS_VRFID);
        rangeStart = template.indexOf(Iana.PORT_RANGE_START);
        rangeEnd = template.indexOf(Iana.PORT_RANGE_END);
        rangeStep = template.indexOf(Iana.PORT_RANGE_STEP_SIZE);
        rangePorts = template.indexOf(Iana.PORT_RANGE_NUM_PORTS);
        psidOffset = template.indexOf(elements.psidOffset());
        psidLength = template.indexOf(elements.psidLength());
        psid = template.indexOf(elements.psid());
        br = template.indexOf(elements.brAddress());
    }

    /** The place of the first of these elements that the template has, or -1. */
    int firstOf(InformationElement... elements) {
        for (InformationElement element : elements) {
            int index = template.indexOf(element);
            if (index >= 0) {
                return index;
            }
        }
        return -1;
    }

    boolean hasTime() {
        return time >= 0;
    }

    boolean hasHolder() {
        return ipv6 >= 0 || insideAddress >= 0 || subscriber >= 0;
    }

    /** Whether there are ports of a block: a range, or our enterprise's PSID elements. */
    boolean hasPorts() {
        return rangeStart >= 0 || hasPsid();
    }

    private boolean hasPsid() {
        return psidOffset >= 0 && psidLength >= 0 && psid >= 0;
    }

    /** When it happened. */
    long timeMillis(DataRecord record) {
        if (time < 0) {
            throw new IllegalArgumentException(
                    "the record has no observationTimeMilliseconds or other observation time");
        }
        return record.epochMillis(time);
    }

    /** When it happened by the record, if it tells; for records that cannot be used otherwise. */
    OptionalLong timeIfTold(DataRecord record) {
        if (time < 0) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(record.epochMillis(time));
        } catch (IllegalArgumentException | IllegalStateException | ArithmeticException e) {
            return OptionalLong.empty();
        }
    }

    /** The holder's IPv6 address, or null. */
    @Nullable
    Ipv6Address ipv6(DataRecord record) {
        return address(record, ipv6);
    }

    /** The holder's address inside a NAT, or null. */
    @Nullable
    Ipv4Address insideIpv4(DataRecord record) {
        return ipv4(record, insideAddress);
    }

    /** The lwAFTR's tunnel end point, or null. */
    @Nullable
    Ipv6Address br(DataRecord record) {
        return address(record, br);
    }

    /** The subscriber's name, or null. */
    @Nullable
    String subscriber(DataRecord record) {
        return text(record, subscriber);
    }

    int instance(DataRecord record) {
        return instance < 0 ? 0 : (int) record.unsigned(instance);
    }

    /** The holder as records have it that are no binding events, or null if nobody is named. */
    @Nullable
    Holder holder(DataRecord record) {
        Ipv6Address address = ipv6(record);
        Ipv4Address inside = insideIpv4(record);
        String name = subscriber(record);
        if (address == null && inside == null && name == null) {
            return null;
        }
        Holder.Builder holder = Holder.newBuilder().setNatInstance(instance(record));
        if (address != null) {
            holder.setIpv6(UnsafeByteOperations.unsafeWrap(address.toBytes()));
        }
        if (inside != null) {
            holder.setInsideIpv4(inside.bits());
        }
        if (name != null) {
            holder.setSubscriber(name);
        }
        return holder.build();
    }

    /** The ports of a block. */
    Ports ports(DataRecord record) {
        if (hasPsid()) {
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

    /** The address there, or null if there is none or it is 0.0.0.0. */
    static @Nullable Ipv4Address ipv4(DataRecord record, int index) {
        int bits = index < 0 ? 0 : record.ipv4(index);
        return bits == 0 ? null : new Ipv4Address(bits);
    }

    /** The number there, or 0 if there is none. */
    static int number(DataRecord record, int index) {
        return index < 0 ? 0 : (int) record.unsigned(index);
    }

    /** The text there, or null if there is none. */
    static @Nullable String text(DataRecord record, int index) {
        if (index < 0 || record.length(index) == 0) {
            return null;
        }
        String text = record.string(index);
        return text == null || text.isEmpty() ? null : text;
    }

    private static @Nullable Ipv6Address address(DataRecord record, int index) {
        if (index < 0) {
            return null;
        }
        Ipv6Address address = new Ipv6Address(record.ipv6High(index), record.ipv6Low(index));
        return address.equals(Ipv6Address.UNSPECIFIED) ? null : address;
    }
}
