package io.portledger.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.portledger.collector.capture.Frames;
import io.portledger.packet.CaptureWriter;
import io.portledger.packet.LinkType;
import io.portledger.records.v1.BindingEvent;
import io.portledger.records.v1.BindingEvents;
import io.portledger.records.v1.Evidence;
import io.portledger.records.v1.ExporterGap;
import io.portledger.records.v1.Undecodable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileImportTest {

    private static final InetSocketAddress NAT = new InetSocketAddress("192.0.2.1", 40_000);
    private static final InetSocketAddress COLLECTOR = new InetSocketAddress("192.0.2.2", 9_995);
    private static final InetSocketAddress SYSLOG = new InetSocketAddress("192.0.2.2", 1_514);
    private static final InetSocketAddress RESOLVER = new InetSocketAddress("192.0.2.3", 53);
    private static final long T0 = Messages.EXPORT_SECONDS * 1000;
    private static final ImportOptions PLAIN = new ImportOptions(null, null, false, Map.of());

    /** 361 to 364 in NetFlow v9, template and record. */
    private static final String V9_TEMPLATE =
            "0000002c010000090143000800e60001001b001000e1000401690002016a0002" + "016b0002016c000201cf0004";

    private static final String V9_RECORD =
            "010000300000018bcfe5687b1020010db8000001000000c00002010022c00002" + "0188008bff0001040000000001000000";

    private static final String PTADD = "<134>1 2023-11-14T22:13:20.123Z nat NAT - PTADD [nprng SATYP=\"IPv4\""
            + " ISADDR=\"100.64.0.1\" XATYP=\"IPv4\" XSADDR=\"192.0.2.7\" PORTMN=\"1024\" PORTMX=\"2047\"]";

    @TempDir
    Path directory;

    private final KafkaInMemory kafka = new KafkaInMemory(true, 1 << 24);
    private final List<String> said = new ArrayList<>();

    @Test
    void findsIpfixNetflowAndSyslogAmongOtherPackets() throws Exception {
        Path file = pcap(
                "all.pcap",
                Frames.udp(NAT, COLLECTOR, Messages.MINI),
                Frames.udp(NAT, COLLECTOR, v9(1, V9_TEMPLATE + V9_RECORD)),
                Frames.udp(NAT, SYSLOG, PTADD.getBytes(UTF_8)),
                Frames.udp(NAT, SYSLOG, "<13>1 - host app - - - hello".getBytes(UTF_8)),
                Frames.udp(NAT, RESOLVER, HexFormat.of().parseHex("123401000001000000000000")));
        ImportSummary summary = run(PLAIN, file);
        assertThat(summary.loaded()).isTrue();
        ImportedFile found = summary.files().getFirst();
        assertThat(found.file()).isEqualTo("all.pcap");
        assertThat(found.format()).isEqualTo("pcap");
        assertThat(found.fault()).isNull();
        assertThat(found.packets()).isEqualTo(5);
        assertThat(found.messages()).isEqualTo(Map.of("ipfix", 1L, "netflow9", 1L, "syslog", 2L));
        assertThat(found.templates()).isEqualTo(2);
        assertThat(found.records()).isEqualTo(2);
        assertThat(found.events())
                .isEqualTo(Map.of("bindings", 3L, "mappings", 0L, "sessions", 0L, "conditions", 0L, "usage", 0L));
        assertThat(found.skipped().get("notRead"))
                .isEqualTo(Map.of("datagrams that are neither IPFIX, NetFlow v9 nor syslog", 1L));
        assertThat(found.skipped().get("notAboutBindings")).hasSize(1).containsValue(1L);
        assertThat(found.skipped().get("undecodable")).isEmpty();
        assertThat(found.firstEvent()).isEqualTo(Instant.ofEpochMilli(Messages.EVENT_MILLIS));
        assertThat(summary.total().events()).isEqualTo(found.events());
        assertThat(kafka.events())
                .extracting(BindingEvent::getEvidence)
                .allSatisfy(evidence -> {
                    assertThat(evidence.getFile()).isEqualTo("all.pcap");
                    assertThat(evidence.getExporter()).isEqualTo("192.0.2.1");
                    assertThat(evidence.getReceivedMillis()).isBetween(T0, T0 + 10);
                })
                .extracting(Evidence::getTransport)
                .containsExactlyInAnyOrder(
                        Evidence.Transport.IPFIX_UDP, Evidence.Transport.NETFLOW_V9_UDP, Evidence.Transport.SYSLOG_UDP);
    }

    @Test
    void dataBeforeTheirTemplateWaitForItEvenInTheNextFile() throws Exception {
        byte[] data = v9(1, V9_RECORD);
        Path first = pcap("first.pcap", Frames.udp(NAT, COLLECTOR, data));
        Path second = pcap("second.pcap", Frames.udp(NAT, COLLECTOR, v9(2, V9_TEMPLATE)));
        ImportSummary summary = run(PLAIN, first, second);
        assertThat(summary.total().events().get("bindings")).isEqualTo(1);
        assertThat(summary.total().skipped().get("undecodable")).isEmpty();
        assertThat(kafka.events())
                .singleElement()
                .satisfies(event -> assertThat(event.getEvidence().getFile()).isEqualTo("first.pcap"));
    }

    @Test
    void dataWithoutTemplateAreCountedAndKeptAsUndecodable() throws Exception {
        ImportSummary summary = run(PLAIN, pcap("a.pcap", Frames.udp(NAT, COLLECTOR, v9(1, V9_RECORD))));
        assertThat(summary.total().events().get("bindings")).isZero();
        assertThat(summary.total().skipped().get("undecodable"))
                .containsOnlyKeys("set 256 has no template, and the session ended before one came"
                        + " (the octets are the set's, without its header)");
        assertThat(kafka.undecodable())
                .extracting(Undecodable::getSource)
                .singleElement()
                .extracting(Evidence::getFile)
                .isEqualTo("a.pcap");
    }

    @Test
    void nothingIsKnownOfTheTimeBeforeACaptureAndBehindIt() throws Exception {
        Path file = pcap(
                "middle.pcap",
                Frames.udp(NAT, COLLECTOR, v9(1000, V9_TEMPLATE + V9_RECORD)),
                Frames.udp(NAT, COLLECTOR, v9(1001, V9_RECORD)));
        run(PLAIN, file);
        assertThat(gaps())
                .extracting(gap -> gap.getCause() + " " + gap.getFromMillis() + " " + gap.getToMillis())
                .as("edges, and no gap since ever")
                .containsExactly("NOT_COLLECTED " + (T0 - 2000) + " " + (T0 + 1));
    }

    @Test
    void whatWasCollectedBeforeAndBehindHasNoEdges() throws Exception {
        Path file = pcap("middle.pcap", Frames.udp(NAT, COLLECTOR, v9(1000, V9_TEMPLATE + V9_RECORD)));
        ImportSummary summary = run(new ImportOptions(null, null, true, Map.of()), file);
        assertThat(summary.total().gaps()).isEmpty();
        assertThat(gaps()).isEmpty();
    }

    @Test
    void anExportersFirstMessageIsNoEdge() throws Exception {
        run(PLAIN, pcap("a.pcap", Frames.udp(NAT, COLLECTOR, Messages.MINI)));
        assertThat(gaps())
                .as("the end alone")
                .singleElement()
                .satisfies(gap -> assertThat(gap.getToMillis()).isEqualTo(T0));
    }

    @Test
    void missingSequenceNumbersWithinACaptureAreAGap() throws Exception {
        ImportSummary summary = run(
                new ImportOptions(null, null, true, Map.of()),
                pcap(
                        "holes.pcap",
                        Frames.udp(NAT, COLLECTOR, v9(1, V9_TEMPLATE + V9_RECORD)),
                        Frames.udp(NAT, COLLECTOR, v9(5, V9_RECORD))));
        assertThat(summary.total().gaps()).isEqualTo(Map.of("SEQUENCE", 1L));
    }

    @Test
    void noMarkIsSet() throws Exception {
        run(PLAIN, pcap("a.pcap", Frames.udp(NAT, COLLECTOR, Messages.MINI)));
        assertThat(kafka.producer.history()).extracting(ProducerRecord::topic).doesNotContain("collector-marks-v1");
        for (ProducerRecord<byte[], byte[]> record : kafka.producer.history()) {
            if (record.topic().equals("nat-events-v1")) {
                assertThat(BindingEvents.parseFrom(record.value()).hasMark()).isFalse();
            }
        }
        assertThat(gaps()).noneMatch(ExporterGap::hasMark);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 20, 1000})
    void readsIpfixOverTcpHoweverItIsCut(int octetsASegment) throws Exception {
        byte[] stream = new byte[Messages.MINI.length * 2];
        System.arraycopy(Messages.MINI, 0, stream, 0, Messages.MINI.length);
        System.arraycopy(second(), 0, stream, Messages.MINI.length, Messages.MINI.length);
        List<byte[]> packets = new ArrayList<>();
        packets.add(Frames.tcp(NAT, COLLECTOR, 99, 2, new byte[0]));
        for (int at = 0; at < stream.length; at += octetsASegment) {
            packets.add(Frames.tcp(
                    NAT,
                    COLLECTOR,
                    100 + at,
                    0,
                    Arrays.copyOfRange(stream, at, Math.min(stream.length, at + octetsASegment))));
        }
        ImportSummary summary = run(PLAIN, pcap("tcp.pcap", packets.toArray(byte[][]::new)));
        assertThat(summary.total().messages().get("ipfix")).isEqualTo(2);
        assertThat(kafka.events())
                .hasSize(2)
                .allMatch(event -> event.getEvidence().getTransport() == Evidence.Transport.IPFIX_TCP);
    }

    @Test
    void findsTheNextMessageOfATcpStreamThatBeginsInTheMiddle() throws Exception {
        byte[] tail = Arrays.copyOfRange(Messages.MINI, 50, Messages.MINI.length);
        ImportSummary summary = run(
                PLAIN,
                pcap(
                        "tcp.pcap",
                        Frames.tcp(NAT, new InetSocketAddress("192.0.2.2", 4739), 1, 0, tail),
                        Frames.tcp(NAT, new InetSocketAddress("192.0.2.2", 4739), 1 + tail.length, 0, Messages.MINI)));
        assertThat(summary.total().events().get("bindings")).isEqualTo(1);
        assertThat(summary.total().skipped().get("undecodable")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"true, 5", "false, 5", "true, 4096", "false, 4096"})
    void readsSyslogOverTcp(boolean isCounted, int octetsASegment) throws Exception {
        String line = isCounted ? PTADD.length() + " " + PTADD : PTADD + "\n";
        byte[] stream = (line + line + line).getBytes(UTF_8);
        List<byte[]> packets = new ArrayList<>();
        packets.add(Frames.tcp(NAT, SYSLOG, 99, 2, new byte[0]));
        for (int at = 0; at < stream.length; at += octetsASegment) {
            packets.add(Frames.tcp(
                    NAT,
                    SYSLOG,
                    100 + at,
                    0,
                    Arrays.copyOfRange(stream, at, Math.min(stream.length, at + octetsASegment))));
        }
        ImportSummary summary = run(PLAIN, pcap("tcp.pcap", packets.toArray(byte[][]::new)));
        assertThat(summary.total().events().get("bindings")).isEqualTo(3);
        assertThat(kafka.events())
                .allMatch(event -> event.getEvidence().getTransport() == Evidence.Transport.SYSLOG_TCP);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void goesOnWithTheNextSyslogMessageBehindAHole(boolean isCounted) throws Exception {
        String line = isCounted ? PTADD.length() + " " + PTADD : PTADD + "\n";
        byte[] one = line.getBytes(UTF_8);
        ImportSummary summary = run(
                PLAIN,
                pcap(
                        "tcp.pcap",
                        Frames.tcp(NAT, SYSLOG, 0, 2, new byte[0]),
                        Frames.tcp(NAT, SYSLOG, 1, 0, one),
                        // What lies between is missing, and the end of a line comes first.
                        Frames.tcp(NAT, SYSLOG, 5_000, 0, (line.substring(40) + line + line).getBytes(UTF_8))));
        assertThat(summary.total().events().get("bindings")).isEqualTo(3);
        assertThat(summary.total().skipped().get("undecodable")).hasSize(1).containsValue(1L);
        assertThat(summary.total().gaps()).containsKey("NOT_COLLECTED");
    }

    @Test
    void whatIsSentWhereIpfixWasRecognisedIsKeptIfItIsMalformed() throws Exception {
        ImportSummary summary = run(
                PLAIN,
                pcap(
                        "a.pcap",
                        Frames.udp(NAT, COLLECTOR, Messages.MINI),
                        Frames.udp(NAT, COLLECTOR, HexFormat.of().parseHex("0063"))));
        assertThat(summary.total().skipped().get("undecodable")).hasSize(1);
        assertThat(kafka.undecodable()).hasSize(1);
    }

    @Test
    void theOperatorMaySayWhatAPortIsFor() throws Exception {
        Path file = pcap("a.pcap", Frames.udp(NAT, RESOLVER, "no header".getBytes(UTF_8)));
        ImportSummary summary =
                run(new ImportOptions(null, null, false, Map.of(53, ImportOptions.Protocol.SYSLOG)), file);
        assertThat(summary.total().skipped().get("undecodable")).hasSize(1);
    }

    @Test
    void readsIpfixFilesWithTheTimeOfExport() throws Exception {
        Path file = directory.resolve("cgn 1.ipfix");
        byte[] two = Arrays.copyOf(Messages.MINI, Messages.MINI.length * 2);
        System.arraycopy(second(), 0, two, Messages.MINI.length, Messages.MINI.length);
        Files.write(file, two);
        ImportSummary summary = run(PLAIN, file);
        assertThat(summary.total().events().get("bindings")).isEqualTo(2);
        assertThat(summary.files().getFirst().format()).isEqualTo("ipfix");
        assertThat(kafka.events())
                .hasSize(2)
                .extracting(BindingEvent::getEvidence)
                .allSatisfy(evidence -> {
                    assertThat(evidence.getExporter()).isEqualTo("cgn-1.ipfix");
                    assertThat(evidence.getTransport()).isEqualTo(Evidence.Transport.FILE);
                    assertThat(evidence.getReceivedMillis()).isEqualTo(T0);
                });
    }

    @Test
    void evidenceNamesTheFileAlsoWhereOneContinuesAnother() throws Exception {
        Path first = directory.resolve("a.ipfix");
        Path next = directory.resolve("b.ipfix");
        Files.write(first, Messages.MINI);
        Files.write(next, second());
        ImportSummary summary = run(new ImportOptions("192.0.2.9", null, false, Map.of()), first, next);
        assertThat(summary.files()).allSatisfy(file -> assertThat(file.events()).containsEntry("bindings", 1L));
        assertThat(kafka.events())
                .extracting(event -> event.getEvidence().getFile())
                .containsExactlyInAnyOrder("a.ipfix", "b.ipfix");
    }

    @Test
    void readsLogsOfAllKindsOfSyslogLine() throws Exception {
        Path file = directory.resolve("nat.log");
        Files.writeString(
                file,
                PTADD + "\r\n\n" + PTADD.length() + " " + PTADD + "\n"
                        + "<134>Dec 24 11:36:00 ax1 FIXED-NAT-PORTS 10.10.10.172->198.51.100.173:3000-4000\n"
                        + "Jun 11 08:03:09 vsr fp-cgnat[4269]: USER 100.64.0.1 (matching rule 1): NEW BLOCK (pool \"p\","
                        + " ip public 192.0.2.33, proto 6, port 1 - 512)\n"
                        + "Jun 11 08:03:10 vsr cron[1]: nothing of interest");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2024-01-02T00:00:00Z")));
        ImportSummary summary = run(new ImportOptions("192.0.2.9", null, false, Map.of()), file);
        assertThat(summary.files().getFirst().format()).isEqualTo("syslog");
        assertThat(summary.total().messages().get("syslog")).isEqualTo(5);
        assertThat(summary.total().events().get("bindings")).isEqualTo(4);
        assertThat(summary.total().skipped().get("notAboutBindings")).hasSize(1).containsValue(1L);
        assertThat(kafka.events())
                .allMatch(event -> event.getEvidence().getExporter().equals("192.0.2.9"))
                .extracting(event ->
                        event.getEvidence().getHostname() + " " + Instant.ofEpochMilli(event.getEventTimeMillis()))
                .containsExactlyInAnyOrder(
                        "nat 2023-11-14T22:13:20.123Z",
                        "nat 2023-11-14T22:13:20.123Z",
                        "ax1 2023-12-24T11:36:00Z",
                        "vsr 2023-06-11T08:03:09Z");
    }

    @Test
    void theOperatorMaySayWhenALogWithoutYearsWasWritten() throws Exception {
        Path file = directory.resolve("nat.log");
        Files.writeString(file, "<134>Dec 24 11:36:00 ax1 FIXED-NAT-PORTS 10.10.10.172->198.51.100.173:3000-4000\n");
        ImportSummary summary =
                run(new ImportOptions(null, Instant.parse("2019-01-02T00:00:00Z"), false, Map.of()), file);
        assertThat(summary.total().lastEvent()).isEqualTo(Instant.parse("2018-12-24T11:36:00Z"));
    }

    @Test
    void controlCharactersHereAndThereDoNotMakeALogBinary() throws Exception {
        Path file = directory.resolve("nat.log");
        Files.writeString(file, "\u001b[31m" + "<13>1 - host app - - - hello\0\n" + PTADD + "\0\n");
        assertThat(run(PLAIN, file).total().events().get("bindings")).isEqualTo(1);
    }

    @Test
    void readsCompressedFiles() throws Exception {
        Path plain = pcap("a.pcap", Frames.udp(NAT, COLLECTOR, Messages.MINI));
        Path file = directory.resolve("a.pcap.gz");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(Files.readAllBytes(plain));
        }
        Files.write(file, out.toByteArray());
        assertThat(run(PLAIN, file).total().events().get("bindings")).isEqualTo(1);
    }

    @Test
    void whatCannotBeReadIsSaidAndTheRestIsRead() throws Exception {
        Path good = pcap("good.pcap", Frames.udp(NAT, COLLECTOR, Messages.MINI));
        Path cut = directory.resolve("cut.pcap");
        byte[] octets = Files.readAllBytes(good);
        Files.write(cut, Arrays.copyOf(octets, octets.length - 3));
        Path binary = directory.resolve("a.bin");
        Files.write(binary, new byte[] {0, 1, 2, 3});
        Path empty = Files.createFile(directory.resolve("empty.log"));
        ImportSummary summary = run(PLAIN, directory.resolve("missing.pcap"), cut, binary, directory, empty, good);
        assertThat(summary.files().stream().map(ImportedFile::fault))
                .containsExactly(
                        "there is no file " + directory.resolve("missing.pcap"),
                        cut + " is cut off in the middle of a packet or a header",
                        binary + " is none of pcap, pcapng, an IPFIX file, or lines of syslog",
                        "cannot read " + directory + ": it is a directory; name its files",
                        null,
                        null);
        assertThat(summary.total().events().get("bindings")).isEqualTo(1);
        assertThat(said).contains("there is no file " + directory.resolve("missing.pcap"));
    }

    @Test
    void aDryRunFindsTheSameAndLoadsNothing() throws Exception {
        Path file = pcap("a.pcap", Frames.udp(NAT, COLLECTOR, Messages.MINI));
        ImportedFile loaded = run(PLAIN, file).total();
        try (FileImport dry = new FileImport(FileImport.settings(null, Map.of(), null), PLAIN, true, said::add)) {
            ImportSummary summary = dry.run(List.of(file));
            assertThat(summary.loaded()).isFalse();
            assertThat(summary.total()).isEqualTo(loaded);
        }
    }

    private ImportSummary run(ImportOptions options, Path... files) throws InterruptedException {
        try (FileImport reading = new FileImport(
                FileImport.settings(null, Map.of(), null), options, false, said::add, KafkaSink.of(kafka.producer))) {
            return reading.run(List.of(files));
        }
    }

    private List<ExporterGap> gaps() throws Exception {
        List<ExporterGap> gaps = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : kafka.producer.history()) {
            if (record.topic().equals("exporter-health-v1")) {
                gaps.add(ExporterGap.parseFrom(record.value()));
            }
        }
        return gaps;
    }

    private static byte[] v9(int sequence, String flowsets) {
        return HexFormat.of().parseHex(String.format("00090001000010006553f100%08x00000001", sequence) + flowsets);
    }

    /** The same as MINI, as the second message of its session. */
    private static byte[] second() {
        byte[] message = Messages.MINI.clone();
        message[11] = 1;
        return message;
    }

    /** A millisecond between packets. */
    private Path pcap(String name, byte[]... packets) throws IOException {
        Path file = directory.resolve(name);
        try (CaptureWriter writer = CaptureWriter.create(file, LinkType.ETHERNET)) {
            for (int i = 0; i < packets.length; i++) {
                writer.write(Instant.ofEpochMilli(T0 + i), Frames.of(LinkType.ETHERNET, packets[i]));
            }
        }
        return file;
    }
}
