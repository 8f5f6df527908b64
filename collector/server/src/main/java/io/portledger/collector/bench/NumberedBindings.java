package io.portledger.collector.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.portledger.ipfix.Iana;
import io.portledger.ipfix.IpfixEncoder;
import io.portledger.ipfix.RecordMapping;
import io.portledger.ipfix.Template;
import io.portledger.records.BindingFact;
import io.portledger.records.v1.BindingEvent;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortRange;
import io.portledger.softwire.Ports;
import io.portledger.syslog.NatLogging;
import io.portledger.syslog.SdElement;
import io.portledger.syslog.SyslogMessage;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bindings with a number each, told soundly in IPFIX and syslog, and which of them were found where events end up. One
 * thread may tell while another looks.
 */
public final class NumberedBindings {

    /** The network of all lwB4s; the lower half of an address is the number. */
    private static final long NETWORK = 0x2001_0db8_5005_0000L;

    private static final int FIRST_ADDRESS = 0xc612_0000;
    private static final int ADDRESSES = 1 << 17;
    private static final int BLOCK_PORTS = 1_024;
    /** Ports below 1024 are nobody's. */
    private static final int BLOCKS = 63;

    private static final int PORT_BLOCK_ALLOCATION = 16;
    private static final int MAX_MESSAGE_OCTETS = 1_400;

    private static final Template TEMPLATE = Template.of(
            Template.MIN_ID,
            Iana.OBSERVATION_TIME_MILLISECONDS,
            Iana.NAT_EVENT,
            Iana.SOURCE_IPV6_ADDRESS,
            Iana.POST_NAT_SOURCE_IPV4_ADDRESS,
            Iana.PORT_RANGE_START,
            Iana.PORT_RANGE_END);

    private record Numbered(int number, long millis) {
        int ipv4() {
            return FIRST_ADDRESS + number % ADDRESSES;
        }

        int firstPort() {
            return BLOCK_PORTS * (1 + number / ADDRESSES % BLOCKS);
        }

        int lastPort() {
            return firstPort() + BLOCK_PORTS - 1;
        }

        Ipv6Address b4() {
            return new Ipv6Address(NETWORK, number);
        }
    }

    private static final RecordMapping<Numbered> MAPPING = (binding, fields) -> fields.putEpochMillis(binding.millis())
            .putUnsigned(PORT_BLOCK_ALLOCATION)
            .putIpv6(NETWORK, binding.number())
            .putIpv4(binding.ipv4())
            .putUnsigned(binding.firstPort())
            .putUnsigned(binding.lastPort());

    private final Map<Integer, IpfixEncoder> sessions = new HashMap<>();
    private long[] millis = new long[1_024];
    private int told;
    private final BitSet found = new BitSet();
    private long altered;

    /**
     * A message with its template and a binding more.
     *
     * @param observationDomain of the exporter, which has one session and sends all of its messages by it
     */
    public byte[] ipfix(int observationDomain) {
        IpfixEncoder session =
                sessions.computeIfAbsent(observationDomain, domain -> new IpfixEncoder(domain, MAX_MESSAGE_OCTETS));
        Numbered binding = next();
        ByteBuf out = Unpooled.buffer();
        session.begin(out, binding.millis() / 1000);
        session.addTemplate(TEMPLATE);
        session.addRecord(TEMPLATE, binding, MAPPING);
        session.end();
        return ByteBufUtil.getBytes(out);
    }

    /** A message of syslog about a binding more. */
    public byte[] syslog() {
        Numbered binding = next();
        String b4 = binding.b4().toString();
        SdElement element = SdElement.named(NatLogging.NPRNG)
                .with(NatLogging.SSUBIX, "0")
                .with(NatLogging.SV6ENC, b4)
                .with(NatLogging.IATYP, NatLogging.IPV6_TYPE)
                .with(NatLogging.ISADDR, b4)
                .with(NatLogging.XATYP, NatLogging.IPV4_TYPE)
                .with(NatLogging.XSADDR, new Ipv4Address(binding.ipv4()).toString())
                .with(NatLogging.PORTMN, binding.firstPort())
                .with(NatLogging.PORTMX, binding.lastPort())
                .with(NatLogging.TRIG, NatLogging.TRIG_ADMIN)
                .build();
        return SyslogMessage.ofStructuredData(
                        Instant.ofEpochMilli(binding.millis()),
                        "sound",
                        NatLogging.NAT,
                        null,
                        NatLogging.PTADD,
                        List.of(element))
                .toBytes();
    }

    private synchronized Numbered next() {
        if (told == millis.length) {
            millis = Arrays.copyOf(millis, 2 * told);
        }
        millis[told] = System.currentTimeMillis();
        return new Numbered(told, millis[told++]);
    }

    /** An event that the collector made of something. */
    public synchronized void find(BindingEvent event) {
        BindingFact fact = BindingFact.from(event);
        Ipv6Address b4 = fact.ipv6();
        if (b4 == null || b4.high() != NETWORK) {
            return;
        }
        if (b4.low() < 0 || b4.low() >= told || !fact.equals(fact((int) b4.low()))) {
            altered++;
        } else {
            found.set((int) b4.low());
        }
    }

    private BindingFact fact(int number) {
        Numbered binding = new Numbered(number, millis[number]);
        return new BindingFact(
                BindingEvent.Kind.ALLOCATED,
                binding.millis(),
                new Ipv4Address(binding.ipv4()),
                Ports.of(new PortRange(binding.firstPort(), binding.lastPort())),
                binding.b4(),
                null,
                null,
                0,
                null);
    }

    /** How many were told. */
    public synchronized int told() {
        return told;
    }

    /** How many of them were found, once or more often. */
    public synchronized int found() {
        return found.cardinality();
    }

    /** Events about lwB4s of these that say something else than what was told. */
    public synchronized long altered() {
        return altered;
    }

    /** The numbers of those that were told and not found, in ascending order. */
    public synchronized int[] missing() {
        BitSet missing = new BitSet();
        missing.set(0, told);
        missing.andNot(found);
        return missing.stream().toArray();
    }
}
