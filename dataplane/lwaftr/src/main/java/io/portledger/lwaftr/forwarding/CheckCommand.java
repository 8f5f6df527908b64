package io.portledger.lwaftr.forwarding;

import io.portledger.lwaftr.LwaftrSettings;
import io.portledger.packet.CaptureReader;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.CapturedPacket;
import io.portledger.packet.Framing;
import io.portledger.packet.LinkType;
import io.portledger.packet.Memory;
import io.portledger.packet.PacketBatch;
import io.portledger.settings.SettingsException;
import io.portledger.softwire.table.BindingTableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code lwaftr check}: capture files through the real engine, with the same result each time. */
@Command(
        name = "check",
        description = {
            "Forwards the packets of capture files by the real engine and writes what comes out to capture files.",
            "Packets are taken in file order, one of --in4 and one of --in6 in turn; an input may be left out. "
                    + "Captures may be raw IP, Ethernet (by the settings, with VLAN) or NULL; the output of a side has "
                    + "the link type of its input, and the time of the packet that led to it."
        },
        mixinStandardHelpOptions = true)
public final class CheckCommand implements Callable<Integer> {

    @Parameters(paramLabel = "CONFIG", description = "The lwAFTR's settings (YAML).")
    private Path config;

    @Option(names = "--in4", paramLabel = "FILE", description = "Packets that come from the IPv4 side.")
    private @Nullable Path in4;

    @Option(names = "--in6", paramLabel = "FILE", description = "Packets that come from the IPv6 side.")
    private @Nullable Path in6;

    @Option(names = "--out4", paramLabel = "FILE", description = "Where packets to the IPv4 side are written.")
    private @Nullable Path out4;

    @Option(names = "--out6", paramLabel = "FILE", description = "Where packets to the IPv6 side are written.")
    private @Nullable Path out6;

    @Option(names = "--counters", paramLabel = "FILE", description = "Where the counters are written, as JSON.")
    private @Nullable Path countersFile;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try {
            LwaftrSettings settings = LwaftrSettings.read(config, System.getenv());
            Capture ipv4 = Capture.read(in4);
            Capture ipv6 = Capture.read(in6);
            try (BindingTable table = settings.loadBindingTable(1);
                    Run run = new Run(settings.forwarding(), table, ipv4, ipv6, out4, out6)) {
                run.forwardAll();
                if (countersFile != null) {
                    Files.writeString(countersFile, toJson(run.counters().byName()));
                }
                spec.commandLine()
                        .getOut()
                        .printf(
                                "%d packets in, %d packets out%n",
                                run.counters().packets(Counter.Kind.ARRIVED),
                                run.counters().packets(Counter.Kind.SENT));
            }
            return 0;
        } catch (SettingsException | BindingTableException | IllegalArgumentException | IOException e) {
            spec.commandLine().getErr().println("lwaftr check: " + e.getMessage());
            return 2;
        } catch (UncheckedIOException e) {
            spec.commandLine().getErr().println("lwaftr check: " + e.getMessage());
            return 2;
        }
    }

    private static String toJson(Map<String, Long> counters) {
        return counters.entrySet().stream()
                .map(counter -> "  \"" + counter.getKey() + "\": " + counter.getValue())
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
    }

    /**
     * What a capture file holds.
     *
     * @param linkType null if there is no file, or it names none
     */
    record Capture(@Nullable LinkType linkType, List<CapturedPacket> packets) {

        static Capture read(@Nullable Path file) throws IOException {
            if (file == null) {
                return new Capture(null, List.of());
            }
            List<CapturedPacket> packets = CaptureReader.readAll(file);
            if (!packets.isEmpty()) {
                return new Capture(packets.getFirst().linkType(), packets);
            }
            try (CaptureReader reader = CaptureReader.open(file)) {
                return new Capture(reader.linkType().orElse(null), packets);
            }
        }

        /** The link type of the output of this side, whose input may be missing. */
        LinkType outputType(Capture otherSide, LinkType ownRaw) {
            return switch (linkType == null ? otherSide.linkType : linkType) {
                case ETHERNET -> LinkType.ETHERNET;
                case NULL -> LinkType.NULL;
                case RAW -> LinkType.RAW;
                case IPV4, IPV6 -> linkType == null ? ownRaw : linkType;
                case LOOP, LINUX_SLL, LINUX_SLL2 -> ownRaw;
                case null -> LinkType.RAW;
            };
        }

        /** The framing of a packet of this capture. */
        static Framing framing(LinkType linkType, ForwardingSettings.Ethernet ethernet, boolean isIpv6) {
            return new Framing(
                    linkType, isIpv6, ethernet.ownWithoutInterface(), ethernet.staticNextHop(), ethernet.vlan());
        }

        /** Time since the first packet of the file, as the files of the two sides may be from different days. */
        long nanosAt(int index) {
            Duration since =
                    Duration.between(packets.getFirst().at(), packets.get(index).at());
            return since.compareTo(Duration.ofDays(36_500)) > 0 ? 0 : Math.max(0, since.toNanos());
        }
    }

    private static final class Run implements AutoCloseable {

        private static final int LONGEST_FRAME = 65_575 + 32;

        private final ForwardingSettings settings;
        private final Capture ipv4;
        private final Capture ipv6;
        private final Forwarder forwarder;
        private final @Nullable EthernetSide ipv4Ethernet;
        private final @Nullable EthernetSide ipv6Ethernet;
        private final PacketBatch batch = PacketBatch.withMemory(1, LONGEST_FRAME);
        private final @Nullable CaptureWriter ipv4Writer;
        private final @Nullable CaptureWriter ipv6Writer;
        private Instant now = Instant.EPOCH;
        private long nanos;
        private int fragmentIdentification;

        Run(
                ForwardingSettings settings,
                BindingTable table,
                Capture ipv4,
                Capture ipv6,
                @Nullable Path out4,
                @Nullable Path out6)
                throws IOException {
            this.settings = settings;
            this.ipv4 = ipv4;
            this.ipv6 = ipv6;
            LinkType ipv4Type = ipv4.outputType(ipv6, LinkType.IPV4);
            LinkType ipv6Type = ipv6.outputType(ipv4, LinkType.IPV6);
            ipv4Writer = out4 == null ? null : CaptureWriter.create(out4, ipv4Type);
            ipv6Writer = out6 == null ? null : CaptureWriter.create(out6, ipv6Type);
            Framing ipv4Framing = Capture.framing(ipv4Type, settings.ipv4Side().ethernet(), false);
            Framing ipv6Framing = Capture.framing(ipv6Type, settings.ipv6Side().ethernet(), true);
            forwarder = new Forwarder(
                    table,
                    settings,
                    sent -> write(sent, ipv4Framing, false),
                    sent -> write(sent, ipv6Framing, true),
                    () -> nanos,
                    () -> ++fragmentIdentification);
            ipv4Ethernet = ipv4Type == LinkType.ETHERNET ? ethernet(false) : null;
            ipv6Ethernet = ipv6Type == LinkType.ETHERNET ? ethernet(true) : null;
        }

        private EthernetSide ethernet(boolean isIpv6) {
            ForwardingSettings.Side side = isIpv6 ? settings.ipv6Side() : settings.ipv4Side();
            return new EthernetSide(
                    isIpv6,
                    settings,
                    side.ethernet().ownWithoutInterface(),
                    new AtomicReference<>(),
                    forwarder,
                    (frame, length) -> write(Memory.toBytes(frame, length), isIpv6));
        }

        Counters counters() {
            return forwarder.counters();
        }

        void forwardAll() {
            // Next hops are asked for once: a capture has no answers but those it holds.
            if (ipv4Ethernet != null) {
                ipv4Ethernet.tick(0);
            }
            if (ipv6Ethernet != null) {
                ipv6Ethernet.tick(0);
            }
            int rounds = Math.max(ipv4.packets.size(), ipv6.packets.size());
            for (int i = 0; i < rounds; i++) {
                if (i < ipv4.packets.size()) {
                    forward(ipv4, i, false);
                }
                if (i < ipv6.packets.size()) {
                    forward(ipv6, i, true);
                }
            }
        }

        private void forward(Capture capture, int index, boolean isIpv6) {
            CapturedPacket packet = capture.packets.get(index);
            now = packet.at();
            nanos = Math.max(nanos, capture.nanosAt(index));
            batch.clear();
            byte[] frame = packet.frame();
            long slot = batch.freeSlot();
            int length = Math.min(frame.length, LONGEST_FRAME);
            Memory.copy(frame, 0, slot, length);
            ForwardingSettings.Side side = isIpv6 ? settings.ipv6Side() : settings.ipv4Side();
            EthernetSide ethernet =
                    packet.linkType() != LinkType.ETHERNET ? null : isIpv6 ? ipv6Ethernet : ipv4Ethernet;
            int header = ethernet != null
                    ? ethernet.take(slot, length)
                    : Capture.framing(packet.linkType(), side.ethernet(), isIpv6)
                            .headerLength(slot, length);
            if (header >= 0) {
                batch.add(slot + header, length - header);
            } else if (ethernet != null) {
                return;
            }
            if (isIpv6 && header < 0) {
                forwarder.countForeignFrameOnIpv6Side(length);
            } else if (header < 0) {
                forwarder.countForeignFrameOnIpv4Side(length);
            } else if (isIpv6) {
                forwarder.fromIpv6Side(batch);
            } else {
                forwarder.fromIpv4Side(batch);
            }
        }

        private void write(PacketBatch sent, Framing framing, boolean isIpv6) {
            EthernetSide ethernet = isIpv6 ? ipv6Ethernet : ipv4Ethernet;
            for (int i = 0; i < sent.size(); i++) {
                long packet = sent.address(i);
                int header = ethernet == null ? framing.prepend(packet) : ethernet.prepend(packet, sent.length(i));
                if (header >= 0) {
                    write(Memory.toBytes(packet - header, header + sent.length(i)), isIpv6);
                }
            }
        }

        private void write(byte[] frame, boolean isIpv6) {
            CaptureWriter writer = isIpv6 ? ipv6Writer : ipv4Writer;
            if (writer == null) {
                return;
            }
            try {
                writer.write(now, frame);
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot write a capture: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() throws IOException {
            forwarder.close();
            if (ipv4Ethernet != null) {
                ipv4Ethernet.close();
            }
            if (ipv6Ethernet != null) {
                ipv6Ethernet.close();
            }
            batch.close();
            if (ipv4Writer != null) {
                ipv4Writer.close();
            }
            if (ipv6Writer != null) {
                ipv6Writer.close();
            }
        }
    }
}
