package io.portledger.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.portledger.records.v1.Evidence;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Sessions as a whole, under whatever may come by datagrams. */
class ExporterSessionsProperties {

    private static final int WAITING_OF_ALL = 20_000;
    private static final List<String> FLOWSETS = List.of(
            "0000000c" + "01000001" + "00e60001",
            "01000005" + "10",
            "00000028" + "01000008" + "01430008" + "00e60001" + "00080004" + "00e10004" + "00e30002" + "00040001"
                    + "000c0004" + "000b0002",
            "0100001e" + "0000018bcfe5687b" + "04" + "0a000007" + "c0000201" + "8801" + "06" + "c6336401" + "01bb");

    @Property(tries = 40)
    void memoryIsBoundedAndEverythingIsAccountedFor(@ForAll Random random) {
        TestClock clock = new TestClock(Messages.EXPORT_SECONDS * 1000);
        try (KafkaInMemory kafka = new KafkaInMemory(true, 1L << 30)) {
            IpfixIntake intake = intake(kafka, clock);
            ExporterSessions sessions = intake.datagramSessions(kafka.outbox.new Batch(), "capture.pcap");
            Messages.Exporter exporter = new Messages.Exporter();
            int messages = 0;
            for (int i = 0; i < 300; i++) {
                InetSocketAddress sender = new InetSocketAddress("192.0.2." + random.nextInt(6), 50_000);
                byte[] message = message(exporter, random);
                sessions.take(sender, Evidence.Transport.FILE, Unpooled.wrappedBuffer(message), clock.millis());
                messages += message.length > 0 ? 1 : 0;
                clock.advance(random.nextInt(2_000));
                if (random.nextInt(10) == 0) {
                    sessions.expire(clock.millis());
                }
                assertThat(intake.waitingOctets()).isBetween(0L, (long) WAITING_OF_ALL);
            }
            sessions.close(clock.millis());

            assertThat(intake.waitingOctets()).isZero();
            assertThat(sessions.waitingSinceMillis()).isEqualTo(Long.MAX_VALUE);
            CollectorCounters counters = kafka.tally.read();
            assertThat(counters.get(Counter.UNDECODABLE_BY_FAULT)).isZero();
            assertThat(counters.get(Counter.IPFIX_MESSAGES)
                            + counters.get(Counter.NETFLOW_PACKETS)
                            + counters.get(Counter.UNDECODABLE_IPFIX_MESSAGE))
                    .isGreaterThanOrEqualTo(messages);
            // Every record became one thing or another.
            assertThat(counters.get(Counter.BINDING_EVENTS)
                            + counters.get(Counter.NAT_CONDITIONS)
                            + counters.get(Counter.PORT_USAGE)
                            + counters.get(Counter.OTHER_IPFIX_RECORDS)
                            + counters.get(Counter.OTHER_NAT_EVENTS)
                            + counters.get(Counter.UNDECODABLE_IPFIX_RECORD))
                    .isEqualTo(counters.get(Counter.IPFIX_RECORDS));
        }
    }

    private static IpfixIntake intake(KafkaInMemory kafka, TestClock clock) {
        return Intakes.of(
                Intakes.settings(Map.of(
                        "template-lifetime", "2m",
                        "template-wait", "60s",
                        "waiting-octets-per-session", "8000",
                        "waiting-octets", Integer.toString(WAITING_OF_ALL),
                        "max-sessions", "4",
                        "session-idle", "90s")),
                kafka,
                clock,
                new SkewWatch(kafka.gapBoard, 5000, 0),
                OptionalLong.empty(),
                null);
    }

    /** One that is sound, or a damaged one, or no message at all. */
    private static byte[] message(Messages.Exporter exporter, Random random) {
        byte[] message = switch (random.nextInt(8)) {
            case 0 -> exporter.template(Messages.EXPORT_SECONDS);
            case 1, 2 -> exporter.records(1 + random.nextInt(30), Messages.EXPORT_SECONDS);
            case 3 -> Messages.TEMPLATES.clone();
            case 4 -> Messages.RECORDS.clone();
            case 5, 6 ->
                HexFormat.of()
                        .parseHex(String.format(
                                        "000900%02x00001000%08x%08x00000001",
                                        1, Messages.EXPORT_SECONDS, random.nextInt(1000))
                                + FLOWSETS.get(random.nextInt(FLOWSETS.size())));
            default -> {
                byte[] octets = new byte[random.nextInt(100)];
                random.nextBytes(octets);
                yield octets;
            }
        };
        if (message.length > 0 && random.nextInt(4) == 0) {
            message[random.nextInt(message.length)] = (byte) random.nextInt();
        }
        return random.nextInt(10) == 0 ? Arrays.copyOf(message, random.nextInt(message.length + 1)) : message;
    }
}
