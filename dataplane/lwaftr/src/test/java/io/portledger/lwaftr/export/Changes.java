package io.portledger.lwaftr.export;

import io.portledger.lwaftr.BindingChange;
import io.portledger.lwaftr.BindingUsage;
import io.portledger.lwaftr.PoolEvent;
import io.portledger.lwaftr.forwarding.BindingVolume;
import io.portledger.settings.HostPort;
import io.portledger.softwire.Binding;
import io.portledger.softwire.Ipv4Address;
import io.portledger.softwire.Ipv6Address;
import io.portledger.softwire.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The example subscriber's bindings, and settings for tests. */
final class Changes {

    static final Instant CREATED_AT = Instant.parse("2023-11-14T22:13:20.123Z");
    static final Ipv6Address B4 = Ipv6Address.parse("2001:db8:0:100:0:c000:201:22");
    static final Ipv4Address IPV4 = Ipv4Address.parse("192.0.2.1");
    static final Ipv6Address BR = Ipv6Address.parse("2001:db8:ffff::1");

    /** Ports 34816 to 35839. */
    static final PortSet RANGE = new PortSet(0, 6, 34);

    static final PortSet SCATTERED = new PortSet(4, 6, 34);

    static final PoolEvent HIGH = new PoolEvent(PoolEvent.Kind.HIGH, CREATED_AT, 2, "default", 80, 205);

    static final PoolEvent LOW = new PoolEvent(PoolEvent.Kind.LOW, CREATED_AT, 2, "default", 75, 192);

    static final PoolEvent EXHAUSTED = new PoolEvent(PoolEvent.Kind.EXHAUSTED, CREATED_AT, 2, "default", 100, 256);

    private Changes() {}

    /** What the example subscriber's binding carried in a minute. */
    static BindingUsage usage(PortSet ports, @Nullable String subscriber) {
        return new BindingUsage(
                CREATED_AT.toEpochMilli(),
                CREATED_AT.plusSeconds(60).toEpochMilli(),
                new Binding(B4, IPV4, ports, BR, subscriber),
                "default",
                new BindingVolume(13, 14, 11, 12),
                7);
    }

    static BindingChange created(PortSet ports, Ipv6Address br, @Nullable String subscriber) {
        return change(BindingChange.Kind.CREATED, CREATED_AT, ports, br, subscriber);
    }

    static BindingChange change(
            BindingChange.Kind kind, Instant at, PortSet ports, Ipv6Address br, @Nullable String subscriber) {
        return new BindingChange(kind, at, new Binding(B4, IPV4, ports, br, subscriber));
    }

    /** The creation of binding {@code number}, a range of 64 ports, as many milliseconds after {@link #CREATED_AT}. */
    static BindingChange numbered(int number) {
        return new BindingChange(
                BindingChange.Kind.CREATED,
                CREATED_AT.plusMillis(number),
                new Binding(B4, IPV4.plus(number >> 10), new PortSet(0, 10, number & 1023), BR));
    }

    static ExportSettings toIpfix(HostPort collector, int queueRecords) {
        return new ExportSettings(
                32473,
                0,
                new ExportSettings.Ipfix(
                        List.of(collector),
                        7,
                        Duration.ofMinutes(5),
                        1232,
                        Duration.ofMillis(20),
                        queueRecords,
                        Duration.ofMinutes(5),
                        64),
                new ExportSettings.Syslog(List.of(), null, 1));
    }

    static ExportSettings toSyslog(SyslogReceiver receiver, int queueMessages) {
        return new ExportSettings(
                32473,
                0,
                new ExportSettings.Ipfix(
                        List.of(), 7, Duration.ofMinutes(5), 1232, Duration.ofMillis(20), 1, Duration.ZERO, 0),
                new ExportSettings.Syslog(List.of(receiver), "lwaftr1.example.net", queueMessages));
    }
}
